//! Requests under way in sessions, so that `notifications/cancelled` can end them (basic/utilities/cancellation of the
//! revisions before 2026-07-28). Each is here for as long as it runs, so there are no more than requests in flight. A
//! notification that reaches another replica than its request ends nothing, which the protocol allows.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rmcp::model::RequestId;
use tokio_util::sync::CancellationToken;

/// A request's id, which its session makes unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RunningName {
    session: Box<str>,
    id: RequestId,
}

impl RunningName {
    pub(super) fn new(session: &str, id: &RequestId) -> Self {
        Self { session: session.into(), id: id.clone() }
    }
}

/// All requests under way in sessions.
#[derive(Debug, Default)]
pub(super) struct RunningRequests {
    requests: Mutex<HashMap<RunningName, (u64, CancellationToken)>>,
    begun: AtomicU64,
}

/// A request under way; dropping it takes it out.
#[derive(Debug)]
pub(super) struct Begun {
    requests: Arc<RunningRequests>,
    name: RunningName,
    number: u64,
    cancelled: CancellationToken,
}

impl RunningRequests {
    /// Notes a request. Of two with one id, which the protocol forbids, the later one can be cancelled.
    pub(super) fn begin(self: &Arc<Self>, name: RunningName) -> Begun {
        let (number, cancelled) = (self.begun.fetch_add(1, Ordering::Relaxed), CancellationToken::new());
        self.requests().insert(name.clone(), (number, cancelled.clone()));
        Begun { requests: Arc::clone(self), name, number, cancelled }
    }

    /// Ends a request, if it is still under way.
    pub(super) fn cancel(&self, name: &RunningName) {
        if let Some((_, cancelled)) = self.requests().get(name) {
            cancelled.cancel();
        }
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<RunningName, (u64, CancellationToken)>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// Does the request's work, unless it is cancelled before its end.
    pub(super) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.cancelled.run_until_cancelled(work).await
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut requests = self.requests.requests();
        if requests.get(&self.name).is_some_and(|(number, _)| *number == self.number) {
            requests.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures::FutureExt;

    use super::*;

    fn name(session: &str, id: i64) -> RunningName {
        RunningName::new(session, &RequestId::Number(id))
    }

    /// Whether it was cancelled.
    fn has_ended(begun: &Begun) -> bool {
        begun.unless_cancelled(pending::<()>()).now_or_never().is_some()
    }

    #[test]
    fn only_the_named_request_ends_and_nothing_stays_behind() {
        let running = Arc::new(RunningRequests::default());
        let [one, other] = [name("a", 1), name("b", 1)].map(|name| running.begin(name));
        for not_it in [name("a", 2), name("c", 1)] {
            running.cancel(&not_it);
            assert!(!has_ended(&one), "{not_it:?}");
        }
        running.cancel(&name("a", 1));
        assert!(has_ended(&one) && !has_ended(&other));
        assert_eq!(other.unless_cancelled(async { 1 }).now_or_never(), Some(Some(1)));
        drop([one, other]);
        assert!(running.requests().is_empty());
        running.cancel(&name("b", 1));
    }

    #[test]
    fn the_end_of_an_earlier_request_does_not_hide_a_later_one() {
        let running = Arc::new(RunningRequests::default());
        let [earlier, later] = [(); 2].map(|()| running.begin(name("a", 1)));
        drop(earlier);
        running.cancel(&name("a", 1));
        assert!(has_ended(&later));
    }
}
