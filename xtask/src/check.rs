//! `cargo xtask check`: what is wrong with the catalog, and nothing else.

use std::io::{Write as _, stdout};
use std::path::Path;
use std::process::ExitCode;

use mana_mcp_codegen::compat::Interface;

use crate::progress::{Progress, summary};
use crate::report::{self, Format};
use crate::watch::watch;
use crate::workspace;

/// Say everything that is wrong with the catalog; write nothing
///
/// All problems of all files are reported at once, each with its place and what to do about it. The exit code is 1
/// where there is an error.
///
/// Examples:
///   cargo xtask check
///   cargo xtask check --format concise
///   cargo xtask check --format github    in CI
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How problems are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
    /// Check again whenever a source changes
    #[arg(long)]
    watch: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    if args.watch { watch(&root, || check(&root, args.format)) } else { check(&root, args.format) }
}

fn check(root: &Path, format: Format) -> anyhow::Result<ExitCode> {
    let progress = Progress::new();
    let sources = workspace::sources(root)?;
    progress.say(&format!("checking {}", report::count(sources.iter().count(), "source")));
    let checked = mana_mcp_codegen::check(&sources);
    drop(progress);
    match checked {
        Ok((catalog, warnings)) => {
            report::show(&warnings, &sources, format)?;
            if format.is_for_people() {
                write!(stdout(), "{}", summary(&Interface::of(&catalog)))?;
                writeln!(stdout(), "{}: nothing wrong", report::count(sources.iter().count(), "source"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(diagnostics) => {
            report::show(&diagnostics, &sources, format)?;
            Ok(ExitCode::FAILURE)
        }
    }
}
