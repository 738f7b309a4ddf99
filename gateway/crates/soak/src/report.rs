//! All that a soak says, for the table and for JSON alike.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{
    AuditTrail, ReasonLine, Recording, Share, Thresholds, ToolLine, Verdict, WorstWindow,
    figures::{Soaked, count, lately, total, whole},
    judge::{Facts, judge, share},
    notes::notes,
};

/// The shape of the JSON; a change that breaks its readers raises it.
const VERSION: u32 = 1;

/// Where the figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sources {
    /// The counters as a Prometheus server has them.
    Prometheus,
    /// The counters as saved scrapes have them.
    Scrapes,
}

/// A soak's report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    version: u32,
    /// Whether to enforce.
    #[serde(serialize_with = "name")]
    pub verdict: Verdict,
    /// Why, a sentence each; empty for `enforce`.
    pub because: Vec<String>,
    /// When the window begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// Seconds of the window in which a gateway was looked at, and evaluated its calls in `log-only` mode.
    #[serde(rename = "coveredSeconds", serialize_with = "seconds")]
    pub covered: Duration,
    /// Seconds of which that must be so.
    #[serde(rename = "minCoveredSeconds", serialize_with = "seconds")]
    pub min_covered: Duration,
    /// Where the counters come from.
    pub counters: Sources,
    /// Gateways that were seen.
    pub instances: usize,
    /// How often one of them began anew.
    pub restarts: usize,
    /// Evaluations in `log-only` mode.
    pub evaluated: u64,
    /// Evaluations that must be there.
    pub min_calls: u64,
    /// Evaluations in `enforce` mode, which are in no other figure.
    pub enforced: u64,
    /// Calls that ran without an evaluation.
    pub unevaluated: u64,
    /// Those that `enforce` would have denied.
    pub would_be_denied: u64,
    /// Their share.
    pub rate: Share,
    /// The would-be denials that count against the budget: all but those of accepted reasons.
    pub charged: u64,
    /// Their share.
    pub charged_rate: Share,
    /// The greatest share that may be charged.
    pub budget: Share,
    /// By reason, most frequent first.
    pub reasons: Vec<ReasonLine>,
    /// By tool, most called first.
    pub tools: Vec<ToolLine>,
    /// Users that the audit log names, where it was given.
    pub users: Option<usize>,
    /// The users' worst hours, where the audit log was given.
    pub worst: Option<Vec<WorstWindow>>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

impl Report {
    /// Judges what was read.
    #[must_use]
    pub fn of(recording: &Recording, audit: Option<&AuditTrail>, counters: Sources, thresholds: &Thresholds) -> Self {
        let soaked = Soaked::of(recording);
        let reasons = soaked.reasons(thresholds);
        let evaluated = total(&soaked.all);
        let (enforced, unevaluated) = (count(soaked.enforced), count(recording.unevaluated()));
        let counted = |is_counted: &dyn Fn(&ReasonLine) -> bool| {
            reasons.iter().filter(|line| is_counted(line)).map(|line| line.calls).sum::<u64>()
        };
        let would_be_denied = counted(&|line| line.decision.as_str() == "deny");
        let charged = counted(&|line| line.is_charged);
        let facts = Facts {
            calls: evaluated,
            charged,
            unknown: counted(&|line| line.reason.as_str() == "unknown"),
            lately: (
                lately(&whole(&soaked.all)),
                reasons.iter().filter(|line| line.is_charged).map(|line| lately(&line.slots)).sum(),
            ),
            covered: recording.covered(),
            length: recording.window().length(),
            least_seen: recording.least_seen(),
            enforced,
            unevaluated,
            instead: soaked.instead(),
        };
        let verdict = judge(&facts, thresholds);
        let window = recording.window();
        Self {
            version: VERSION,
            because: verdict.because(),
            verdict,
            from: window.start(),
            to: window.end(),
            covered: facts.covered,
            min_covered: thresholds.min_covered,
            counters,
            instances: recording.instances(),
            restarts: recording.restarts(),
            evaluated,
            enforced,
            unevaluated,
            min_calls: thresholds.min_calls,
            would_be_denied,
            rate: share(would_be_denied, evaluated),
            charged,
            charged_rate: share(charged, evaluated),
            budget: thresholds.budget,
            tools: soaked.tools(audit),
            users: audit.map(AuditTrail::users),
            worst: audit.map(AuditTrail::worst),
            notes: notes(&soaked, recording, audit, thresholds, (evaluated, would_be_denied)),
            reasons,
        }
    }
}

fn name<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.name())
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
