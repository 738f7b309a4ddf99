//! Every metric of the gateway: names, help, label sets, buckets. All label values are closed sets and every series
//! exists at zero from the start, so that a rate is right from the first event.

use std::{collections::BTreeMap, time::Duration};

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::{
    catalog::ToolId,
    policy::{Mode, Reason},
    shared::Use,
};

const POLICY_DECISIONS: &str = "mana_mcp_policy_decisions_total";
const TOOL_INVOCATIONS: &str = "mana_mcp_tool_invocations_total";
const TOOL_DURATION: &str = "mana_mcp_tool_duration_seconds";
const REDIS_FALLBACKS: &str = "mana_mcp_redis_fallbacks_total";
const CONSENT: &str = "mana_mcp_consent_total";
const POLICY_LOOKUPS: &str = "mana_mcp_policy_lookups_total";
const EVICTIONS: &str = "mana_mcp_evictions_total";

/// From a cached answer (1 ms) to a service's time-out (10 s); a handler runs no longer.
const DURATION_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// How a call ended that reached its handler or failed validation. Policy denials are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The handler answered.
    Success,
    /// The handler failed.
    HandlerError,
    /// The arguments were refused before the policy was asked.
    InputInvalid,
}

impl Outcome {
    /// Every value.
    pub const ALL: [Outcome; 3] = [Outcome::Success, Outcome::HandlerError, Outcome::InputInvalid];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::HandlerError => "handler-error",
            Outcome::InputInvalid => "input-invalid",
        }
    }
}

/// The handles of all metrics, and the registry that renders them.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: metrics_process::Collector,
    decisions: BTreeMap<(&'static str, &'static str), Counter>,
    invocations: BTreeMap<(ToolId, Outcome), Counter>,
    durations: BTreeMap<(ToolId, Outcome), Histogram>,
    redis_fallbacks: BTreeMap<Use, Counter>,
    consent: BTreeMap<ConsentOutcome, Counter>,
    policy_lookups: BTreeMap<PolicyLookup, Counter>,
    evictions: BTreeMap<Evicted, Counter>,
}

