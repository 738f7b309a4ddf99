//! Bounds of requests in number, time and size. Those of connections and their headers stand at the server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::Request};
use http::StatusCode;
use http_body_util::Limited;
use metrics::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Refusal;
use crate::{
    auth::UserId,
    backend::Load,
    telemetry::{
        Metrics,
        metrics::{REQUEST_TIMEOUTS, SHED, Shed},
    },
};

/// Requests under way at once. What exceeds the bound is shed: better some refused at once than all slow. One user has half of
/// the places at most (rounded up), so that he cannot have all others shed.
#[derive(Clone)]
pub struct InFlight {
    places: Arc<Semaphore>,
    limit: usize,
    shed: Counter,
    users: Users,
    shed_of_users: Counter,
}

/// How many requests are under way of each user that has any.
type Users = Arc<Mutex<HashMap<UserId, usize>>>;

impl InFlight {
    /// At most so many.
    #[must_use]
    pub fn new(most: usize, metrics: &Metrics) -> Self {
        let limit = most.min(Semaphore::MAX_PERMITS);
        let [shed, shed_of_users] = [Shed::Requests, Shed::UserRequests].map(|bound| metrics.counter(&SHED, (bound,)));
        Self { places: Arc::new(Semaphore::new(limit)), limit, shed, users: Users::default(), shed_of_users }
    }

    /// How many are under way, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        Load { taken: self.limit.saturating_sub(self.places.available_permits()), limit: self.limit }
    }

    /// Gives the request a place, as long as there is one.
    pub(super) fn enter(&self, request: &mut Request) -> Result<Arc<OwnedSemaphorePermit>, Refusal> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => Ok(kept(request, permit)),
            Err(_) => {
                self.shed.increment(1);
                let why = "the server is busy; try again shortly";
                Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon())
            }
        }
    }

    /// Counts the request as one of that user, as long as he has not too many.
    pub(super) fn enter_of(&self, user: &UserId, request: &mut Request) -> Result<Arc<Share>, Refusal> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = users.entry(user.clone()).or_default();
        if *taken >= self.limit.div_ceil(2) {
            drop(users);
            self.shed_of_users.increment(1);
            let why = "too many of your requests are under way; try again when one of them has ended";
            return Err(Refusal::of_request(StatusCode::TOO_MANY_REQUESTS, why).retry_soon());
        }
        *taken += 1;
        drop(users);
        Ok(kept(request, Share { users: Arc::clone(&self.users), user: user.clone() }))
    }
}

/// What a request has taken is in its extensions too: work that outlives its connection keeps them, and so its place and its part
/// of its user's share.
fn kept<T: Send + Sync + 'static>(request: &mut Request, taken: T) -> Arc<T> {
    let taken = Arc::new(taken);
    request.extensions_mut().insert(Arc::clone(&taken));
    taken
}

/// One of the places that a user has; dropping it gives it back.
pub(super) struct Share {
    users: Users,
    user: UserId,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = users.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                users.remove(&self.user);
            }
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
