//! What the commands that run for a while ask of the operating system, with words for where it is refused.

use anyhow::Context;
use mana_mcp_service::process::{self, Signals};
use tokio::runtime::Runtime;

/// A runtime.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    process::runtime().context("the runtime cannot be started")
}

/// The signals that ask for an end.
pub(super) fn signals() -> anyhow::Result<Signals> {
    Signals::install().context("signals cannot be received")
}
