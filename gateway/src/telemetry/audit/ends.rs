//! How calls end, as the audit log tells it.

use mana_mcp_runtime::failure::FailedService;

use crate::telemetry::metrics::Outcome;

/// The end of a call whose caller went before, as the log names it.
pub(super) const CANCELLED: &str = "cancelled";

/// How a call ended, as the audit log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the metrics tell it.
    Counted(Outcome),
    /// The person did not grant it to the program.
    NotGranted,
    /// Spaces of that type do not have the tool's module.
    NotInSpace,
    /// A service that the tool calls has no address.
    NotConfigured,
    /// The policy stopped it.
    Denied,
    /// The person was asked for consent; the answer comes with another call.
    Asked,
    /// The person does not consent.
    Refused,
    /// The person must consent, and could not be asked.
    Unasked,
    /// What came back with the call was no answer to a question about it.
    InvalidState,
    /// It was carried out before, with the same idempotency key.
    Replayed,
    /// It was a dry run.
    DryRun,
    /// Its idempotency key belongs to another call.
    KeyReused,
}

/// A call that did not come as far as a tool in a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// There is no such tool, or this endpoint does not serve it.
    UnknownTool,
    /// The caller is no member of the space that they named, or has none.
    NotAMember,
    /// The identity service could not tell, and why.
    IdentityFailed(Option<FailedService>),
    /// What came with the tool's name has not the shape of a call.
    Malformed,
    /// The caller went while their space was looked up.
    Cancelled,
}

impl TurnedAway {
    /// The name in the log, as an outcome.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown-tool",
            Self::NotAMember => "not-a-member",
            Self::IdentityFailed(_) => "identity-failed",
            Self::Malformed => "malformed",
            Self::Cancelled => CANCELLED,
        }
    }

    /// The service that kept the call from going further.
    pub(super) const fn failed_service(self) -> Option<FailedService> {
        match self {
            Self::IdentityFailed(failed) => failed,
            Self::UnknownTool | Self::NotAMember | Self::Malformed | Self::Cancelled => None,
        }
    }
}

impl End {
    /// The name in the log.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Counted(outcome) => outcome.label(),
            Self::NotGranted => "not-granted",
            Self::NotInSpace => "not-in-space",
            Self::Replayed => "replayed",
            Self::DryRun => "dry-run",
            Self::KeyReused => "key-reused",
            Self::NotConfigured => "not-configured",
            Self::Denied => "denied",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Unasked => "unasked",
            Self::InvalidState => "invalid-state",
        }
    }
}
