//! Every metric of the gateway. What there is stands in [`families`]; here are the handles, built once. All label values
//! are closed sets. Every series exists at zero from the start, so that a rate is right from the first event; only the
//! durations of a tool begin with its first call.

mod families;
mod labels;
mod meters;
mod page;
mod services;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use mana_mcp_runtime::{
    decode::Leniencies,
    service::Operation,
    tool::{Catalog, ToolId},
};
use mana_mcp_service::{
    http::{budget, connections::ConnectionCounters},
    metrics::{BuildError, Counter, Definitions, Handles, HandlesBy, Histogram, Keyed, Registry, Series},
};

pub use families::*;
pub use labels::{
    AuthRefusal, Bound, Cache, ConsentOutcome, Evaluation, Evicted, FetchOutcome, HandlerOutcome, KeyKind, Leniency,
    Lookup, Outcome, PolicyLookup, SessionRefusalKind, Shed, SpaceRefusal,
};
pub use meters::{BackendMeter, CacheMeter, KeyMeter};
pub use page::page;
pub use services::{Answer, Answered, Backend, OrBackend};

use crate::{
    policy::{Mode, Reason},
    shared::Use,
};

/// The handles of all metrics, and the registry that renders them.
pub struct Metrics {
    registry: Arc<Registry>,
    decisions: Handles<Evaluation, Counter>,
    invocations: HandlesBy<(Outcome,), Counter>,
    durations: HandlesBy<(HandlerOutcome,), Histogram>,
    auth_failures: Handles<(AuthRefusal,), Counter>,
    leniencies: Handles<(Leniency,), Counter>,
    sessions_opened: Counter,
    sessions_ended: Counter,
    sessions_refused: Handles<(SessionRefusalKind,), Counter>,
    redis_fallbacks: Handles<(Use,), Counter>,
    consent: Handles<(ConsentOutcome,), Counter>,
    policy_lookups: Handles<(PolicyLookup,), Counter>,
    evictions: Handles<(Evicted,), Counter>,
    /// What tools call of services.
    operations: Box<[&'static Operation]>,
}

impl Metrics {
    /// Registers every metric at zero. Durations of a tool begin with its first call: a histogram is many series, and most
    /// tools of a large catalog are seldom called.
    ///
    /// # Errors
    /// The buckets are refused by the exporter.
    pub fn new(catalog: &Catalog) -> Result<Self, BuildError> {
        let definitions = Definitions { families: &FAMILIES, label: SERVICE_LABEL, prefix: PREFIX };
        let metrics = Self::of(Registry::new(definitions)?, catalog);
        for tool in catalog.tools() {
            metrics.registry.counters_by(&metrics.invocations, tool.index(), tool.name());
        }
        // The series of the catalog's services, which no definition names.
        drop(metrics.backends());
        Ok(metrics)
    }

    /// Metrics that count nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::of(Registry::off(), &Catalog::new(&[]))
    }

    fn of(registry: Registry, catalog: &Catalog) -> Self {
        let tools = catalog.tools().len();
        Self {
            decisions: registry.counters(&POLICY_DECISIONS, []),
            invocations: HandlesBy::new(&TOOL_INVOCATIONS, tools),
            durations: HandlesBy::new(&TOOL_DURATION, tools),
            auth_failures: registry.counters(&AUTH_FAILURES, []),
            leniencies: registry.counters(&LENIENCIES, []),
            sessions_opened: registry.counter(&SESSIONS_OPENED, ()),
            sessions_ended: registry.counter(&SESSIONS_ENDED, ()),
            sessions_refused: registry.counters(&SESSIONS_REFUSED, []),
            redis_fallbacks: registry.counters(&REDIS_FALLBACKS, []),
            consent: registry.counters(&CONSENT, []),
            policy_lookups: registry.counters(&POLICY_LOOKUPS, []),
            evictions: registry.counters(&EVICTIONS, []),
            operations: catalog.operations().into(),
            registry: Arc::new(registry),
        }
    }

    /// Where the handles come from.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Whether anything is counted.
    pub(super) fn is_counting(&self) -> bool {
        self.registry.is_counting()
    }

    /// Counts one policy evaluation.
    pub(super) fn policy_decision(&self, reason: Reason, mode: Mode) {
        self.decisions.with(&Evaluation { reason, mode }, |counter| counter.increment(1));
    }

