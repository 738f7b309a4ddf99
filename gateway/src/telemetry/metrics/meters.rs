//! What the parts of the gateway count with: a few handles each, looked up once. The default of each counts nothing, for
//! parts that stand alone.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram, Key};
use moka::notification::RemovalCause;

use super::{
    Answer, BACKEND_CALLS, BACKEND_DURATION, BACKEND_MALFORMED, CACHE_EVICTIONS, CACHE_LOOKUPS, Cache, FetchOutcome,
    Handles, KEY_FETCHES, KeyKind, Lookup, Metrics, SHED, Shed,
};
use crate::backend::Route;
use mana_mcp_runtime::failure::{FailureKind, Service};

/// Counts looks into a cache.
#[derive(Debug, Clone)]
pub struct CacheMeter {
    hits: Counter,
    misses: Counter,
    evictions: Counter,
}

impl CacheMeter {
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
    calls: Handles<(Route, Answer), Counter>,
    durations: Handles<Route, Histogram>,
    malformed: Handles<(Service,), Counter>,
    shed: Handles<(Shed,), Counter>,
}

impl BackendMeter {
    /// One request has come to an end; with its time, where it was sent.
    pub fn called(&self, route: Route, failure: Option<FailureKind>, took: Option<Duration>) {
        self.0.calls.with(&(route, Answer::of(failure)), |counter| counter.increment(1));
        if let Some(took) = took {
            self.0.durations.with(&route, |histogram| histogram.record(took));
        }
        if failure == Some(FailureKind::Busy) {
            let bound = match route.service() {
                Service::Identity => Shed::Identity,
                Service::Sync => Shed::Sync,
                Service::Policy => Shed::Policy,
                Service::Catalog(_) => Shed::Services,
            };
            self.0.shed.with(&(bound,), |counter| counter.increment(1));
        }
    }

    /// A service gave an answer that could not be read.
    pub fn malformed(&self, service: Service) {
        self.0.malformed.with(&(service,), |counter| counter.increment(1));
    }
}

impl std::fmt::Debug for BackendMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackendMeter").finish_non_exhaustive()
    }
}

impl Metrics {
    /// For one cache.
    #[must_use]
    pub fn cache(&self, cache: Cache) -> CacheMeter {
        CacheMeter {
            hits: self.counter(&CACHE_LOOKUPS, (cache, Lookup::Hit)),
            misses: self.counter(&CACHE_LOOKUPS, (cache, Lookup::Miss)),
            evictions: self.counter(&CACHE_EVICTIONS, (cache,)),
        }
    }

    /// For fetches of one kind of keys.
    #[must_use]
    pub fn key_fetches(&self, key: KeyKind) -> KeyMeter {
        KeyMeter {
            successes: self.counter(&KEY_FETCHES, (key, FetchOutcome::Success)),
            failures: self.counter(&KEY_FETCHES, (key, FetchOutcome::Failure)),
        }
    }

    /// For all services, those of the catalog too.
    #[must_use]
    pub fn backends(&self) -> BackendMeter {
        let registry = &self.registry;
        let routes = || self.operations.iter().map(|operation| Route::Operation(operation));
        let calls = routes().flat_map(|route| Answer::all().map(move |answer| (route, answer)));
        let services = routes().map(|route| (route.service(),));
        let counter = |key: &Key| registry.counter(key);
        BackendMeter(Arc::new(BackendHandles {
            calls: registry.counters(&BACKEND_CALLS).and(&BACKEND_CALLS, calls, counter),
            durations: registry
                .histograms(&BACKEND_DURATION)
                .and(&BACKEND_DURATION, routes(), |key| registry.histogram(key)),
            malformed: registry.counters(&BACKEND_MALFORMED).and(&BACKEND_MALFORMED, services, counter),
            shed: self.registry.counters(&SHED),
        }))
    }
}
