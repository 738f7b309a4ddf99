//! The gauges: what each part of the gateway says of itself when the metrics are asked for.

use std::sync::Arc;

use crate::{
    auth::{SpaceResolver, Verifier},
    backend::Backends,
    data::DataServices,
    policy::Mode,
    telemetry::metrics::{
        BACKEND_UP, Backend, Bound, CACHE_CAPACITY, CACHE_ENTRIES, CIRCUIT_OPEN, Cache, IN_FLIGHT, IN_FLIGHT_LIMIT,
        LOG_LINES_DROPPED, MODE_IN_FORCE, OrBackend, REPLICA_BUDGET, REPLICA_BYTES, REPLICA_EVICTIONS, REPLICA_PULLS,
        REPLICAS, SPANS,
    },
};
use mana_mcp_replica::ReplicaStats;
use mana_mcp_service::{
    http::{budget::Budget, connections::Connections, limits::InFlight, permits::Load, readiness::Readiness},
    logs::{self, LogKind},
    metrics::Reading,
    trace::{self, SpanState},
};

/// The parts that are looked at.
pub(super) struct Observed {
    pub(super) backends: Backends,
    pub(super) data: Arc<DataServices>,
    pub(super) spaces: Arc<SpaceResolver>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) in_flight: InFlight,
    pub(super) bodies: Budget,
    pub(super) answers: Budget,
    pub(super) connections: Connections,
    pub(super) readiness: Readiness,
    pub(super) mode: Mode,
}

/// All readings.
pub(super) fn of(observed: Observed) -> Vec<Reading> {
    let Observed { backends, data, spaces, verifier, in_flight, bodies, answers, connections, readiness, mode } =
        observed;
    let mut readings = vec![
        Reading::counter(&SPANS, (SpanState::Ended,), trace::ended),
        Reading::counter(&SPANS, (SpanState::Exported,), trace::exported),
        Reading::counter(&SPANS, (SpanState::Failed,), trace::failed),
    ];
    readings.extend(
        LogKind::ALL.iter().map(|kind| Reading::counter(&LOG_LINES_DROPPED, (*kind,), || logs::dropped(*kind))),
    );
    readings.extend(load(Bound::Connections, move || connections.load()));
    readings.extend(load(Bound::Requests, move || in_flight.load()));
    readings.extend(load(Bound::Bodies, move || bodies.load()));
    readings.extend(load(Bound::Answers, move || answers.load()));
    readings.extend(load(Bound::RowCalls, {
        let data = Arc::clone(&data);
        move || data.load()
    }));
    readings.extend(services(&backends, &readiness));
    readings.extend(fill(Cache::Tokens, move || verifier.fill()));
    readings.extend(fill(Cache::Spaces, move || spaces.fill()));
    readings.extend(fill(Cache::MasterKeys, {
        let data = Arc::clone(&data);
        move || data.keys().fill()
    }));
    readings.extend(replicas(&data));
    readings.extend(Mode::ALL.map(|one| Reading::gauge(&MODE_IN_FORCE, (one,), move || (one == mode).into())));
    readings
}

/// Of the services: whether each is left alone, whether it is there, and how much is under way to it. Those of the catalog
/// share a bound.
fn services(backends: &Backends, readiness: &Readiness) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut bounds = vec![OrBackend::Services];
    for backend in backends.all() {
        let (label, name) = (Backend(backend.service), backend.service.name());
        if backend.look().is_some() {
            let readiness = readiness.clone();
            readings.push(Reading::gauge(&BACKEND_UP, (label,), move || readiness.is_well(name).into()));
        }
        let looked_at = backend.clone();
        readings.push(Reading::gauge(&CIRCUIT_OPEN, (label,), move || looked_at.is_suspended().into()));
        let bound = OrBackend::of(backend.service);
        if !bounds.contains(&bound) {
            bounds.push(bound);
        }
    }
    for bound in bounds {
        let backends = backends.clone();
        readings.extend(load(bound, move || {
            let of_bound = backends.all().iter().filter(|backend| OrBackend::of(backend.service) == bound);
            let none = Load { taken: 0, limit: 0 };
            of_bound
                .map(|backend| backend.load())
                .fold(none, |all, one| Load { taken: all.taken + one.taken, limit: all.limit + one.limit })
        }));
    }
    readings
}

fn load(bound: impl Into<OrBackend<Bound>>, read: impl Fn() -> Load + Clone + Send + Sync + 'static) -> [Reading; 2] {
    let (bound, limit) = (bound.into(), read.clone());
    [
        Reading::gauge(&IN_FLIGHT, (bound,), move || count(read().taken)),
        Reading::gauge(&IN_FLIGHT_LIMIT, (bound,), move || count(limit().limit)),
    ]
}

fn fill(cache: Cache, read: impl Fn() -> (u64, u64) + Clone + Send + Sync + 'static) -> [Reading; 2] {
    let capacity = read.clone();
    [
        Reading::gauge(&CACHE_ENTRIES, (cache,), move || read().0),
        Reading::gauge(&CACHE_CAPACITY, (cache,), move || capacity().1),
    ]
}

fn replicas(data: &Arc<DataServices>) -> [Reading; 5] {
    let stat = |of: fn(ReplicaStats) -> u64| {
        let data = Arc::clone(data);
        move || of(data.replica_stats())
    };
    [
        Reading::gauge(&REPLICAS, (), stat(|stats| count(stats.replicas))),
        Reading::gauge(&REPLICA_BYTES, (), stat(|stats| count(stats.bytes))),
        Reading::gauge(&REPLICA_BUDGET, (), stat(|stats| count(stats.budget))),
        Reading::counter(&REPLICA_EVICTIONS, (), stat(|stats| stats.evictions)),
        Reading::counter(&REPLICA_PULLS, (), stat(|stats| stats.pulls)),
    ]
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
