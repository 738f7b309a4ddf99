//! Every metric of the gateway. What there is stands in [`families`]; here are the handles, built once. All label values
//! are closed sets. Every series exists at zero from the start, so that a rate is right from the first event; only the
//! durations of a tool begin with its first call.

mod exposition;
mod families;
mod labels;
mod meters;
mod page;
mod registry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

pub use exposition::{Exposition, Reading};
pub use families::*;
pub use labels::{
    Answer, AuthRefusal, Bound, Cache, ConsentOutcome, Evaluation, Evicted, FetchOutcome, HandlerOutcome, KeyKind,
    Label, Leniency, LogKind, Lookup, Outcome, PolicyLookup, Series, SessionRefusalKind, Shed, SpaceRefusal, SpanState,
};
pub use meters::{BackendMeter, CacheMeter, KeyMeter};
pub use page::page;
pub use registry::{Counting, UnknownCounting};
use registry::{Handles, Registry, ToolHandles, key};

use crate::{
    policy::{Mode, Reason},
    shared::Use,
    telemetry::logging,
};
use mana_mcp_runtime::{
    decode::Leniencies,
    service::Operation,
    tool::{Catalog, ToolId},
};

/// The handles of all metrics, and the registry that renders them.
pub struct Metrics {
    registry: Registry,
    handle: PrometheusHandle,
    process: metrics_process::Collector,
    decisions: Handles<Evaluation, Counter>,
    invocations: ToolHandles<(Outcome,), Counter>,
    durations: ToolHandles<(HandlerOutcome,), Histogram>,
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
        let (service, name) = SERVICE_LABEL;
        let mut builder = PrometheusBuilder::new().add_global_label(service, name);
        for family in FAMILIES {
            if let Kind::Histogram(buckets) = family.kind {
                builder = builder.set_buckets_for_metric(Matcher::Full(family.name.to_owned()), buckets.bounds)?;
            }
        }
        let registry = Registry::new(builder.build_recorder(), Counting::On);
        for family in FAMILIES {
            registry.register(&family);
        }
        let metrics = Self::of(registry, catalog);
        for tool in catalog.tools() {
            metrics.invocations.of(*tool, |key| metrics.registry.counter(key));
        }
        // The series of the catalog's services, which no definition names.
        drop(metrics.backends());
        metrics::with_local_recorder(metrics.registry.recorder(), || metrics.process.describe());
        Ok(metrics)
    }

    /// Metrics that count nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::of(Registry::new(PrometheusBuilder::new().build_recorder(), Counting::Off), &Catalog::new(&[]))
    }

    fn of(registry: Registry, catalog: &Catalog) -> Self {
        Self {
            handle: registry.recorder().handle(),
            process: metrics_process::Collector::new(PREFIX),
            decisions: registry.counters(&POLICY_DECISIONS),
            invocations: ToolHandles::new(&TOOL_INVOCATIONS, catalog),
            durations: ToolHandles::new(&TOOL_DURATION, catalog),
            auth_failures: registry.counters(&AUTH_FAILURES),
            leniencies: registry.counters(&LENIENCIES),
            sessions_opened: registry.counter(&key(&SESSIONS_OPENED.family, &[])),
            sessions_ended: registry.counter(&key(&SESSIONS_ENDED.family, &[])),
            sessions_refused: registry.counters(&SESSIONS_REFUSED),
            redis_fallbacks: registry.counters(&REDIS_FALLBACKS),
            consent: registry.counters(&CONSENT),
            policy_lookups: registry.counters(&POLICY_LOOKUPS),
            evictions: registry.counters(&EVICTIONS),
            operations: catalog.operations().into(),
            registry,
        }
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
        if let Some(of_tool) = self.invocations.of(tool, |key| self.registry.counter(key)) {
            of_tool.with(&(outcome,), |counter| counter.increment(1));
        }
    }

    /// Records how long a handler ran.
    pub(super) fn tool_duration(&self, tool: ToolId, outcome: HandlerOutcome, elapsed: Duration) {
        if let Some(of_tool) = self.durations.of(tool, |key| self.registry.histogram(key)) {
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

    /// A handle of one series of a family of counters, to be kept by whoever counts.
    pub fn counter<K: Series>(&self, family: &Keyed<K>, series: K) -> Counter {
        self.registry.counter(&key(&family.family, &series.values()))
    }

    /// A handle of one series of a family of gauges.
    pub fn gauge<K: Series>(&self, family: &Keyed<K>, series: K) -> Gauge {
        self.registry.gauge(&key(&family.family, &series.values()))
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
        logging::settle();
        self.registry.show();
        metrics::with_local_recorder(self.registry.recorder(), || self.process.collect());
        self.handle.render()
    }

    /// Folds recorded samples into the histograms. Called regularly, so that samples do not pile up in a gateway that
    /// nobody scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
