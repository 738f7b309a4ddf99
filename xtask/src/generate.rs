//! `cargo xtask gen`: the files that follow from the catalog.

use std::collections::BTreeMap;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use mana_mcp_codegen::compat::{Judged, LOCKS};
use mana_mcp_codegen::diagnostics::pages;
use mana_mcp_codegen::{FOLDERS, Output};

use crate::emitted::{self, CODE};
use crate::fixture;
use crate::problems::{self, Format};
use crate::published::{Base, Published};
use crate::sync::{self, Mode};
use crate::watch::watch;
use crate::workspace;

/// The page of the functions of expressions.
const FUNCTIONS: &str = "docs/functions.md";

/// The folders that hold generated files alone.
fn folders() -> Vec<&'static str> {
    FOLDERS.iter().copied().chain([CODE, fixture::CODE, pages::FOLDER, LOCKS]).collect()
}

/// Write the files that follow from the catalog
///
/// Reads catalog/*.yaml, and writes typed Rust and JSON Schemas (gateway/crates/catalog), the editor's schemas
/// (catalog/schema), reference pages (docs/tools), the pages of the codes (docs/diagnostics), the page of functions
/// (docs/functions.md) and the lock files (catalog/lock). Files there that nothing makes any more are removed. Nothing is written while there is an error in the
/// catalog, or a change that breaks clients of the published interface and was not accepted.
///
/// Published is what the lock files say at the newest tag v1.2.3 that HEAD contains; without a release, at HEAD; and
/// without a history, on disk. A tool that was generated but never committed may change in any way.
///
/// The catalog that tests serve (tests/fixture/catalog) is generated too: its code alone.
///
/// Examples:
///   cargo xtask gen            write
///   cargo xtask gen --check    write nothing; fail where a file differs or is left over
///   cargo xtask gen --stdout   print every file instead
///   cargo xtask gen --accept-breaking "titles were cut at 200 characters anyway"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Write nothing; fail with a diff where a file differs, is missing or is left over
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the files instead of writing them
    #[arg(long)]
    stdout: bool,
    /// Publish changes that break clients; the reason is kept in the lock
    #[arg(long, value_name = "REASON", value_parser = reason, conflicts_with = "check")]
    accept_breaking: Option<String>,
    /// The git revision whose lock files are what is published
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// How problems of the catalog are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
    /// Write again whenever a source changes
    #[arg(long, conflicts_with_all = ["check", "stdout", "accept_breaking"])]
    watch: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    if args.watch { watch(&root, || generate(&root, &args)) } else { generate(&root, &args) }
}

/// Writes what follows from the catalog, before something else is done with it, and says so where it changed something. False
/// where nothing could be generated; that is said, too.
pub(crate) fn refresh(root: &Path) -> anyhow::Result<bool> {
    let args =
        Args { check: false, stdout: false, accept_breaking: None, base: None, format: Format::Full, watch: false };
    Ok(generate_as(root, &args, Mode::Refresh)? == ExitCode::SUCCESS)
}

fn generate(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let mode = match (args.check, args.stdout) {
        (true, _) => Mode::Check,
        (_, true) => Mode::Stdout,
        _ => Mode::Write,
    };
    generate_as(root, args, mode)
}

fn generate_as(root: &Path, args: &Args, mode: Mode) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let output = match mana_mcp_codegen::compile(&sources) {
        Ok(output) => output,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, args.format)?;
            writeln!(stderr(), "nothing was generated")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    problems::show(&output.warnings, &sources, args.format)?;
    let Some(fixture) = fixture::files(root, args.format)? else {
        writeln!(stderr(), "nothing was generated")?;
        return Ok(ExitCode::FAILURE);
    };
    let published = Published::read(root, args.base.as_deref())?;
    let mut files = match files(root, &published, output, args.accept_breaking.as_deref())? {
        Ok(files) => files,
        Err(breaking) => {
            refuse(&breaking, &published.base)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    files.extend(fixture);
    let outcome = sync::sync(root, &folders(), &files, mode, "cargo xtask gen")?;
    Ok(if outcome.is_in_sync() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every generated file with the locks, or the changes that break clients and were not accepted.
fn files(
    root: &Path,
    published: &Published,
    output: Output,
    reason: Option<&str>,
) -> anyhow::Result<Result<BTreeMap<String, String>, Vec<Judged>>> {
    let mut breaking = published.judge(&output.interface);
    breaking.retain(Judged::is_refused);
    match (breaking.is_empty(), reason) {
        (true, Some(_)) => bail!("nothing breaks clients that was not accepted: leave `--accept-breaking` out"),
        (false, None) => return Ok(Err(breaking)),
        _ => {}
    }
    let locks = published.publish(&output.interface, reason.unwrap_or_default(), &breaking);
    let mut files = emitted::code(root, CODE, output.code)?;
    files.extend(output.files);
    files.extend(pages::files());
    files.insert(FUNCTIONS.to_owned(), mana_mcp_codegen::functions_page());
    files.extend(locks.files());
    Ok(Ok(files))
}

fn refuse(breaking: &[Judged], base: &Base) -> std::io::Result<()> {
    let mut out = stderr().lock();
    let changes = problems::count(breaking.len(), "change");
    writeln!(out, "{changes} would break clients of the published interface ({base}):")?;
    for Judged { change, .. } in breaking {
        writeln!(out, "  {} {change}", change.tool)?;
    }
    writeln!(out, "nothing was generated; add a tool beside the old one, or take the change back, or accept it:")?;
    writeln!(out, "  cargo xtask gen --accept-breaking \"<why clients can bear it>\"")
}

/// A reason says something, in one line.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text {
        "" => Err("say why clients can bear it".to_owned()),
        _ if text.contains(char::is_control) => Err("say it in one line".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests;
