//! The errors of a service, as an agent sees them. No text of a service is in it.

use std::{borrow::Cow, fmt, time::Duration};

use super::{Operation, Service, ServiceAnswer};
use crate::failure::{FailedService, FailureKind};

/// An operation that did not do as asked. Its text is for the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Text(*self))]
pub struct ServiceError {
    /// What was asked for.
    pub operation: &'static Operation,
    /// What came instead.
    pub failure: ServiceFailure,
}

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceFailure {
    /// The gateway knows no address of the service.
    NotConfigured,
    /// A status for which the operation declares a message.
    Declared(&'static str),
    /// 402: the user has too few credits.
    Credits,
    /// 403: the user may not do this.
    Forbidden,
    /// 429, with the time to wait where the service has named one.
    Overloaded(Option<Duration>),
    /// Anything else.
    Other(FailureKind),
}

impl ServiceFailure {
    /// The name in logs.
    fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Declared(_) => "declared",
            Self::Credits => FailureKind::SubscriptionInactive.name(),
            Self::Forbidden => FailureKind::Rejected { status: 403 }.name(),
            Self::Overloaded(_) => FailureKind::Overloaded.name(),
            Self::Other(kind) => kind.name(),
        }
    }
}

impl From<ServiceError> for FailedService {
    fn from(ServiceError { operation, failure }: ServiceError) -> Self {
        Self { service: operation.service.name, failure: failure.name() }
    }
}

/// A request that asks for more patience than this is as good as refused.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl ServiceError {
    /// What a status says that is no success.
    pub(crate) fn of_status(operation: &'static Operation, answer: &ServiceAnswer) -> Option<Self> {
        let words = operation.errors.iter().find(|(status, _)| *status == answer.status);
        let failure = match (FailureKind::of_status(answer.status)?, words) {
            // The client gets a new token; the words would go to the model.
            (kind @ FailureKind::Unauthorized, _) => ServiceFailure::Other(kind),
            (_, Some((_, words))) => ServiceFailure::Declared(words),
            (FailureKind::SubscriptionInactive, None) => ServiceFailure::Credits,
            (FailureKind::Rejected { status: 403 }, None) => ServiceFailure::Forbidden,
            (FailureKind::Overloaded, None) => {
                ServiceFailure::Overloaded(answer.retry_after.map(|wait| wait.min(LONGEST_WAIT)))
            }
            (kind, None) => ServiceFailure::Other(kind),
        };
        Some(Self { operation, failure })
    }

    /// Whether the service did not accept the caller's token.
    #[must_use]
    pub fn is_of_the_token(self) -> bool {
        self.failure == ServiceFailure::Other(FailureKind::Unauthorized)
    }

    /// What has happened, without what to do about it.
    #[must_use]
    pub fn cause(self) -> String {
        Cause(self).to_string()
    }

    /// Whether it is not known what the service has done.
    fn is_open(self) -> bool {
        match self.failure {
            ServiceFailure::Other(kind) => {
                !self.operation.is_safe && kind.is_unanswered() && kind != FailureKind::Unreachable
            }
            ServiceFailure::NotConfigured
            | ServiceFailure::Declared(_)
            | ServiceFailure::Credits
            | ServiceFailure::Forbidden
            | ServiceFailure::Overloaded(_) => false,
        }
    }
}

struct Cause(ServiceError);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Service { name, setting, .. } = self.0.operation.service;
        let kind = match self.0.failure {
            ServiceFailure::Declared(words) => return f.write_str(words),
            ServiceFailure::NotConfigured => {
                return write!(f, "This gateway has no address of the service `{name}` ({setting} is not set).");
            }
            ServiceFailure::Credits => return f.write_str("The user has too few credits for this."),
            ServiceFailure::Forbidden => {
                return write!(f, "The service `{name}` does not let this user do that: it may need another plan.");
            }
            ServiceFailure::Overloaded(_) => FailureKind::Overloaded,
            ServiceFailure::Other(kind) => kind,
        };
        match kind {
            FailureKind::Unauthorized => write!(f, "The service `{name}` did not accept the access token."),
            FailureKind::SubscriptionInactive => f.write_str("The user has too few credits for this."),
            FailureKind::Rejected { status } => {
                write!(f, "The service `{name}` refused the request (status {status}).")
            }
            FailureKind::TooLarge => write!(f, "The request is larger than the service `{name}` takes."),
            FailureKind::Overloaded => write!(f, "The service `{name}` takes no more requests just now."),
            FailureKind::NoRoom => write!(f, "The service `{name}` has no room left."),
            FailureKind::Failed { .. } => write!(f, "The service `{name}` failed."),
            FailureKind::Unreachable => write!(f, "The service `{name}` cannot be reached."),
            FailureKind::Closed => write!(f, "The service `{name}` ended the connection without an answer."),
            FailureKind::TimedOut => write!(f, "The service `{name}` did not answer in time."),
            FailureKind::Suspended => {
                write!(f, "The service `{name}` has not been answering, so it is left alone for a moment.")
            }
            FailureKind::Busy => write!(f, "Too many calls are waiting for the service `{name}` just now."),
            FailureKind::AnswerTooLarge => {
                write!(f, "The service `{name}` answered with more than the gateway reads.")
            }
            FailureKind::Malformed => {
                write!(f, "The service `{name}` gave an answer that the gateway does not understand.")
            }
        }
    }
}

/// What to do about it. Words that are the operation's own say it themselves.
fn advice(error: ServiceError) -> Cow<'static, str> {
    const HOPELESS: &str = "Tell the user; calling again will not help.";
    if error.is_open() {
        return "It may have been done nevertheless: look before you call again.".into();
    }
    let kind = match error.failure {
        ServiceFailure::Declared(_) => return "".into(),
        ServiceFailure::Credits => return "Tell the user; calling again will not help before they have more.".into(),
        ServiceFailure::NotConfigured | ServiceFailure::Forbidden => return HOPELESS.into(),
        ServiceFailure::Overloaded(Some(wait)) => {
            return format!("Wait {} s before you call again.", wait.as_millis().div_ceil(1000).max(1)).into();
        }
        ServiceFailure::Overloaded(None) => FailureKind::Overloaded,
        ServiceFailure::Other(kind) => kind,
    };
    let text = match kind {
        FailureKind::Unauthorized => "Get a new token and call again.",
        FailureKind::SubscriptionInactive
        | FailureKind::NoRoom
        | FailureKind::Rejected { .. }
        | FailureKind::Malformed => HOPELESS,
        FailureKind::TooLarge => "Send less at once.",
        FailureKind::AnswerTooLarge => "Ask for less.",
        FailureKind::Overloaded => "Call again in a minute.",
        FailureKind::Failed { .. }
        | FailureKind::Unreachable
        | FailureKind::Closed
        | FailureKind::TimedOut
        | FailureKind::Suspended
        | FailureKind::Busy => "Call again in a moment.",
    };
    text.into()
}

struct Text(ServiceError);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = advice(self.0);
        let between = if advice.is_empty() { "" } else { " " };
        write!(f, "{}{between}{advice}", Cause(self.0))
    }
}
