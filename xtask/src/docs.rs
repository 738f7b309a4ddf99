//! `cargo xtask docs`: the pages that follow from the gateway's own definitions.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::programs::cargo;
use crate::sync::{self, Mode};
use crate::workspace;

/// Write the pages that follow from the gateway's definitions
///
/// Builds the gateway and asks it (gateway/examples/reference.rs): docs/metrics.md is the reference of all metrics, and
/// docs/operations/grafana/dashboard.json a Grafana dashboard of them. The pages of tools and diagnostics follow from the
/// catalog, and `cargo xtask gen` writes them.
///
/// Examples:
///   cargo xtask docs           write
///   cargo xtask docs --check   write nothing; fail where a page differs
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Write nothing; fail with a diff where a page differs or is missing
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let mut build = cargo();
    // Of the whole workspace: with the features of one package its dependencies would be built again.
    build.args(["build", "--quiet", "--workspace", "--example", "reference"]).current_dir(&root);
    ensure!(build.status().context("cargo does not start")?.success(), "the gateway does not build");
    let reference = workspace::target(&root).join("debug/examples/reference");
    let printed = Command::new(reference).output().context("the gateway's reference does not start")?;
    ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let files: BTreeMap<String, String> =
        serde_json::from_slice(&printed.stdout).context("the gateway printed something else than its pages")?;
    let mode = if args.check { Mode::Check } else { Mode::Write };
    let outcome = sync::sync(&root, &[], &files, mode, "cargo xtask docs")?;
    Ok(if outcome.is_in_sync() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
