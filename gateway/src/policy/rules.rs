//! The decision itself: a pure function of the tool, the arguments, the space's opt-ins and the rate window's answer.
//! The rules are tried in the order of [`evaluate`]; the first that applies decides.

use std::time::Duration;

use serde_json::Value;

use super::{markers, opt_ins::SpaceOptIns};
use crate::tools::{PolicyHint, Scope, ToolSpec};

/// What the gate says about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The call may run.
    Allow,
    /// The call must not run (in `log-only` mode: would not have run).
    Deny,
    /// The call may run and is worth a look.
    Flagged,
}

/// Why the gate said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The tool's scope is `admin`; such tools are never served.
    AdminScopeNotInvokable,
    /// A destructive tool that the space has not opted into.
    DestructiveNotAllowed,
    /// The user called this tool too often within the window.
    RateLimitExceeded,
    /// A free-text argument carries a prompt-injection marker.
    InjectionMarker,
    /// Nothing speaks against the call.
    Clean,
    /// The evaluation itself failed.
    Unknown,
}

impl Decision {
    /// Every value, for metrics that exist from zero.
    pub const ALL: [Decision; 3] = [Decision::Allow, Decision::Deny, Decision::Flagged];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Flagged => "flagged",
        }
    }
}

impl Reason {
    /// Every value, for metrics that exist from zero.
    pub const ALL: [Reason; 6] = [
        Reason::AdminScopeNotInvokable,
        Reason::DestructiveNotAllowed,
        Reason::RateLimitExceeded,
        Reason::InjectionMarker,
        Reason::Clean,
        Reason::Unknown,
    ];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Reason::AdminScopeNotInvokable => "admin-scope-not-invokable",
            Reason::DestructiveNotAllowed => "destructive-not-allowed",
            Reason::RateLimitExceeded => "rate-limit-exceeded",
            Reason::InjectionMarker => "injection-marker",
            Reason::Clean => "clean",
            Reason::Unknown => "unknown",
        }
    }

    /// The decision that belongs to this reason; an evaluation that failed is denied (fail closed).
    #[must_use]
    pub const fn decision(self) -> Decision {
        match self {
            Reason::AdminScopeNotInvokable
            | Reason::DestructiveNotAllowed
            | Reason::RateLimitExceeded
            | Reason::Unknown => Decision::Deny,
            Reason::InjectionMarker => Decision::Flagged,
            Reason::Clean => Decision::Allow,
        }
    }
}

/// The rate window's answer to this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// There is room; the call has been noted.
    Admitted,
    /// The limit is reached; nothing was noted.
    Exceeded {
        /// Until the oldest call in the window leaves it.
        retry_after: Duration,
    },
}

/// The rules that need no look at recent calls. A call that they deny must not take a place in the rate window.
#[must_use]
pub fn standing_denial(tool: &ToolSpec, space: &SpaceOptIns) -> Option<Reason> {
    if tool.scope == Scope::Admin {
        return Some(Reason::AdminScopeNotInvokable);
    }
    if tool.policy_hint == PolicyHint::Destructive && !space.allows(tool.name) {
        return Some(Reason::DestructiveNotAllowed);
    }
    None
}

/// Tries the rules in order; the first that applies is the answer.
#[must_use]
pub fn evaluate(tool: &ToolSpec, space: &SpaceOptIns, rate: Rate, arguments: &Value) -> Reason {
    if let Some(reason) = standing_denial(tool, space) {
        return reason;
    }
    if matches!(rate, Rate::Exceeded { .. }) {
        return Reason::RateLimitExceeded;
    }
    if markers::found_in(arguments) {
        return Reason::InjectionMarker;
    }
    Reason::Clean
}
