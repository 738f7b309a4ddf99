//! The configuration of the gate.

use std::{num::NonZeroU32, str::FromStr};

use super::opt_ins::ConfiguredOptIns;

/// What happens with a denial (`POLICY_MODE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Nothing is evaluated.
    Off,
    /// Everything is evaluated and counted, and nothing is blocked but destructive calls that neither the space nor the
    /// person has allowed: for a soak before [`Mode::Enforce`].
    #[default]
    LogOnly,
    /// A denial stops the call.
    Enforce,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Off, Mode::LogOnly, Mode::Enforce];
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

/// An unknown `POLICY_MODE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `off`, `log-only` or `enforce`")]
pub struct UnknownMode;

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Mode::ALL.into_iter().find(|mode| mode.label() == text).ok_or(UnknownMode)
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
    pub opt_ins: ConfiguredOptIns,
}