impl Metrics {
    /// Registers every metric at zero.
    ///
    /// # Errors
    /// The buckets are refused by the exporter.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .add_global_label("service", "mana-mcp")
            .set_buckets_for_metric(Matcher::Full(TOOL_DURATION.to_owned()), &DURATION_BUCKETS)?
            .build_recorder();
        let handle = recorder.handle();
        let process = metrics_process::Collector::new("mana_mcp_");
        let (decisions, invocations, durations) = metrics::with_local_recorder(&recorder, || {
            process.describe();
            describe_counter!(POLICY_DECISIONS, "Policy evaluations by decision, reason and mode.");
            describe_counter!(TOOL_INVOCATIONS, "Tool calls that reached their handler or failed validation.");
            describe_histogram!(TOOL_DURATION, Unit::Seconds, "Time spent in the tool's handler.");
            (decision_counters(), invocation_counters(), duration_histograms())
        });
        let (redis_fallbacks, consent, policy_lookups, evictions) = metrics::with_local_recorder(&recorder, || {
            describe_counter!(REDIS_FALLBACKS, "Uses of this process's own memory while Redis was away or slow.");
            describe_counter!(CONSENT, "Questions for consent to destructive calls, and what came back.");
            describe_counter!(POLICY_LOOKUPS, "Looks at what a space allows, of the policy service.");
            describe_counter!(EVICTIONS, "Entries that were dropped before their time because a bound was reached.");
            (
                counters(REDIS_FALLBACKS, "use", Use::ALL, Use::label),
                counters(CONSENT, "outcome", ConsentOutcome::ALL, ConsentOutcome::label),
                counters(POLICY_LOOKUPS, "outcome", PolicyLookup::ALL, PolicyLookup::label),
                counters(EVICTIONS, "what", Evicted::ALL, Evicted::label),
            )
        });
        Ok(Self {
            recorder,
            handle,
            process,
            decisions,
            invocations,
            durations,
            redis_fallbacks,
            consent,
            policy_lookups,
            evictions,
        })
    }

    /// Counts one policy evaluation.
    pub fn policy_decision(&self, reason: Reason, mode: Mode) {
        if let Some(counter) = self.decisions.get(&(reason.label(), mode.label())) {
            counter.increment(1);
        }
    }

    /// Counts one call.
    pub fn tool_invocation(&self, tool: ToolId, outcome: Outcome) {
        if let Some(counter) = self.invocations.get(&(tool, outcome)) {
            counter.increment(1);
        }
    }

    /// Records how long a handler ran.
    pub fn tool_duration(&self, tool: ToolId, outcome: Outcome, elapsed: Duration) {
        if let Some(histogram) = self.durations.get(&(tool, outcome)) {
            histogram.record(elapsed);
        }
    }

    /// Counts a use of own memory in place of Redis.
    pub fn redis_fallback(&self, purpose: Use) {
        increment(&self.redis_fallbacks, purpose);
    }

    /// Counts a question for consent, or what came back.
    pub fn consent(&self, outcome: ConsentOutcome) {
        increment(&self.consent, outcome);
    }

    /// Counts a look at what a space allows.
    pub fn policy_lookup(&self, outcome: PolicyLookup) {
        increment(&self.policy_lookups, outcome);
    }

    /// Counts an entry that was dropped before its time.
    pub fn evicted(&self, what: Evicted) {
        increment(&self.evictions, what);
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

fn decision_counters() -> BTreeMap<(&'static str, &'static str), Counter> {
    let series =
        Reason::ALL.into_iter().flat_map(|reason| Mode::EVALUATING.into_iter().map(move |mode| (reason, mode)));
    series
        .map(|(reason, mode)| {
            let (decision, reason, mode) = (reason.decision().label(), reason.label(), mode.label());
            let counter = counter!(POLICY_DECISIONS, "decision" => decision, "reason" => reason, "mode" => mode);
            ((reason, mode), counter)
        })
        .collect()
}

fn invocation_counters() -> BTreeMap<(ToolId, Outcome), Counter> {
    series(&Outcome::ALL)
        .map(|(tool, outcome)| {
            let counter = counter!(TOOL_INVOCATIONS, "tool" => tool.name(), "outcome" => outcome.label());
            ((tool, outcome), counter)
        })
        .collect()
}

/// Refused arguments never reach a handler, so they have no duration.
fn duration_histograms() -> BTreeMap<(ToolId, Outcome), Histogram> {
    series(&[Outcome::Success, Outcome::HandlerError])
        .map(|(tool, outcome)| {
            let histogram = histogram!(TOOL_DURATION, "tool" => tool.name(), "outcome" => outcome.label());
            ((tool, outcome), histogram)
        })
        .collect()
}

fn series(outcomes: &[Outcome]) -> impl Iterator<Item = (ToolId, Outcome)> {
    ToolId::ALL.iter().flat_map(|tool| outcomes.iter().map(|outcome| (*tool, *outcome)))
}

/// A question for consent, or what came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsentOutcome {
    /// A person was asked.
    Asked,
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// The question was dismissed.
    Cancelled,
    /// What came back was forged, expired, used before, another call's, or no answer to the question.
    Invalid,
}

impl ConsentOutcome {
    /// Every value.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Accepted, Self::Declined, Self::Cancelled, Self::Invalid];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Invalid => "invalid",
        }
    }
}

/// Where an answer about a space's opt-ins came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyLookup {
    /// It was known from an earlier call, or another call was asking.
    Kept,
    /// The policy service answered.
    Answered,
    /// It did not: nothing was allowed.
    Failed,
}

impl PolicyLookup {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Answered, Self::Failed];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Answered => "answered",
            Self::Failed => "failed",
        }
    }
}

