//! What is counted.

use super::Word;

/// What a series counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Evaluations of the policy.
    Decision {
        /// `allow`, `deny` or `flagged`.
        decision: Word,
        /// The rule.
        reason: Word,
        /// `log-only` or `enforce`.
        mode: Word,
    },
    /// Calls that reached their handler or failed validation.
    Invocation {
        /// The tool's name.
        tool: Word,
        /// How the call ended.
        outcome: Word,
    },
}
