//! The gauges: what each part of the gateway says of itself when the metrics are asked for.

use std::sync::Arc;

use crate::{
    auth::{SpaceResolver, Verifier},
    backend::{IdentityClient, Linked, ServiceClients, SpacePoliciesClient, SyncClient},
    data::DataServices,
    policy::Mode,
    telemetry::metrics::{
        BACKEND_UP, Backend, Bound, CACHE_CAPACITY, CACHE_ENTRIES, CIRCUIT_OPEN, Cache, IN_FLIGHT, IN_FLIGHT_LIMIT,
        LOG_LINES_DROPPED, MODE_IN_FORCE, REPLICA_BUDGET, REPLICA_BYTES, REPLICA_EVICTIONS, REPLICA_PULLS, REPLICAS,
        SPANS,
    },
};
use mana_mcp_replica::ReplicaStats;
use mana_mcp_runtime::failure::Service;
use mana_mcp_service::{
    http::{budget::Budget, connections::Connections, limits::InFlight, permits::Load, readiness::Readiness},
    logs::{self, LogKind},
    metrics::Reading,
    trace::{self, SpanState},
};

/// The parts that are looked at.
pub(super) struct Observed {
    pub(super) identity: IdentityClient,
    pub(super) sync: SyncClient,
    pub(super) policy: Option<SpacePoliciesClient>,
    pub(super) clients: ServiceClients,
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
    let Observed {
        identity,
        sync,
        policy,
        clients,
        data,
        spaces,
        verifier,
        in_flight,
        bodies,
        answers,
        connections,
        readiness,
        mode,
    } = observed;
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
    readings.extend(load(Bound::Identity, {
        let identity = identity.clone();
        move || identity.load()
    }));
    readings.extend(load(Bound::Sync, {
        let sync = sync.clone();
        move || sync.load()
    }));
    readings.extend(load(Bound::RowCalls, {
        let data = Arc::clone(&data);
        move || data.load()
    }));
    readings.push(Reading::gauge(&CIRCUIT_OPEN, (Backend(Service::Identity),), move || identity.is_suspended().into()));
    readings.push(Reading::gauge(&CIRCUIT_OPEN, (Backend(Service::Sync),), move || sync.is_suspended().into()));
    if let Some(policy) = policy {
        readings.extend(load(Bound::Policy, {
            let policy = policy.clone();
            move || policy.load()
        }));
        readings.push(Reading::gauge(&CIRCUIT_OPEN, (Backend(Service::Policy),), move || policy.is_suspended().into()));
    }
    readings.extend(services(&clients));
    let looked_at = [Service::Identity, Service::Sync].into_iter();
    let of_catalog = clients.all().iter().map(|client| Service::Catalog(client.service().name));
    readings.extend(looked_at.chain(of_catalog).map(|service| {
        let readiness = readiness.clone();
        Reading::gauge(&BACKEND_UP, (Backend(service),), move || readiness.is_well(service.name()).into())
    }));
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

/// Of the services of the catalog: whether each is left alone, and how much is under way to all of them.
fn services(clients: &ServiceClients) -> Vec<Reading> {
    let mut readings = Vec::new();
    for client in clients.all() {
        let (service, client) = (Backend(Service::Catalog(client.service().name)), client.clone());
        readings.push(Reading::gauge(&CIRCUIT_OPEN, (service,), move || client.is_suspended().into()));
    }
    let clients = clients.clone();
    readings.extend(load(Bound::Services, move || {
        let loads = clients.all().iter().map(Linked::load);
        let none = Load { taken: 0, limit: 0 };
        loads.fold(none, |all, one| Load { taken: all.taken + one.taken, limit: all.limit + one.limit })
    }));
    readings
}

fn load(bound: Bound, read: impl Fn() -> Load + Clone + Send + Sync + 'static) -> [Reading; 2] {
    let limit = read.clone();
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