/// What was dropped before its time because a bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evicted {
    /// The recent calls of a user and tool.
    RateWindow,
    /// A session that was ended.
    EndedSession,
    /// Consent that was used.
    UsedConsent,
    /// The opt-ins of a space.
    SpacePolicy,
}

impl Evicted {
    /// Every value.
    pub const ALL: [Self; 4] = [Self::RateWindow, Self::EndedSession, Self::UsedConsent, Self::SpacePolicy];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::RateWindow => "rate-window",
            Self::EndedSession => "ended-session",
            Self::UsedConsent => "used-consent",
            Self::SpacePolicy => "space-policy",
        }
    }
}

/// A counter for each value of one label.
fn counters<K: Copy + Ord>(
    name: &'static str,
    label: &'static str,
    values: impl IntoIterator<Item = K>,
    text: impl Fn(K) -> &'static str,
) -> BTreeMap<K, Counter> {
    values.into_iter().map(|value| (value, counter!(name, label => text(value)))).collect()
}

fn increment<K: Ord>(counters: &BTreeMap<K, Counter>, value: K) {
    if let Some(counter) = counters.get(&value) {
        counter.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_exists_at_zero() {
        let metrics = Metrics::new().unwrap();
        let page = metrics.render();
        for tool in ToolId::ALL {
            for outcome in Outcome::ALL {
                assert!(page.contains(&format!(
                    "{TOOL_INVOCATIONS}{{service=\"mana-mcp\",tool=\"{}\",outcome=\"{}\"}} 0",
                    tool.name(),
                    outcome.label()
                )));
            }
        }
        for line in [
            "decision=\"deny\",reason=\"rate-limit-exceeded\",mode=\"log-only\"} 0",
            "decision=\"deny\",reason=\"unknown\",mode=\"enforce\"} 0",
            "decision=\"flagged\",reason=\"injection-marker\",mode=\"enforce\"} 0",
            "mana_mcp_tool_duration_seconds_count{service=\"mana-mcp\",tool=\"habits.list\",outcome=\"success\"} 0",
            "mana_mcp_redis_fallbacks_total{service=\"mana-mcp\",use=\"rate-windows\"} 0",
            "mana_mcp_consent_total{service=\"mana-mcp\",outcome=\"declined\"} 0",
            "mana_mcp_policy_lookups_total{service=\"mana-mcp\",outcome=\"failed\"} 0",
            "mana_mcp_evictions_total{service=\"mana-mcp\",what=\"ended-session\"} 0",
            "mana_mcp_process_start_time_seconds",
        ] {
            assert!(page.contains(line), "{line} is missing in\n{page}");
        }
    }

    #[test]
    fn the_number_of_series_is_bounded_by_the_catalog() {
        let metrics = Metrics::new().unwrap();
        let series = metrics.render().lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        let per_tool = 3 + 2 * (DURATION_BUCKETS.len() + 3);
        let of_one_label = Use::ALL.len() + ConsentOutcome::ALL.len() + PolicyLookup::ALL.len() + Evicted::ALL.len();
        let most = ToolId::ALL.len() * per_tool + Reason::ALL.len() * 2 + of_one_label + 10;
        assert!(series <= most, "{series} series");
    }

    #[test]
    fn a_call_is_counted_once() {
        let metrics = Metrics::new().unwrap();
        let tool = ToolId::ALL[0];
        metrics.tool_invocation(tool, Outcome::Success);
        metrics.tool_duration(tool, Outcome::Success, Duration::from_millis(3));
        metrics.policy_decision(Reason::Clean, Mode::LogOnly);
        let page = metrics.render();
        assert!(page.contains(&format!("tool=\"{}\",outcome=\"success\"}} 1", tool.name())));
        assert!(page.contains("decision=\"allow\",reason=\"clean\",mode=\"log-only\"} 1"));
        assert!(page.contains(&format!("tool=\"{}\",outcome=\"success\",le=\"0.005\"}} 1", tool.name())));
    }
}
