//! What the parts of the gateway count with: a few handles each, looked up once. The default of each counts nothing, for
//! parts that stand alone.

use std::{sync::Arc, time::Duration};

use mana_mcp_runtime::{
    failure::{FailureKind, Service},
    service::Operation,
};
use mana_mcp_service::metrics::{Counter, Handles, Histogram, Registry};
use moka::notification::RemovalCause;

use super::{
    families::{BACKEND_CALLS, BACKEND_DURATION, BACKEND_MALFORMED, CACHE_EVICTIONS, CACHE_LOOKUPS, KEY_FETCHES, SHED},
    labels::{Cache, FetchOutcome, KeyKind, Lookup, Shed},
    services::{Answer, Answered, Backend, OrBackend},
};
use crate::backend::Route;

/// Counts looks into a cache.
#[derive(Debug, Clone)]
pub struct CacheMeter {
    hits: Counter,
    misses: Counter,
    evictions: Counter,
}

impl CacheMeter {
    pub(super) fn of(registry: &Registry, cache: Cache) -> Self {
        Self {
            hits: registry.counter(&CACHE_LOOKUPS, (cache, Lookup::Hit)),
            misses: registry.counter(&CACHE_LOOKUPS, (cache, Lookup::Miss)),
            evictions: registry.counter(&CACHE_EVICTIONS, (cache,)),
        }
    }

    /// It was there.
    pub fn hit(&self) {
        self.hits.increment(1);
    }

    /// It had to be made.
    pub fn missed(&self) {
        self.misses.increment(1);
    }

    /// An entry is gone; counted where it had to go for want of room.
    pub fn removed(&self, cause: RemovalCause) {
        if cause == RemovalCause::Size {
            self.evictions.increment(1);
        }
    }
}

impl Default for CacheMeter {
    fn default() -> Self {
        Self { hits: Counter::noop(), misses: Counter::noop(), evictions: Counter::noop() }
    }
}

/// Counts fetches of keys.
#[derive(Debug, Clone)]
pub struct KeyMeter {
    successes: Counter,
    failures: Counter,
}

impl KeyMeter {
    pub(super) fn of(registry: &Registry, key: KeyKind) -> Self {
        Self {
            successes: registry.counter(&KEY_FETCHES, (key, FetchOutcome::Success)),
            failures: registry.counter(&KEY_FETCHES, (key, FetchOutcome::Failure)),
        }
    }

    /// A fetch has ended.
    pub fn fetched<T, E>(&self, outcome: &Result<T, E>) {
        match outcome {
            Ok(_) => self.successes.increment(1),
            Err(_) => self.failures.increment(1),
        }
    }
}

impl Default for KeyMeter {
    fn default() -> Self {
        Self { successes: Counter::noop(), failures: Counter::noop() }
    }
}

/// Counts requests to the services.
#[derive(Clone, Default)]
pub struct BackendMeter(Arc<BackendHandles>);

#[derive(Default)]
struct BackendHandles {
    calls: Handles<Answered, Counter>,
    durations: Handles<Route, Histogram>,
    malformed: Handles<(Backend,), Counter>,
    shed: Handles<(OrBackend<Shed>,), Counter>,
}

impl BackendMeter {
    /// For all services, and those operations of the catalog's.
    pub(super) fn of(registry: &Registry, operations: &[&'static Operation]) -> Self {
        let routes = || operations.iter().map(|operation| Route::Operation(operation));
        Self(Arc::new(BackendHandles {
            calls: registry.counters(&BACKEND_CALLS, routes().flat_map(Answered::of)),
            durations: registry.histograms(&BACKEND_DURATION, routes()),
            malformed: registry.counters(&BACKEND_MALFORMED, routes().map(|route| (Backend(route.service()),))),
            shed: registry.counters(&SHED, []),
        }))
    }

    /// One request has come to an end; with its time, where it was sent.
    pub fn called(&self, route: Route, failure: Option<FailureKind>, took: Option<Duration>) {
        let answered = Answered { route, answer: Answer::of(failure) };
        self.0.calls.with(&answered, |counter| counter.increment(1));
        if let Some(took) = took {
            self.0.durations.with(&route, |histogram| histogram.record(took));
        }
        if failure == Some(FailureKind::Busy) {
            let bound = OrBackend::of(route.service());
            self.0.shed.with(&(bound,), |counter| counter.increment(1));
        }
    }

    /// A service gave an answer that could not be read.
    pub fn malformed(&self, service: Service) {
        self.0.malformed.with(&(Backend(service),), |counter| counter.increment(1));
    }
}

impl std::fmt::Debug for BackendMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackendMeter").finish_non_exhaustive()
    }
}
