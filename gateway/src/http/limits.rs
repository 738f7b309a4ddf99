//! Bounds of requests in number, time and size. Those of connections and their headers stand at the server.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::Request};
use http::StatusCode;
use http_body_util::Limited;
use metrics::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Refusal;
use crate::{
    backend::Load,
    telemetry::{
        Metrics,
        metrics::{REQUEST_TIMEOUTS, SHED, Shed},
    },
};

/// Requests under way at once. What exceeds the bound is shed: better some refused at once than all slow.
#[derive(Clone)]
pub struct InFlight {
    places: Arc<Semaphore>,
    limit: usize,
    shed: Counter,
}

impl InFlight {
    /// At most so many.
    #[must_use]
    pub fn new(most: usize, metrics: &Metrics) -> Self {
        let limit = most.min(Semaphore::MAX_PERMITS);
        let shed = metrics.counter(&SHED, (Shed::Requests,));
        Self { places: Arc::new(Semaphore::new(limit)), limit, shed }
    }

    /// How many are under way, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        Load { taken: self.limit.saturating_sub(self.places.available_permits()), limit: self.limit }
    }

    /// Gives the request a place, as long as there is one.
    pub(super) fn enter(&self, request: &mut Request) -> Result<Place, Refusal> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => {
                let place = Place { _permit: Arc::new(permit) };
                request.extensions_mut().insert(place.clone());
                Ok(place)
            }
            Err(_) => {
                self.shed.increment(1);
                let why = "the server is busy; try again shortly";
                Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon())
            }
        }
    }
}

/// A request's place among those under way. It is in the request's extensions: work that outlives its connection keeps
/// them, and the place with them.
#[derive(Clone)]
pub(super) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
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
    /// Does the work, and ends it where it takes too long: a body that trickles in, a service that hangs.
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

/// The request with a bound on its body. Whoever reads more gets a [`LengthLimitError`](http_body_util::LengthLimitError),
/// and answers it.
pub(super) fn bounded(request: Request, most: usize) -> Request {
    request.map(|body| Body::new(Limited::new(body, most)))
}
