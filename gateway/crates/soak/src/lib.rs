//! What a soak has shown: whether `POLICY_MODE=enforce` may be set. Counters ([`Recording`]) and audit lines
//! ([`AuditTrail`]) are folded as they are read, so that a week of them takes no more memory than an hour; [`Report::of`]
//! judges them. All that is pure. The readers stand apart: [`prometheus`] asks a server, [`scrapes`] opens files.

mod audit;
mod figures;
mod instance;
mod judge;
mod key;
mod lines;
mod notes;
pub mod prometheus;
mod recording;
mod report;
pub mod scrapes;
#[cfg(test)]
mod tests;
mod window;

pub use audit::{AuditTrail, WorstWindow};
pub use judge::{Missing, Objection, Share, Thresholds, UnknownShare, Verdict};
pub use key::Key;
pub use lines::{ReasonLine, ToolLine, Trend};
pub use recording::{Recording, RecordingError};
pub use report::{Report, Sources};
pub use window::{InvalidWindow, SLOTS, Window};

/// The target of audit lines.
pub const AUDIT: &str = "mana_mcp::audit";
/// The counter of policy evaluations.
const DECISIONS: &str = "mana_mcp_policy_decisions_total";
/// The counter of calls.
const INVOCATIONS: &str = "mana_mcp_tool_invocations_total";
/// When a process began.
const STARTED: &str = "mana_mcp_process_start_time_seconds";

/// Seconds since the epoch, to the millisecond; `None` for what is no time of a process.
fn moment(seconds: f64) -> Option<jiff::Timestamp> {
    let millis = (seconds * 1000.0).round();
    // The cast saturates, which no calendar reaches.
    (millis > 0.0).then(|| jiff::Timestamp::from_millisecond(millis as i64).ok()).flatten()
}

/// Another program's words, fit to be printed.
fn printable(text: &str) -> String {
    text.chars().take(500).map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// A label's value as other programs wrote it, made safe to print: a short word, or `(other)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Word(String);

impl Word {
    const MAX_BYTES: usize = 64;

    /// The word, or `(other)` where it is none: what is printed must not steer a terminal.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_safe = !text.is_empty() && text.len() <= Self::MAX_BYTES && text.bytes().all(is_word);
        Self(if is_safe { text.to_owned() } else { "(other)".to_owned() })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}
