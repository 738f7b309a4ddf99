//! What can come of a request to another service. No text of that service is in it.

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkFailure {
    /// No connection could be made.
    Unreachable,
    /// The connection ended before the answer did.
    Closed,
    /// No answer in time.
    TimedOut,
    /// The service has not been answering, and is left alone for a moment.
    Suspended,
    /// Too many requests are waiting for the service already.
    Busy,
    /// The answer was longer than it may be.
    AnswerTooLarge,
}

impl LinkFailure {
    /// The name in labels and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Closed => "closed",
            Self::TimedOut => "timed_out",
            Self::Suspended => "suspended",
            Self::Busy => "busy",
            Self::AnswerTooLarge => "answer_too_large",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with that status.
    Answered(u16),
    /// None.
    Failed(LinkFailure),
}

impl Outcome {
    /// Whether it is an answer with a status of success.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}
