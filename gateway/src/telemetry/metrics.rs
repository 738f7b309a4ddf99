//! Every metric of the gateway: names, help, label sets, buckets. All label values are closed sets and every series
//! exists at zero from the start, so that a rate is right from the first event.

use std::{collections::BTreeMap, time::Duration};

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::{
    catalog::ToolId,
    policy::{Mode, Reason},
};

const POLICY_DECISIONS: &str = "mana_mcp_policy_decisions_total";
const TOOL_INVOCATIONS: &str = "mana_mcp_tool_invocations_total";
const TOOL_DURATION: &str = "mana_mcp_tool_duration_seconds";

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
        Ok(Self { recorder, handle, process, decisions, invocations, durations })
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
        assert!(series <= ToolId::ALL.len() * per_tool + Reason::ALL.len() * 2 + 10, "{series} series");
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
