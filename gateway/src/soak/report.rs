//! All that a soak says, for the table and for JSON alike.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{
    AuditTrail, Key, Recording, SLOTS, Share, Thresholds, Verdict, Word, WorstWindow,
    judge::{Facts, Instead, judge, share, span},
    recording::Sum,
};

/// The shape of the JSON; a change that breaks its readers raises it.
const VERSION: u32 = 1;
/// Rates that differ by less than this factor, or rest on fewer calls than this, are steady.
const TREND_FACTOR: f64 = 1.5;
const TREND_CALLS: u64 = 10;
/// By how much the audit log may differ from the counters before that is worth a word: lines that were written between the
/// last sample and the end.
const AUDIT_TOLERANCE: f64 = 0.05;

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
    /// Seconds of the window for which there are samples.
    #[serde(rename = "coveredSeconds", serialize_with = "seconds")]
    pub covered: Duration,
    /// Seconds for which there must be samples.
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

/// The evaluations with one reason, from the counters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonLine {
    /// The reason.
    pub reason: Word,
    /// `allow`, `deny` or `flagged`.
    pub decision: Word,
    /// How many.
    pub calls: u64,
    /// Their share of all evaluations.
    pub rate: Share,
    /// The second half of the window against the first.
    pub trend: Trend,
    /// Whether it counts against the budget.
    pub is_charged: bool,
    /// The count in each of the window's equal parts.
    pub slots: Vec<u64>,
}

/// The calls of one tool: from the counters, and from the audit log where it was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolLine {
    /// The tool.
    pub tool: Word,
    /// Calls that were answered.
    pub succeeded: u64,
    /// Calls whose handler failed.
    pub failed: u64,
    /// Calls with invalid arguments, which the policy never sees.
    pub invalid: u64,
    /// Would-be denials; `None` without the audit log.
    pub would_be_denied: Option<u64>,
    /// Their share of the tool's evaluations, both of the audit log.
    pub rate: Option<Share>,
    /// Would-be denials by reason.
    pub reasons: BTreeMap<String, u64>,
}

/// How a rate moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// It grows by half at least.
    Rising,
    /// It shrinks by a third at least.
    Falling,
    /// Neither.
    Steady,
    /// More than half of it lies in one part of the window.
    Burst,
    /// Half of the window has no calls.
    Unclear,
}

impl Report {
    /// Judges what was read.
    #[must_use]
    pub fn of(recording: &Recording, audit: Option<&AuditTrail>, counters: Sources, thresholds: &Thresholds) -> Self {
        let soaked = Soaked::of(recording);
        let reasons = soaked.reasons(thresholds);
        let evaluated = total(&soaked.all);
        let count = |is_counted: &dyn Fn(&ReasonLine) -> bool| {
            reasons.iter().filter(|line| is_counted(line)).map(|line| line.calls).sum::<u64>()
        };
        let would_be_denied = count(&|line| line.decision.as_str() == "deny");
        let charged = count(&|line| line.is_charged);
        let facts = Facts {
            calls: evaluated,
            charged,
            unknown: count(&|line| line.reason.as_str() == "unknown"),
            lately: (
                lately(&whole(&soaked.all)),
                reasons.iter().filter(|line| line.is_charged).map(|line| lately(&line.slots)).sum(),
            ),
            covered: recording.covered(),
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
            min_calls: thresholds.min_calls,
            would_be_denied,
            rate: share(would_be_denied, evaluated),
            charged,
            charged_rate: share(charged, evaluated),
            budget: thresholds.budget,
            tools: soaked.tools(audit),
            users: audit.map(AuditTrail::users),
            worst: audit.map(AuditTrail::worst),
            notes: soaked.notes(recording, audit, thresholds, evaluated, would_be_denied),
            reasons,
        }
    }
}

/// The counters, by what they say.
#[derive(Default)]
struct Soaked<'a> {
    /// By reason and decision, in `log-only` mode.
    reasons: BTreeMap<(&'a Word, &'a Word), &'a Sum>,
    all: [f64; SLOTS],
    soaked_last: Option<Timestamp>,
    enforced: f64,
    enforced_last: Option<Timestamp>,
    /// By tool: succeeded, failed, invalid.
    tools: BTreeMap<&'a Word, [f64; 3]>,
}

