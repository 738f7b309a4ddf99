//! The figures of a report, from the counters and the audit log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    AuditTrail, Key, ReasonLine, Recording, SLOTS, Thresholds, ToolLine, Trend, Word,
    judge::{Instead, share},
    recording::Sum,
};

/// Rates that differ by less than this factor, or rest on fewer calls than this, are steady.
const TREND_FACTOR: f64 = 1.5;
pub(super) const TREND_CALLS: u64 = 10;

/// The counters, by what they say.
#[derive(Default)]
pub(super) struct Soaked<'a> {
    /// By reason and decision, in `log-only` mode.
    reasons: BTreeMap<(&'a Word, &'a Word), &'a Sum>,
    pub(super) all: [f64; SLOTS],
    pub(super) soaked_last: Option<Timestamp>,
    pub(super) enforced: f64,
    pub(super) enforced_last: Option<Timestamp>,
    /// By tool: succeeded, failed, invalid.
    tools: BTreeMap<&'a Word, [f64; 3]>,
}

impl<'a> Soaked<'a> {
    pub(super) fn of(recording: &'a Recording) -> Self {
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

    pub(super) fn reasons(&self, thresholds: &Thresholds) -> Vec<ReasonLine> {
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

    pub(super) fn tools(&self, audit: Option<&AuditTrail>) -> Vec<ToolLine> {
        let of_audit = audit.map(AuditTrail::tools);
        let names: BTreeSet<&Word> =
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
                    evaluated: figures.map(|of| of.evaluated),
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
    pub(super) fn instead(&self) -> Option<Instead> {
        match (total(&self.all), count(self.enforced), self.handled()) {
            (1.., _, _) => None,
            (0, 1.., _) => Some(Instead::Enforces),
            (0, 0, 1..) => Some(Instead::Off),
            (0, 0, 0) => Some(Instead::Idle),
        }
    }
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

pub(super) fn lately(slots: &[u64]) -> u64 {
    slots.iter().skip(SLOTS - SLOTS / 4).sum()
}

pub(super) fn total(slots: &[f64; SLOTS]) -> u64 {
    count(slots.iter().sum())
}

pub(super) fn whole(slots: &[f64; SLOTS]) -> Vec<u64> {
    slots.iter().copied().map(count).collect()
}

/// A counter's rise as a number of calls. A rise is never negative, and the cast saturates.
pub(super) fn count(rise: f64) -> u64 {
    rise.round() as u64
}
