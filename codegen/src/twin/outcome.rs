//! What became of an example, and why a call gave no result.

use super::stop::Stop;
use crate::Diagnostics;
use crate::source::Span;

/// What became of an example.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The tool.
    pub tool: String,
    /// The example.
    pub example: String,
    /// Where it stands.
    pub at: Span,
    /// Whether it does what it says.
    pub verdict: Verdict,
}

/// Whether an example does what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It does not, each difference at its place.
    Failed(Diagnostics),
    /// It cannot be run here, and why.
    OnlyInGateway(String),
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoResult {
    /// The tool refused it, in these words.
    Refused(String),
    /// It cannot be made here, and why.
    OnlyInGateway(String),
    /// There is no such tool, or its arguments do not fit it.
    Wrong(String),
}

impl From<Stop> for NoResult {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(text) => Self::Refused(text),
            Stop::OnlyInGateway(why) => Self::OnlyInGateway(why),
        }
    }
}
