//! Whether a service can serve: a list of named probes, looked at no more often than every two seconds.

use std::{
    fmt,
    future::Future,
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Map, Value};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

/// However often somebody asks, the probes look no more often than this.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// Stands in an answer for a service that is there.
const OK: &str = "ok";

/// A look at something that the service needs. It must be bounded in time.
pub struct Probe {
    name: &'static str,
    place: Place,
    is_needed: bool,
    look: Box<dyn Fn() -> BoxFuture<'static, Finding> + Send + Sync>,
}

/// Where a probe's finding stands in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among the services.
    Services,
    /// By itself.
    Own,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What the answer tells of it.
    pub shown: Value,
    /// What is wrong, if anything is.
    pub problem: Option<String>,
}

/// What a probe found, by the probe's name.
#[derive(Debug)]
pub struct Found {
    /// The probe.
    pub name: &'static str,
    /// What it found.
    pub finding: Finding,
    place: Place,
    is_needed: bool,
}

impl Probe {
    /// A look at another service, which is there, or has the problem of that name.
    pub fn new<F, P>(name: &'static str, look: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), P>> + Send + 'static,
        P: fmt::Display,
    {
        let look = move || {
            let looked = look();
            async move {
                match looked.await {
                    Ok(()) => Finding { shown: OK.into(), problem: None },
                    Err(problem) => {
                        let problem = problem.to_string();
                        Finding { shown: problem.clone().into(), problem: Some(problem) }
                    }
                }
            }
            .boxed()
        };
        Self { name, place: Place::Services, is_needed: true, look: Box::new(look) }
    }

    /// A look at something that is no service, which has a member of its own in the answer.
    pub fn detail<F>(name: &'static str, look: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        Self { name, place: Place::Own, is_needed: true, look: Box::new(move || look().boxed()) }
    }

    /// The same look at something without which the service is ready all the same.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_needed: false, ..self }
    }

    async fn found(&self) -> Found {
        Found { name: self.name, finding: (self.look)().await, place: self.place, is_needed: self.is_needed }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whether the process takes requests, and can serve them. Cheap to clone.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    probes: Vec<Probe>,
    /// Cancelled as soon as the server is asked to stop.
    draining: CancellationToken,
    /// Held while looking: a request that asks meanwhile waits for the same look, which is bounded in time.
    last: Mutex<Option<(Instant, Arc<[Found]>)>>,
    /// What was found last, for those who cannot wait.
    known: std::sync::Mutex<Option<Arc<[Found]>>>,
}

impl Readiness {
    /// Over these probes, in the order in which the answer tells of them.
    #[must_use]
    pub fn new(probes: Vec<Probe>, draining: CancellationToken) -> Self {
        Self(Arc::new(Inner { probes, draining, last: Mutex::default(), known: std::sync::Mutex::default() }))
    }

    /// What all probes find: now, or a moment ago.
    pub async fn look(&self) -> Arc<[Found]> {
        let mut last = self.0.last.lock().await;
        match &*last {
            Some((at, found)) if at.elapsed() < FRESH_FOR => Arc::clone(found),
            _ => {
                let found: Arc<[Found]> = join_all(self.0.probes.iter().map(Probe::found)).await.into();
                *last = Some((Instant::now(), Arc::clone(&found)));
                *self.0.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&found));
                found
            }
        }
    }

    /// Whether the probe of that name found nothing wrong when it last looked, or has not looked yet.
    #[must_use]
    pub fn is_well(&self, name: &str) -> bool {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().flat_map(|found| found.iter()).find(|found| found.name == name);
        found.is_none_or(|found| found.finding.problem.is_none())
    }

    /// Whether the service was asked to stop.
    pub(super) fn is_draining(&self) -> bool {
        self.0.draining.is_cancelled()
    }
}

/// Whether a service is ready of which that was found.
pub(super) fn is_ready(found: &[Found]) -> bool {
    found.iter().all(|found| !found.is_needed || found.finding.problem.is_none())
}

/// The members of the answer: the services first, then what stands by itself.
pub(super) fn members(found: &[Found]) -> Map<String, Value> {
    let of = |place| found.iter().filter(move |found| found.place == place);
    let member = |found: &Found| (found.name.to_owned(), found.finding.shown.clone());
    let services = Value::Object(of(Place::Services).map(member).collect());
    [("services".to_owned(), services)].into_iter().chain(of(Place::Own).map(member)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_needed_decides_and_everything_is_told() {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let here = Probe::new("here", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, &str>(()) }
        });
        let away = || Probe::new("away", || async { Err("unreachable") });
        let detail =
            Probe::detail("spaces", || async { Finding { shown: json!({ "source": "list" }), problem: None } });
        let readiness = Readiness::new(vec![detail, here, away().optional()], CancellationToken::new());
        assert!(readiness.is_well("away"), "nobody has looked");
        let found = readiness.look().await;
        assert!(is_ready(&found) && readiness.is_well("here") && !readiness.is_well("away"));
        let told = json!({ "services": { "here": "ok", "away": "unreachable" }, "spaces": { "source": "list" } });
        assert_eq!(Value::Object(members(&found)), told);
        assert!(!is_ready(&Readiness::new(vec![away()], CancellationToken::new()).look().await));
        // Asked again at once, it says the same without a look.
        readiness.look().await;
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH_FOR).await;
        readiness.look().await;
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }
}
