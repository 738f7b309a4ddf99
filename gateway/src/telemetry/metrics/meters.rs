//! What the parts of the gateway count with: a few handles each, looked up once. The default of each counts nothing, for
//! parts that stand alone.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram};

use super::{
    Answer, BACKEND_CALLS, BACKEND_DURATION, BACKEND_MALFORMED, CACHE_EVICTIONS, CACHE_LOOKUPS, Cache, FetchOutcome,
    Handles, KEY_FETCHES, KeyKind, Lookup, Metrics, ReadCache, SESSIONS_ENDED, SESSIONS_OPENED, SESSIONS_REFUSED, SHED,
    SPANS, SessionRefusalKind, Shed, SpanState,
};
use crate::backend::{FailureKind, Route, Service};

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

    /// One had to go for want of room.
    pub fn evicted(&self) {
        self.evictions.increment(1);
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

/// Counts sessions.
#[derive(Clone)]
pub struct SessionMeter {
    opened: Counter,
    ended: Counter,
    refused: Handles<(SessionRefusalKind,), Counter>,
    evictions: Counter,
}

impl SessionMeter {
    /// One was opened.
    pub fn opened(&self) {
        self.opened.increment(1);
    }

    /// Its owner ended one.
    pub fn ended(&self) {
        self.ended.increment(1);
    }

    /// A request was refused for its session id.
    pub fn refused(&self, kind: SessionRefusalKind) {
        self.refused.with(&(kind,), |counter| counter.increment(1));
    }

    /// An ended id was forgotten for want of room.
    pub fn evicted(&self) {
        self.evictions.increment(1);
    }
}

impl Default for SessionMeter {
    fn default() -> Self {
        let [opened, ended, evictions] = std::array::from_fn(|_| Counter::noop());
        Self { opened, ended, refused: Handles::default(), evictions }
    }
}

/// Counts exported spans.
#[derive(Debug, Clone)]
pub struct SpanMeter {
    ended: Counter,
    exported: Counter,
    failed: Counter,
}

impl SpanMeter {
    /// One has ended.
    pub fn ended(&self) {
        self.ended.increment(1);
    }

    /// So many were sent to the collector, which took them or did not.
    pub fn sent<T, E>(&self, spans: usize, outcome: &Result<T, E>) {
        let counter = if outcome.is_ok() { &self.exported } else { &self.failed };
        counter.increment(u64::try_from(spans).unwrap_or(u64::MAX));
    }
}

impl Metrics {
    /// For one cache.
    #[must_use]
    pub fn cache(&self, cache: ReadCache) -> CacheMeter {
        let evicted = match cache {
            ReadCache::Tokens => Cache::Tokens,
            ReadCache::Spaces => Cache::Spaces,
            ReadCache::MasterKeys => Cache::MasterKeys,
        };
        CacheMeter {
            hits: self.counter(&CACHE_LOOKUPS, (cache, Lookup::Hit)),
            misses: self.counter(&CACHE_LOOKUPS, (cache, Lookup::Miss)),
            evictions: self.counter(&CACHE_EVICTIONS, (evicted,)),
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

    /// For both services.
    #[must_use]
    pub fn backends(&self) -> BackendMeter {
        BackendMeter(Arc::new(BackendHandles {
            calls: self.counters(&BACKEND_CALLS),
            durations: self.histograms(&BACKEND_DURATION),
            malformed: self.counters(&BACKEND_MALFORMED),
            shed: self.counters(&SHED),
        }))
    }

    /// For sessions.
    #[must_use]
    pub fn sessions(&self) -> SessionMeter {
        SessionMeter {
            opened: self.counter(&SESSIONS_OPENED, ()),
            ended: self.counter(&SESSIONS_ENDED, ()),
            refused: self.counters(&SESSIONS_REFUSED),
            evictions: self.counter(&CACHE_EVICTIONS, (Cache::EndedSessions,)),
        }
    }

    /// For exported spans.
    #[must_use]
    pub fn spans(&self) -> SpanMeter {
        let counter = |state| self.counter(&SPANS, (state,));
        SpanMeter {
            ended: counter(SpanState::Ended),
            exported: counter(SpanState::Exported),
            failed: counter(SpanState::Failed),
        }
    }
}