impl<'a> Soaked<'a> {
    fn of(recording: &'a Recording) -> Self {
        let mut soaked = Self::default();
        for (key, sum) in recording.sums() {
            match key {
                Key::Decision { decision, reason, mode } => match mode.as_str() {
                    "log-only" => {
                        soaked.reasons.insert((reason, decision), sum);
                        for (all, part) in soaked.all.iter_mut().zip(sum.slots) {
                            *all += part;
                        }
                        soaked.soaked_last = soaked.soaked_last.max(sum.last_rise);
                    }
                    "enforce" => {
                        soaked.enforced += sum.total();
                        soaked.enforced_last = soaked.enforced_last.max(sum.last_rise);
                    }
                    _ => {}
                },
                Key::Invocation { tool, outcome } => {
                    let [succeeded, failed, invalid] = soaked.tools.entry(tool).or_default();
                    match outcome.as_str() {
                        "success" => *succeeded += sum.total(),
                        "input-invalid" => *invalid += sum.total(),
                        _ => *failed += sum.total(),
                    }
                }
            }
        }
        soaked
    }

    fn reasons(&self, thresholds: &Thresholds) -> Vec<ReasonLine> {
        let evaluated = total(&self.all);
        let mut lines: Vec<_> = self
            .reasons
            .iter()
            .map(|((reason, decision), sum)| {
                let calls = total(&sum.slots);
                // A denial because the evaluation failed is wanted by nobody.
                let is_accepted = thresholds.accepted.contains(reason) && reason.as_str() != "unknown";
                ReasonLine {
                    reason: (*reason).clone(),
                    decision: (*decision).clone(),
                    calls,
                    rate: share(calls, evaluated),
                    trend: trend(&sum.slots, &self.all),
                    is_charged: decision.as_str() == "deny" && !is_accepted,
                    slots: whole(&sum.slots),
                }
            })
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.calls));
        lines
    }

    fn tools(&self, audit: Option<&AuditTrail>) -> Vec<ToolLine> {
        let of_audit = audit.map(AuditTrail::tools);
        let names: std::collections::BTreeSet<&Word> =
            self.tools.keys().copied().chain(of_audit.iter().flat_map(|tools| tools.keys())).collect();
        let mut lines: Vec<_> = names
            .into_iter()
            .map(|tool| {
                let [succeeded, failed, invalid] = self.tools.get(tool).copied().unwrap_or_default().map(count);
                let decided = of_audit.map(|tools| tools.get(tool));
                let figures = decided.map(|of| of.map(|of| of.decided).unwrap_or_default());
                let reasons = decided.flatten().into_iter().flat_map(|of| &of.reasons);
                ToolLine {
                    tool: tool.clone(),
                    succeeded,
                    failed,
                    invalid,
                    would_be_denied: figures.map(|of| of.denied),
                    rate: figures.map(|of| share(of.denied, of.evaluated)),
                    reasons: reasons.map(|(reason, count)| (reason.to_string(), *count)).collect(),
                }
            })
            .filter(|line| line.succeeded + line.failed + line.invalid + line.would_be_denied.unwrap_or(0) > 0)
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.succeeded + line.failed + line.invalid));
        lines
    }

    fn handled(&self) -> u64 {
        self.tools.values().map(|[succeeded, failed, _]| count(succeeded + failed)).sum()
    }

    /// Where there is nothing to judge.
    fn instead(&self) -> Option<Instead> {
        match (total(&self.all), count(self.enforced), self.handled()) {
            (1.., _, _) => None,
            (0, 1.., _) => Some(Instead::Enforces),
            (0, 0, 1..) => Some(Instead::Off),
            (0, 0, 0) => Some(Instead::Idle),
        }
    }

    fn notes(
        &self,
        recording: &Recording,
        audit: Option<&AuditTrail>,
        thresholds: &Thresholds,
        evaluated: u64,
        denied: u64,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        let enforced = count(self.enforced);
        if evaluated > 0 && enforced > 0 {
            let is_now = if self.enforced_last > self.soaked_last { "enforces now" } else { "enforced for a while" };
            notes.push(format!(
                "a gateway {is_now}: {enforced} evaluations in mode enforce, which are left out of the figures"
            ));
        }
        let restarts = recording.restarts();
        if restarts > 0 {
            notes.push(format!(
                "counters began anew {} (restarts): what came after is added to what came before; calls \
                 between the last sample and a restart are not seen",
                if restarts == 1 { "once".to_owned() } else { format!("{restarts} times") }
            ));
        }
        if recording.unusable() > 0 {
            notes.push(format!("{} samples are no counts and were left out", recording.unusable()));
        }
        if !thresholds.accepted.is_empty() {
            let accepted: Vec<_> = thresholds.accepted.iter().map(Word::as_str).collect();
            notes.push(format!("denials for {} are wanted and not charged to the budget", accepted.join(", ")));
        }
        let unevaluated = self.handled().saturating_sub(evaluated.saturating_add(enforced));
        if evaluated > 0 && unevaluated > evaluated / 20 {
            notes.push(format!("{unevaluated} calls ran without an evaluation: the gate was off for a while"));
        }
        match audit {
            None => notes.push(
                "no audit log was given: would-be denials by tool and by user are not known (the counters of decisions \
                 carry no tool)"
                    .to_owned(),
            ),
            Some(audit) => notes.extend(audit_notes(audit, evaluated, denied)),
        }
        notes
    }
}