    /// Counts one call.
    pub(super) fn tool_invocation(&self, tool: ToolId, outcome: Outcome) {
        if let Some(of_tool) = self.registry.counters_by(&self.invocations, tool.index(), tool.name()) {
            of_tool.with(&(outcome,), |counter| counter.increment(1));
        }
    }

    /// Records how long a handler ran.
    pub(super) fn tool_duration(&self, tool: ToolId, outcome: HandlerOutcome, elapsed: Duration) {
        if let Some(of_tool) = self.registry.histograms_by(&self.durations, tool.index(), tool.name()) {
            of_tool.with(&(outcome,), |histogram| histogram.record(elapsed));
        }
    }

    /// Counts a request that was not authenticated.
    pub fn auth_failure(&self, refusal: AuthRefusal) {
        self.auth_failures.with(&(refusal,), |counter| counter.increment(1));
    }

    /// Counts arguments that were read otherwise than they came.
    pub fn arguments_corrected(&self, Leniencies { nulls, json_texts }: Leniencies) {
        for (kind, count) in [(Leniency::Null, nulls), (Leniency::JsonText, json_texts)] {
            if count > 0 {
                self.leniencies.with(&(kind,), |counter| counter.increment(count));
            }
        }
    }

    /// Counts a tool that was called by a name that is neither listed nor canonical.
    pub fn name_corrected(&self) {
        self.leniencies.with(&(Leniency::Name,), |counter| counter.increment(1));
    }

    /// Counts a session that was opened.
    pub fn session_opened(&self) {
        self.sessions_opened.increment(1);
    }

    /// Counts a session that its owner ended.
    pub fn session_ended(&self) {
        self.sessions_ended.increment(1);
    }

    /// Counts a request that was refused for its session id.
    pub fn session_refused(&self, kind: SessionRefusalKind) {
        self.sessions_refused.with(&(kind,), |counter| counter.increment(1));
    }

    /// A handle of one series of a family of counters, to be kept by the code that counts.
    pub fn counter<K: Series>(&self, family: &Keyed<K>, series: K) -> Counter {
        self.registry.counter(family, series)
    }

    /// For one cache.
    #[must_use]
    pub fn cache(&self, cache: Cache) -> CacheMeter {
        CacheMeter::of(&self.registry, cache)
    }

    /// For fetches of one kind of keys.
    #[must_use]
    pub fn key_fetches(&self, key: KeyKind) -> KeyMeter {
        KeyMeter::of(&self.registry, key)
    }

    /// For all services, those of the catalog too.
    #[must_use]
    pub fn backends(&self) -> BackendMeter {
        BackendMeter::of(&self.registry, &self.operations)
    }

    /// For connections.
    #[must_use]
    pub fn connections(&self) -> ConnectionCounters {
        ConnectionCounters {
            failures: self.counter(&ACCEPT_FAILURES, ()),
            refused: self.counter(&SHED, (Shed::Connections.into(),)),
            refused_of_address: self.counter(&SHED, (Shed::AddressConnections.into(),)),
            evicted: self.counter(&SHED, (Shed::IdleConnections.into(),)),
        }
    }

    /// For a bound of which one user has a part.
    #[must_use]
    pub fn shed(&self, all: Shed, one: Shed) -> budget::Shed {
        budget::Shed { all: self.counter(&SHED, (all.into(),)), one: self.counter(&SHED, (one.into(),)) }
    }

    /// Counts a use of own memory in place of Redis.
    pub fn redis_fallback(&self, purpose: Use) {
        self.redis_fallbacks.with(&(purpose,), |counter| counter.increment(1));
    }

    /// Counts a question for consent, or what came back.
    pub fn consent(&self, outcome: ConsentOutcome) {
        self.consent.with(&(outcome,), |counter| counter.increment(1));
    }

    /// Counts a look at what a space allows.
    pub fn policy_lookup(&self, outcome: PolicyLookup) {
        self.policy_lookups.with(&(outcome,), |counter| counter.increment(1));
    }

    /// Counts an entry that was dropped before its time.
    pub fn evicted(&self, what: Evicted) {
        self.evictions.with(&(what,), |counter| counter.increment(1));
    }

    /// The Prometheus text format, with the process's figures of this moment.
    #[must_use]
    pub fn render(&self) -> String {
        self.registry.render()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
