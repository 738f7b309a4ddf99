//! The decision itself: a pure function of the tool, its arguments' signal, the space's opt-ins and the rate window's answer.
//! The rules are tried in the order of [`evaluate`]; the first that applies decides.

use std::time::Duration;

use super::opt_ins::SpaceOptIns;
use mana_mcp_runtime::tool::{Scope, ToolId};

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

/// Whether a free-text argument carries a prompt-injection marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// None does.
    Quiet,
    /// One does.
    Marked,
}

/// The rules that need no look at recent calls. A call that they deny must not take a place in the rate window.
#[must_use]
pub fn standing_denial(tool: ToolId, space: &SpaceOptIns) -> Option<Reason> {
    if tool.spec().scope == Scope::Admin {
        return Some(Reason::AdminScopeNotInvokable);
    }
    if tool.is_destructive() && !space.allows(tool) {
        return Some(Reason::DestructiveNotAllowed);
    }
    None
}

/// Tries the rules in order; the first that applies is the answer.
#[must_use]
pub fn evaluate(tool: ToolId, space: &SpaceOptIns, rate: Rate, signal: Signal) -> Reason {
    if let Some(reason) = standing_denial(tool, space) {
        return reason;
    }
    match (rate, signal) {
        (Rate::Exceeded { .. }, _) => Reason::RateLimitExceeded,
        (Rate::Admitted, Signal::Marked) => Reason::InjectionMarker,
        (Rate::Admitted, Signal::Quiet) => Reason::Clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::tool;
    use mana_mcp_runtime::tool::PolicyHint;

    const EXCEEDED: Rate = Rate::Exceeded { retry_after: Duration::from_secs(1) };

    /// The reference's table, in its own words: the first row that applies.
    fn expected(scope: Scope, hint: PolicyHint, opted_in: bool, rate: Rate, signal: Signal) -> (Decision, Reason) {
        let rows = [
            (scope == Scope::Admin, Decision::Deny, Reason::AdminScopeNotInvokable),
            (hint == PolicyHint::Destructive && !opted_in, Decision::Deny, Reason::DestructiveNotAllowed),
            (rate == EXCEEDED, Decision::Deny, Reason::RateLimitExceeded),
            (signal == Signal::Marked, Decision::Flagged, Reason::InjectionMarker),
            (true, Decision::Allow, Reason::Clean),
        ];
        let (_, decision, reason) = rows.into_iter().find(|(applies, ..)| *applies).unwrap();
        (decision, reason)
    }

    #[test]
    fn every_cell_has_the_first_rule_that_applies() {
        let mut seen = Vec::new();
        for scope in [Scope::UserSpace, Scope::Admin] {
            for hint in [PolicyHint::Read, PolicyHint::Write, PolicyHint::Destructive] {
                for opted_in in [false, true] {
                    for rate in [Rate::Admitted, EXCEEDED] {
                        for signal in [Signal::Quiet, Signal::Marked] {
                            let tool = tool(scope, hint);
                            let opt_ins: &[ToolId] = if opted_in { &[tool] } else { &[] };
                            let reason = evaluate(tool, &SpaceOptIns::for_tests(opt_ins), rate, signal);
                            let expected = expected(scope, hint, opted_in, rate, signal);
                            assert_eq!((reason.decision(), reason), expected, "{scope:?} {hint:?} {opted_in}");
                            seen.push(reason);
                        }
                    }
                }
            }
        }
        // Every reason but that of a failed evaluation is some cell's.
        let missing: Vec<_> = Reason::ALL.into_iter().filter(|reason| !seen.contains(reason)).collect();
        assert_eq!(missing, [Reason::Unknown]);
        assert_eq!(Reason::Unknown.decision(), Decision::Deny);
    }

    #[test]
    fn another_tools_opt_in_allows_nothing() {
        let [tool, other] = [PolicyHint::Destructive, PolicyHint::Read].map(|hint| tool(Scope::UserSpace, hint));
        let reason = evaluate(tool, &SpaceOptIns::for_tests(&[other]), Rate::Admitted, Signal::Quiet);
        assert_eq!(reason, Reason::DestructiveNotAllowed);
    }
}
