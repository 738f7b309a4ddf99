//! The gate: gathers what the rules need, evaluates, counts, and stops the call if the mode says so.

use std::{
    fmt,
    num::NonZeroU32,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    opt_ins::OptIns,
    rules::{self, Decision, Rate, Reason},
    windows::RateWindows,
};
use crate::{
    auth::SpaceAccess,
    telemetry::{Metrics, audit},
    tools::ToolSpec,
};

/// What happens with a denial (`POLICY_MODE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Nothing is evaluated.
    Off,
    /// Everything is evaluated and counted, nothing is blocked: for a soak before [`Mode::Enforce`].
    #[default]
    LogOnly,
    /// A denial stops the call.
    Enforce,
}

impl Mode {
    /// The modes that evaluate, for metrics that exist from zero.
    pub const EVALUATING: [Mode; 2] = [Mode::LogOnly, Mode::Enforce];

    /// The name, as in the configuration and in labels.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::LogOnly => "log-only",
            Mode::Enforce => "enforce",
        }
    }
}

/// A `POLICY_MODE` that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `off`, `log-only` or `enforce`")]
pub struct UnknownMode;

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        [Mode::Off, Mode::LogOnly, Mode::Enforce].into_iter().find(|mode| mode.label() == text).ok_or(UnknownMode)
    }
}

/// The configuration of the gate.
#[derive(Debug, Clone)]
pub struct PolicySettings {
    /// What happens with a denial.
    pub mode: Mode,
    /// Calls of one tool by one user within a minute.
    pub rate_limit_per_minute: NonZeroU32,
    /// Destructive tools that spaces allow.
    pub opt_ins: OptIns,
}

/// Proof that the gate has let a call pass; only [`Gate::admit`] makes one, and no handler runs without it.
#[derive(Debug)]
pub struct Permit(());

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

/// The policy gate of one gateway.
#[derive(Debug)]
pub struct Gate {
    mode: Mode,
    opt_ins: OptIns,
    windows: RateWindows,
    metrics: Arc<Metrics>,
}

impl Gate {
    /// A gate with empty windows.
    #[must_use]
    pub fn new(settings: PolicySettings, metrics: Arc<Metrics>) -> Self {
        let PolicySettings { mode, rate_limit_per_minute, opt_ins } = settings;
        Self { mode, opt_ins, windows: RateWindows::new(rate_limit_per_minute), metrics }
    }

    /// Evaluates a call whose arguments have been validated, counts the decision and notes the invocation.
    ///
    /// # Errors
    /// A [`Denial`] in [`Mode::Enforce`]; in [`Mode::LogOnly`] the same denial is only counted, and noted in the audit log.
    pub fn admit(
        &self,
        tool: &ToolSpec,
        access: &SpaceAccess,
        arguments: &Value,
        now: Instant,
        audit: &audit::Entry,
    ) -> Result<Permit, Denial> {
        if self.mode == Mode::Off {
            return Ok(Permit(()));
        }
        let space = self.opt_ins.of(&access.space().id);
        let rate = match rules::standing_denial(tool, &space) {
            Some(_) => Rate::Admitted,
            None => self.windows.admit(access.principal().user().as_str(), tool.id, now),
        };
        let reason = rules::evaluate(tool, &space, rate, arguments);
        self.metrics.policy_decision(reason, self.mode);
        audit.decided(reason, self.mode);
        if reason.decision() == Decision::Deny && self.mode == Mode::Enforce {
            let retry_after = match rate {
                Rate::Exceeded { retry_after } => Some(retry_after),
                Rate::Admitted => None,
            };
            return Err(Denial { reason, tool: tool.name, retry_after });
        }
        Ok(Permit(()))
    }
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
                write!(f, "`{tool}` was called too often. Wait {seconds} s before you call it again.")
            }
            Reason::InjectionMarker | Reason::Clean | Reason::Unknown => {
                write!(f, "`{tool}` could not be checked against the policy, so it did not run. Try again later.")
            }
        }
    }
}
