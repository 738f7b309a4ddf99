//! Bounds of requests in number and time. Those of their bodies stand in [`bodies`](super::bodies), those of connections and
//! heads at the server.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::Request;
use http::StatusCode;
use metrics::Counter;
use tokio::time::{Instant, error::Elapsed, timeout_at};

use super::{
    budget::{Budget, Owner, Share, Shed},
    permits::{Exceeded, Load},
    refused::Refused,
};

/// The part of every bound that one owner may take: an eighth.
pub const PART_OF_ONE: usize = 8;

/// Requests under way at once. What exceeds the bound is shed: better some refused at once than all slow. One owner has an
/// eighth of the permits (rounded up), so that a few cannot have all others shed.
#[derive(Debug, Clone)]
pub struct InFlight(Budget);

impl InFlight {
    /// At most `limit` requests.
    #[must_use]
    pub fn new(limit: usize, shed: Shed) -> Self {
        Self(Budget::new(limit, limit.div_ceil(PART_OF_ONE), shed))
    }

    /// How many are under way, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.0.load()
    }

    /// Gives the owner's request a permit, as long as there is one. It is in the request's extensions too: work that outlives
    /// its connection keeps it.
    ///
    /// # Errors
    /// There is none.
    pub fn acquire(&self, owner: &Owner, request: &mut Request) -> Result<Arc<Share>, Refused> {
        let permit = Arc::new(self.0.take(owner, 1).map_err(refused)?);
        request.extensions_mut().insert(Arc::clone(&permit));
        Ok(permit)
    }
}

fn refused(exceeded: Exceeded) -> Refused {
    match exceeded {
        Exceeded::All => {
            let why = "the server is busy; try again shortly";
            Refused::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon()
        }
        Exceeded::One => {
            let why = "too many of your requests are under way; try again when one of them has ended";
            Refused::of_request(StatusCode::TOO_MANY_REQUESTS, why).retry_soon()
        }
    }
}

/// What a request asks for may take longer than others: the code that finds that out says so here, while the request is
/// under way.
#[derive(Debug, Clone, Default)]
pub struct Patience(Arc<AtomicU64>);

impl Patience {
    /// The request may take so long, from its beginning on.
    pub fn allow(&self, time: Duration) {
        self.0.fetch_max(time.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Does the work within that time, or within what is allowed meanwhile.
    ///
    /// # Errors
    /// It took longer.
    pub async fn within<F: Future>(&self, time: Duration, work: F) -> Result<F::Output, Elapsed> {
        let (begun, mut work) = (Instant::now(), pin!(work));
        loop {
            let limit = time.max(self.allowed());
            match timeout_at(begun + limit, &mut work).await {
                Err(_) if self.allowed() > limit => {}
                outcome => return outcome,
            }
        }
    }

    fn allowed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// How long a request may take.
#[derive(Debug)]
pub struct Deadline {
    limit: Duration,
    missed: Counter,
}

impl Deadline {
    /// At most so long; requests that take longer are counted there.
    #[must_use]
    pub fn new(limit: Duration, missed: Counter) -> Self {
        Self { limit, missed }
    }

    /// Does the work, and ends it where it takes too long, as with a service that hangs.
    ///
    /// # Errors
    /// Those of the work, and that it took too long.
    pub async fn of<T, E: From<Refused>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.with(&Patience::default(), work).await
    }

    /// The same, for work that may turn out to take longer.
    ///
    /// # Errors
    /// Those of the work, and that it took too long.
    pub async fn with<T, E: From<Refused>>(
        &self,
        patience: &Patience,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match patience.within(self.limit, work).await {
            Ok(done) => done,
            Err(_) => {
                self.missed.increment(1);
                let limit = self.limit.max(patience.allowed());
                let why = format!("the request took longer than {} seconds", limit.as_secs());
                Err(Refused::of_server(StatusCode::GATEWAY_TIMEOUT, why).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn work_may_find_out_that_it_takes_longer() {
        let begun = Instant::now();
        let patience = Patience::default();
        let work = async {
            tokio::time::sleep(SECOND).await;
            patience.allow(5 * SECOND);
            // Less than that changes nothing.
            patience.allow(SECOND);
            tokio::time::sleep(3 * SECOND).await;
        };
        assert!(patience.within(2 * SECOND, work).await.is_ok());
        assert!(patience.within(2 * SECOND, std::future::pending::<()>()).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), 4 + 5);
        assert!(Patience::default().within(2 * SECOND, tokio::time::sleep(3 * SECOND)).await.is_err());
    }
}