fn audit_notes(audit: &AuditTrail, evaluated: u64, denied: u64) -> Vec<String> {
    let mut notes = Vec::new();
    let (in_log, denied_in_log) = audit.totals();
    let is_close = |a: u64, b: u64| a.abs_diff(b) as f64 <= (a.max(b) as f64 * AUDIT_TOLERANCE).max(2.0);
    if !is_close(in_log, evaluated) || !is_close(denied_in_log, denied) {
        let span = audit.span().map_or_else(String::new, |(first, last)| {
            format!(", over {}", span(last.duration_since(first).unsigned_abs()))
        });
        notes.push(format!(
            "the audit log has {in_log} decisions and {denied_in_log} would-be denials{span}; the counters have \
             {evaluated} and {denied}. The verdict rests on the counters"
        ));
    }
    if let Some((user, of_user)) = audit.leading_user()
        && audit.users() > 1
        && denied_in_log >= TREND_CALLS
        && of_user * 2 > denied_in_log
    {
        notes.push(format!("{} of the would-be denials are one user's, {user}", share(of_user, denied_in_log)));
    }
    if audit.skipped() > 0 {
        notes.push(format!("{} lines of the audit log are no JSON, or too long, and were left out", audit.skipped()));
    }
    if audit.beyond() > 0 {
        notes.push(format!(
            "there are too many users to keep apart: {} decisions are in no user's hour",
            audit.beyond()
        ));
    }
    notes
}

/// The rate in the second half of the window against the first.
fn trend(part: &[f64; SLOTS], all: &[f64; SLOTS]) -> Trend {
    let halves = |slots: &[f64; SLOTS]| {
        let (first, second) = slots.split_at(SLOTS / 2);
        (first.iter().sum::<f64>(), second.iter().sum::<f64>())
    };
    let ((first, second), (all_first, all_second)) = (halves(part), halves(all));
    if count(all_first) == 0 || count(all_second) == 0 {
        return Trend::Unclear;
    }
    let (before, after) = (first / all_first, second / all_second);
    if count(first + second) < TREND_CALLS {
        Trend::Steady
    } else if part.iter().any(|slot| slot * 2.0 > first + second) {
        Trend::Burst
    } else if after > before * TREND_FACTOR {
        Trend::Rising
    } else if after * TREND_FACTOR < before {
        Trend::Falling
    } else {
        Trend::Steady
    }
}

fn lately(slots: &[u64]) -> u64 {
    slots.iter().skip(SLOTS - SLOTS / 4).sum()
}

fn total(slots: &[f64; SLOTS]) -> u64 {
    count(slots.iter().sum())
}

fn whole(slots: &[f64; SLOTS]) -> Vec<u64> {
    slots.iter().copied().map(count).collect()
}

/// A counter's rise as a number of calls. A rise is never negative, and the cast saturates.
fn count(rise: f64) -> u64 {
    rise.round() as u64
}

fn name<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.name())
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
