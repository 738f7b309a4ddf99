//! Every metric of the gateway. What there is stands in [`families`]; here are the handles, built once. All label values
//! are closed sets and every series exists at zero from the start, so that a rate is right from the first event.

mod exposition;
mod families;
mod labels;
mod meters;
mod page;
#[cfg(test)]
mod tests;

use std::time::Duration;

use hashbrown::HashMap;
use metrics::{Counter, Gauge, Histogram, Key, Label as KeyLabel, Metadata, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

pub use exposition::{Exposition, Reading};
pub use families::*;
pub use labels::{
    Answer, AuthRefusal, Bound, Cache, ConsentOutcome, Evaluation, Evicted, FetchOutcome, HandlerOutcome, KeyKind,
    Label, Lookup, Outcome, PolicyLookup, Series, SessionRefusalKind, Shed, SpanState,
};
pub use meters::{BackendMeter, CacheMeter, KeyMeter};
pub use page::page;

use crate::{
    catalog::ToolId,
    policy::{Mode, Reason},
    shared::Use,
};

/// The handles of all metrics, and the registry that renders them.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: metrics_process::Collector,
    decisions: Handles<Evaluation, Counter>,
    invocations: Handles<(ToolId, Outcome), Counter>,
    durations: Handles<(ToolId, HandlerOutcome), Histogram>,
    auth_failures: Handles<(AuthRefusal,), Counter>,
    sessions_opened: Counter,
    sessions_ended: Counter,
    sessions_refused: Handles<(SessionRefusalKind,), Counter>,
    redis_fallbacks: Handles<(Use,), Counter>,
    consent: Handles<(ConsentOutcome,), Counter>,
    policy_lookups: Handles<(PolicyLookup,), Counter>,
    evictions: Handles<(Evicted,), Counter>,
}

impl Metrics {
    /// Registers every metric at zero.
    ///
    /// # Errors
    /// The buckets are refused by the exporter.
    pub fn new() -> Result<Self, BuildError> {
        let (service, name) = SERVICE_LABEL;
        let mut builder = PrometheusBuilder::new().add_global_label(service, name);
        for family in FAMILIES {
            if let Kind::Histogram(buckets) = family.kind {
                builder = builder.set_buckets_for_metric(Matcher::Full(family.name.to_owned()), buckets.bounds)?;
            }
        }
        let recorder = builder.build_recorder();
        let process = metrics_process::Collector::new(PREFIX);
        metrics::with_local_recorder(&recorder, || process.describe());
        for family in FAMILIES {
            register(&recorder, &family);
        }
        Ok(Self {
            handle: recorder.handle(),
            process,
            decisions: Handles::of(&POLICY_DECISIONS, |key| counter(&recorder, key)),
            invocations: Handles::of(&TOOL_INVOCATIONS, |key| counter(&recorder, key)),
            durations: Handles::of(&TOOL_DURATION, |key| histogram(&recorder, key)),
            auth_failures: Handles::of(&AUTH_FAILURES, |key| counter(&recorder, key)),
            sessions_opened: counter(&recorder, &key(&SESSIONS_OPENED.family, &[])),
            sessions_ended: counter(&recorder, &key(&SESSIONS_ENDED.family, &[])),
            sessions_refused: Handles::of(&SESSIONS_REFUSED, |key| counter(&recorder, key)),
            redis_fallbacks: Handles::of(&REDIS_FALLBACKS, |key| counter(&recorder, key)),
            consent: Handles::of(&CONSENT, |key| counter(&recorder, key)),
            policy_lookups: Handles::of(&POLICY_LOOKUPS, |key| counter(&recorder, key)),
            evictions: Handles::of(&EVICTIONS, |key| counter(&recorder, key)),
            recorder,
        })
    }

    /// Counts one policy evaluation.
    pub fn policy_decision(&self, reason: Reason, mode: Mode) {
        self.decisions.with(&Evaluation { reason, mode }, |counter| counter.increment(1));
    }

    /// Counts one call.
    pub fn tool_invocation(&self, tool: ToolId, outcome: Outcome) {
        self.invocations.with(&(tool, outcome), |counter| counter.increment(1));
    }

    /// Records how long a handler ran.
    pub fn tool_duration(&self, tool: ToolId, outcome: HandlerOutcome, elapsed: Duration) {
        self.durations.with(&(tool, outcome), |histogram| histogram.record(elapsed));
    }

    /// Counts a request that was not authenticated.
    pub fn auth_failure(&self, refusal: AuthRefusal) {
        self.auth_failures.with(&(refusal,), |counter| counter.increment(1));
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
        counter(&self.recorder, &key(&family.family, &series.values()))
    }

    /// A handle of one series of a family of gauges.
    pub fn gauge<K: Series>(&self, family: &Keyed<K>, series: K) -> Gauge {
        gauge(&self.recorder, &key(&family.family, &series.values()))
    }

    /// Handles of all series of a family of counters.
    fn counters<K: Series>(&self, family: &Keyed<K>) -> Handles<K, Counter> {
        Handles::of(family, |key| counter(&self.recorder, key))
    }

    /// Handles of all series of a family of histograms.
    fn histograms<K: Series>(&self, family: &Keyed<K>) -> Handles<K, Histogram> {
        Handles::of(family, |key| histogram(&self.recorder, key))
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
        metrics::with_local_recorder(&self.recorder, || self.process.collect());
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

/// The handles of a family's series. Nobody but the gateway names one, so the map's quick hash needs to withstand nobody.
#[derive(Clone)]
struct Handles<K, H>(HashMap<K, H>);

impl<K: Series, H> Handles<K, H> {
    fn of(family: &Keyed<K>, handle: impl Fn(&Key) -> H) -> Self {
        Self(K::all().into_iter().map(|series| (series, handle(&key(&family.family, &series.values())))).collect())
    }

    fn with(&self, series: &K, count: impl FnOnce(&H)) {
        if let Some(handle) = self.0.get(series) {
            count(handle);
        }
    }
}

/// None of them: what counts with these counts nothing.
impl<K, H> Default for Handles<K, H> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

fn register(recorder: &PrometheusRecorder, family: &Family) {
    let (name, unit, help) = (family.name.into(), Some(family.unit), family.help.into());
    match family.kind {
        Kind::Counter => recorder.describe_counter(name, unit, help),
        Kind::Gauge => recorder.describe_gauge(name, unit, help),
        Kind::Histogram(_) => recorder.describe_histogram(name, unit, help),
    }
    for values in family.series() {
        let key = key(family, &values);
        match family.kind {
            Kind::Counter => drop(counter(recorder, &key)),
            Kind::Gauge => drop(gauge(recorder, &key)),
            Kind::Histogram(_) => drop(histogram(recorder, &key)),
        }
    }
}

fn key(family: &Family, values: &[&'static str]) -> Key {
    let labels = family.labels.iter().zip(values).map(|(name, value)| KeyLabel::from_static_parts(name, value));
    Key::from_parts(family.name, labels.collect::<Vec<_>>())
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, None);

fn counter(recorder: &PrometheusRecorder, key: &Key) -> Counter {
    recorder.register_counter(key, &METADATA)
}

fn gauge(recorder: &PrometheusRecorder, key: &Key) -> Gauge {
    recorder.register_gauge(key, &METADATA)
}

fn histogram(recorder: &PrometheusRecorder, key: &Key) -> Histogram {
    recorder.register_histogram(key, &METADATA)
}
