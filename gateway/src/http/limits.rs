//! Bounds of requests in number and time. Those of their bodies stand in [`bodies`](super::bodies), those of connections and
//! heads at the server.

use std::{sync::Arc, time::Duration};

use axum::extract::Request;
use http::StatusCode;
use metrics::Counter;

use super::{
    Refusal,
    budget::{Budget, Exceeded, Share},
};
use crate::{
    auth::UserId,
    backend::Load,
    telemetry::{
        Metrics,
        metrics::{REQUEST_TIMEOUTS, Shed},
    },
};

/// The part of every bound that one user may take.
pub(crate) const PART_OF_USER: usize = 8;

/// Requests under way at once. What exceeds the bound is shed: better some refused at once than all slow. One user has an
/// eighth of the places (rounded up), so that a few users cannot have all others shed.
#[derive(Clone)]
pub struct InFlight(Budget);

impl InFlight {
    /// At most `limit` requests.
    #[must_use]
    pub fn new(limit: usize, metrics: &Metrics) -> Self {
        let labels = [Shed::Requests, Shed::UserRequests];
        Self(Budget::new(limit, limit.div_ceil(PART_OF_USER), metrics, labels))
    }

    /// How many are under way, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.0.load()
    }

    /// Gives the user's request a place, as long as there is one. It is in the request's extensions too: work that outlives
    /// its connection keeps it.
    pub(super) fn enter(&self, user: &UserId, request: &mut Request) -> Result<Arc<Share>, Refusal> {
        let place = Arc::new(self.0.take(user, 1).map_err(refused)?);
        request.extensions_mut().insert(Arc::clone(&place));
        Ok(place)
    }
}

fn refused(exceeded: Exceeded) -> Refusal {
    match exceeded {
        Exceeded::All => {
            let why = "the server is busy; try again shortly";
            Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon()
        }
        Exceeded::User => {
            let why = "too many of your requests are under way; try again when one of them has ended";
            Refusal::of_request(StatusCode::TOO_MANY_REQUESTS, why).retry_soon()
        }
    }
}

/// How long a request may take.
pub struct Deadline {
    limit: Duration,
    missed: Counter,
}

impl Deadline {
    /// At most so long.
    #[must_use]
    pub fn new(limit: Duration, metrics: &Metrics) -> Self {
        Self { limit, missed: metrics.counter(&REQUEST_TIMEOUTS, ()) }
    }

    /// Does the work, and ends it where it takes too long, as with a service that hangs.
    pub(super) async fn of<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        match tokio::time::timeout(self.limit, work).await {
            Ok(done) => done,
            Err(_) => {
                self.missed.increment(1);
                let why = format!("the request took longer than {} seconds", self.limit.as_secs());
                Err(Refusal::of_server(StatusCode::GATEWAY_TIMEOUT, why))
            }
        }
    }
}
