//! Why a call is stopped, in words for the model.

use std::{fmt, time::Duration};

use super::{
    consent::{ForeignState, Refusal},
    question::Question,
    rules::Reason,
};

/// Why a call does not run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A rule denies it.
    Denied(Denial),
    /// The person must be asked first.
    Ask(Question),
    /// The person was asked and does not consent.
    Refused(Refusal),
    /// The person must consent, and cannot be asked in this way.
    Unasked(Unasked),
    /// What came back from a question was not this call's.
    ForeignState(ForeignState),
}

/// A call that the gate has stopped. Its text is for the model: what it can do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The rule that stopped it.
    pub reason: Reason,
    /// The tool's dotted name.
    pub tool: &'static str,
    /// Time until the same call has a place again; only for [`Reason::RateLimitExceeded`].
    pub retry_after: Option<Duration>,
}

/// A call through `catalog.call` that needs the person's consent, where the client cannot ask for it. Hosts that ask before
/// they call see the listed tool alone, and may have been told to let that one always run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{tool}` needs the person's consent, and the person cannot be asked here. At /mcp/x/{module} it is listed by its own \
     name and can be called directly: ask the person to connect that address."
)]
pub struct Unasked {
    /// The tool's dotted name.
    pub tool: &'static str,
    /// The name of its module.
    pub module: &'static str,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = self.tool;
        match self.reason {
            Reason::AdminScopeNotInvokable => {
                write!(f, "`{tool}` is an administrator's tool and cannot be called over MCP.")
            }
            Reason::DestructiveNotAllowed => write!(
                f,
                "`{tool}` removes data for good, and this space has not allowed it. Archive or complete the item \
                 instead, or ask the person to have the tool allowed for this space."
            ),
            Reason::RateLimitExceeded => {
                let seconds = self.retry_after.map_or(60, |wait| wait.as_millis().div_ceil(1000));
                write!(f, "`{tool}` was called too often, or read too much. Wait {seconds} s before you call it again.")
            }
            Reason::InjectionMarker | Reason::Clean | Reason::Unknown => {
                write!(f, "`{tool}` could not be checked against the policy, so it did not run. Try again later.")
            }
        }
    }
}
