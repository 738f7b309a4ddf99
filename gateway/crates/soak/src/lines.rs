//! The lines of a report's tables.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Share, Word};

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

/// The calls of one tool: from the counters, in whatever mode they were; and the evaluations in `log-only` mode from the
/// audit log, where it was given.
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
    /// Evaluations in `log-only` mode; `None` without the audit log.
    pub evaluated: Option<u64>,
    /// Would-be denials among them.
    pub would_be_denied: Option<u64>,
    /// Their share.
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
