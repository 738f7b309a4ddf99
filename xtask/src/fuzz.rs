//! `cargo xtask fuzz`: runs the fuzz targets of the gateway on the compiler that is there (`tests/src/bin/fuzz`). With a
//! nightly compiler, `cargo +nightly fuzz run <target>` in `fuzz/` runs the same targets guided by coverage.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::{
    programs::{cargo, succeed},
    workspace,
};

/// Gives damaged messages, pages, encrypted fields, session ids, tokens and whole HTTP exchanges to their readers. What makes
/// one panic or takes too long is written to fuzz/artifacts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these: message, page, enc1, session, token, http
    targets: Vec<String>,
    /// Time for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Begins the damage; the same one gives the same texts [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
}

impl Args {
    /// All targets for a few seconds, the same in every run.
    pub(crate) fn bounded() -> Self {
        Self { targets: Vec::new(), seconds: 5, seed: Some(1) }
    }
}

/// Builds and runs the targets.
///
/// # Errors
/// Something does not build, or a target fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut fuzz = cargo();
    fuzz.args(["run", "--quiet", "--package", "mana-mcp-tests", "--bin", "fuzz", "--"]);
    run_with(fuzz, args)
}

/// Runs the targets with the program that is built already, or with what builds it.
///
/// # Errors
/// A target fails.
pub(crate) fn run_with(mut fuzz: Command, args: &Args) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    fuzz.arg(args.seconds.to_string()).arg(args.seed.unwrap_or(now).to_string()).args(&args.targets);
    succeed(fuzz.current_dir(workspace::root()?))
}
