//! Bounds of requests in number, time and size. Those of connections and their headers stand at the server.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
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

/// Requests under way at once.
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
}

/// A request's place among those under way. It is in the request's extensions: work that outlives its connection keeps
/// them, and the place with them.
#[derive(Clone)]
struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// The layer that sheds what exceeds the bound: better some refused at once than all slow.
pub async fn shed_layer(State(in_flight): State<InFlight>, mut request: Request, next: Next) -> Response {
    match in_flight.places.try_acquire_owned() {
        Ok(permit) => {
            let place = Place { _permit: Arc::new(permit) };
            request.extensions_mut().insert(place.clone());
            let response = next.run(request).await;
            drop(place);
            response
        }
        Err(_) => {
            in_flight.shed.increment(1);
            let why = "the server is busy; try again shortly";
            Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon().into_response()
        }
    }
}

/// How long a request may take.
#[derive(Clone)]
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
}

/// The layer that ends what takes too long: a body that trickles in, a service that hangs.
pub async fn deadline_layer(State(deadline): State<Deadline>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(deadline.limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            deadline.missed.increment(1);
            let why = format!("the request took longer than {} seconds", deadline.limit.as_secs());
            Refusal::of_server(StatusCode::GATEWAY_TIMEOUT, why).into_response()
        }
    }
}

/// The layer that bounds the body. Whoever reads more gets a
/// [`LengthLimitError`](http_body_util::LengthLimitError), and answers it.
pub async fn body_layer(State(most): State<usize>, request: Request, next: Next) -> Response {
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}
