//! What can go wrong between the gateway and a service, by kind. No text of a service is in it.

use std::fmt;

/// A service behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// One that the gateway itself knows, by its name: the gateway has a table of them.
    Platform(&'static str),
    /// One of the catalog, by its name.
    Catalog(&'static str),
}

impl Service {
    /// The one that has rows.
    pub const SYNC: Self = Self::Platform("sync");

    /// The name in labels and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let (Self::Platform(name) | Self::Catalog(name)) = self;
        name
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} service", self.name())
    }
}

/// A call that a service did not answer as it should. Its text is for the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Text(*.service, *.kind))]
pub struct BackendError {
    /// The service that was asked.
    pub service: Service,
    /// What came instead of an answer.
    pub kind: FailureKind,
}

/// A service that kept a call from its work, as logs name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedService {
    /// The service's name.
    pub service: &'static str,
    /// The name of what came instead of an answer.
    pub failure: &'static str,
}

impl From<BackendError> for FailedService {
    fn from(BackendError { service, kind }: BackendError) -> Self {
        Self { service: service.name(), failure: kind.name() }
    }
}

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// 401: the token is missing, bad or expired.
    Unauthorized,
    /// 402: the user's subscription to sync is off.
    SubscriptionInactive,
    /// Another 4xx: the request was understood and refused.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// 413: the request was larger than the service takes.
    TooLarge,
    /// 429: too many requests.
    Overloaded,
    /// 507: there is no room, and nothing was stored.
    NoRoom,
    /// 5xx or a status that has no place here.
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// No connection could be made.
    Unreachable,
    /// The connection ended before the answer did.
    Closed,
    /// No answer in time.
    TimedOut,
    /// The service has not been answering, and is left alone for a moment.
    Suspended,
    /// Too many calls are waiting for the service already.
    Busy,
    /// The answer was longer than the gateway reads.
    AnswerTooLarge,
    /// The answer was not the JSON that was expected: cut, or of another shape.
    Malformed,
}

impl FailureKind {
    /// The name in labels and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::SubscriptionInactive => "subscription_inactive",
            Self::Rejected { .. } => "rejected",
            Self::TooLarge => "too_large",
            Self::Overloaded => "overloaded",
            Self::NoRoom => "no_room",
            Self::Failed { .. } => "failed",
            Self::Unreachable => "unreachable",
            Self::Closed => "closed",
            Self::TimedOut => "timed_out",
            Self::Suspended => "suspended",
            Self::Busy => "busy",
            Self::AnswerTooLarge => "answer_too_large",
            Self::Malformed => "malformed",
        }
    }

    /// What an HTTP status says by itself; `None` for success.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            401 => Some(Self::Unauthorized),
            402 => Some(Self::SubscriptionInactive),
            413 => Some(Self::TooLarge),
            429 => Some(Self::Overloaded),
            507 => Some(Self::NoRoom),
            status @ 400..=499 => Some(Self::Rejected { status }),
            status => Some(Self::Failed { status }),
        }
    }

    /// Whether the service may or may not have done what was asked: it gave no verdict.
    #[must_use]
    pub fn is_unanswered(self) -> bool {
        match self {
            Self::Failed { .. }
            | Self::Unreachable
            | Self::Closed
            | Self::TimedOut
            | Self::AnswerTooLarge
            | Self::Malformed => true,
            Self::Unauthorized
            | Self::SubscriptionInactive
            | Self::Rejected { .. }
            | Self::TooLarge
            | Self::Overloaded
            | Self::NoRoom
            | Self::Suspended
            | Self::Busy => false,
        }
    }
}

/// Why the vault gave no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The service cannot open this vault; nobody but the user's own devices can.
    #[error(
        "This account is in zero-knowledge mode: only the user's own devices can open encrypted data, so this tool cannot work for it."
    )]
    ZeroKnowledgeUser,
    /// The service did not answer as it should.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

struct Text(Service, FailureKind);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(service, kind) = self;
        match kind {
            FailureKind::Unauthorized => {
                write!(f, "The {service} did not accept the access token. Get a new token and call again.")
            }
            FailureKind::SubscriptionInactive => f.write_str(
                "Sync is not active for this account: its subscription is off. The user can switch it on in the settings.",
            ),
            FailureKind::Rejected { status } => {
                write!(f, "The {service} refused the request (status {status}). Calling again will not help.")
            }
            FailureKind::TooLarge => write!(f, "The request is larger than the {service} takes. Send less at once."),
            FailureKind::Overloaded => write!(f, "The {service} takes no more requests just now. Call again later."),
            FailureKind::NoRoom => write!(
                f,
                "The {service} has no room left, so nothing was stored. Tell the user; calling again will not help before there is room."
            ),
            FailureKind::Failed { .. } => write!(f, "The {service} failed. Call again in a moment."),
            FailureKind::Unreachable => write!(f, "The {service} cannot be reached. Call again in a moment."),
            FailureKind::Closed => write!(f, "The {service} ended the connection without an answer. Call again."),
            FailureKind::TimedOut => write!(f, "The {service} did not answer in time. Call again in a moment."),
            FailureKind::Suspended => write!(
                f,
                "The {service} has not been answering, so the gateway leaves it alone for a moment. Call again in a few seconds."
            ),
            FailureKind::Busy => {
                write!(f, "Too many calls are waiting for the {service} just now. Call again in a moment.")
            }
            FailureKind::AnswerTooLarge => write!(f, "The {service} answered with more than the gateway reads."),
            FailureKind::Malformed => write!(f, "The {service} gave an answer that the gateway does not understand."),
        }
    }
}
