//! `cargo xtask web`: the catalog beside the web application's tables.

use std::io::{Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use mana_mcp_codegen::web_registry::WebFile;
use mana_mcp_codegen::web_tables;

use crate::problems::{self, Format};
use crate::workspace::{self, CATALOG};

/// Hold the catalog against the web application's tables
///
/// catalog/web/export.mjs reads the TypeScript of a checkout of the web and prints its tables as JSON. It needs node 20 and
/// the npm package `typescript` (version 5 or 6), which it takes from the checkout; the sources are parsed, not run:
///   node catalog/web/export.mjs ../web > export.json
///   cargo xtask web diff --export export.json
///   cargo xtask web pull --export export.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say where catalog/web.yaml and the web differ; the exit code is 1 if a difference breaks the catalog
    ///
    /// Example:
    ///   node catalog/web/export.mjs ../web > export.json
    ///   cargo xtask web diff --export export.json
    #[command(verbatim_doc_comment)]
    Diff {
        #[command(flatten)]
        web: Web,
        /// List the fields that the web has and no record of the catalog names
        #[arg(long)]
        verbose: bool,
    },
    /// Write catalog/web.yaml anew from the web
    ///
    /// The comment at its head is kept. Fields are listed for the tables that the catalog has.
    ///
    /// Example:
    ///   node catalog/web/export.mjs ../web > export.json
    ///   cargo xtask web pull --export export.json
    #[command(verbatim_doc_comment)]
    Pull(Web),
}

#[derive(Debug, clap::Args)]
struct Web {
    /// The JSON that `node catalog/web/export.mjs <checkout of the web>` prints
    #[arg(long, value_name = "export.json")]
    export: PathBuf,
    /// How problems are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Diff { web, verbose } => diff(&web, verbose),
        Command::Pull(web) => pull(&web),
    }
}

fn diff(web: &Web, verbose: bool) -> anyhow::Result<ExitCode> {
    let catalog = workspace::sources(&workspace::root()?)?;
    let export = workspace::web_file(&web.export)?;
    let (sources, problems) = web_tables::diff(&catalog, &export);
    problems::show(&problems, &sources, web.format)?;
    if verbose && web.format.is_for_people() {
        show_unnamed(&web_tables::unnamed(&catalog, &export))?;
    }
    if problems.errors() > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if web.format.is_for_people() && problems.is_empty() {
        writeln!(stdout(), "{CATALOG}/web.yaml says what the web says")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_unnamed(unnamed: &[web_tables::Unnamed]) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "Fields that the web has and no record of the catalog names:")?;
    unnamed.iter().try_for_each(|one| writeln!(out, "  {}: {}", one.table, one.fields.join(", ")))
}

fn pull(web: &Web) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let catalog = workspace::sources(&root)?;
    let export: WebFile = workspace::web_file(&web.export)?;
    match web_tables::pull(&catalog, &export) {
        Ok(text) => {
            workspace::write_mirror(&root, "web.yaml", &text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err((sources, problems)) => {
            problems::show(&problems, &sources, web.format)?;
            writeln!(stderr(), "nothing was written")?;
            Ok(ExitCode::FAILURE)
        }
    }
}
