//! Counts a service's requests, by route.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};

use super::families::{DURATIONS, REQUESTS, StatusClass};
use crate::metrics::{Counter, HandlesBy, Histogram, Registry};

/// Counts requests. Paths that are no route are counted as one: what a stranger writes into a path is no label.
pub(super) struct RequestMeter {
    registry: Arc<Registry>,
    routes: Vec<&'static str>,
    requests: HandlesBy<(StatusClass,), Counter>,
    durations: HandlesBy<(), Histogram>,
}

impl RequestMeter {
    pub(super) fn new(registry: Arc<Registry>, mut routes: Vec<&'static str>) -> Self {
        routes.push("unmatched");
        let (requests, durations) = (HandlesBy::new(&REQUESTS, routes.len()), HandlesBy::new(&DURATIONS, routes.len()));
        let meter = Self { registry, routes, requests, durations };
        // Every series is there from the start, so that a rate is right from the first request.
        for (place, route) in meter.routes.iter().enumerate() {
            meter.registry.counters_by(&meter.requests, place, route);
            meter.registry.histograms_by(&meter.durations, place, route);
        }
        meter
    }

    fn answered(&self, route: Option<&MatchedPath>, response: &Response, began: Instant) {
        let named = route.and_then(|route| self.routes.iter().position(|one| *one == route.as_str()));
        let place = named.unwrap_or(self.routes.len() - 1);
        let Some(route) = self.routes.get(place) else { return };
        let class = StatusClass::of(response.status());
        if let Some(requests) = self.registry.counters_by(&self.requests, place, route) {
            requests.with(&(class,), |counter| counter.increment(1));
        }
        if let Some(durations) = self.registry.histograms_by(&self.durations, place, route) {
            durations.with(&(), |histogram| histogram.record(began.elapsed()));
        }
    }
}

/// For every request.
pub(super) async fn count(State(meter): State<Arc<RequestMeter>>, request: Request, next: Next) -> Response {
    let (route, began) = (request.extensions().get::<MatchedPath>().cloned(), Instant::now());
    let response = next.run(request).await;
    meter.answered(route.as_ref(), &response, began);
    response
}
