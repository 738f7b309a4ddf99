//! `cargo xtask crypto`: the catalog beside the web application's own lists of encrypted tables.

use std::io::{Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use mana_mcp_codegen::web_registry;

use crate::problems::{self, Format};
use crate::workspace;

/// Hold the catalog against the web application's registry of encrypted fields
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say where catalog/*.yaml and the web's lists differ; the exit code is 1 where there is drift
    ///
    /// The two TypeScript files are read, not run: what is not literal in them cannot be judged, and is an error.
    ///
    /// Example:
    ///   cargo xtask crypto diff --registry ../web/crypto/registry.ts --allowlist ../web/crypto/plaintext-allowlist.ts
    #[command(verbatim_doc_comment)]
    Diff(Web),
    /// Write catalog/crypto.yaml anew from the web's lists
    ///
    /// The comment at its head and the order of its tables are kept; new tables come last.
    Pull(Web),
}

#[derive(Debug, clap::Args)]
struct Web {
    /// The file with `export const ENCRYPTION_REGISTRY`
    #[arg(long, value_name = "registry.ts")]
    registry: PathBuf,
    /// The file with `export const PLAINTEXT_ALLOWLIST`
    #[arg(long, value_name = "plaintext-allowlist.ts")]
    allowlist: PathBuf,
    /// How problems are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Diff(web) => diff(&web),
        Command::Pull(web) => pull(&web),
    }
}

fn diff(web: &Web) -> anyhow::Result<ExitCode> {
    let catalog = workspace::sources(&workspace::root()?)?;
    let (sources, problems) =
        web_registry::diff(&catalog, &workspace::web_file(&web.registry)?, &workspace::web_file(&web.allowlist)?);
    problems::show(&problems, &sources, web.format)?;
    if problems.errors() > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if web.format.is_for_people() {
        writeln!(stdout(), "the catalog and the web say the same of every table that tools use")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn pull(web: &Web) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let catalog = workspace::sources(&root)?;
    match web_registry::pull(&catalog, &workspace::web_file(&web.registry)?, &workspace::web_file(&web.allowlist)?) {
        Ok(text) => {
            workspace::write_mirror(&root, "crypto.yaml", &text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err((sources, problems)) => {
            problems::show(&problems, &sources, web.format)?;
            writeln!(stderr(), "nothing was written")?;
            Ok(ExitCode::FAILURE)
        }
    }
}
