//! What is said of a command that fails.

/// What this program is, in a line about a fault of it.
pub(super) const NOUN: &str = "gateway";

/// What was given on the command line makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub(super) struct WrongUsage(pub(super) anyhow::Error);
