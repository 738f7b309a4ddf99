//! `cargo xtask compat`: whether the catalog breaks clients of what is published.

use std::io::{Write as _, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use mana_mcp_codegen::compat::{Change, Judged, LOCKS, Verdict};
use serde_json::json;

use crate::problems;
use crate::programs::is_broken_pipe;
use crate::published::Published;
use crate::workspace;

/// The exit code where nothing could be compared.
const CANNOT_COMPARE: u8 = 2;

/// Tell changes that break clients from those that do not, tool by tool
///
/// Compares the catalog with the published interface: the lock files (catalog/lock) at the newest tag v1.2.3 that HEAD
/// contains; without a release, at HEAD; and without a history, on disk. A breaking change that was accepted since
/// (`gen --accept-breaking`) is shown with its reason and is no failure.
///
/// Exit codes: 0 nothing breaks clients, 1 something does, 2 nothing could be compared.
///
/// Examples:
///   cargo xtask compat
///   cargo xtask compat --base origin/main --format json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The git revision whose lock files are what is published
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// How changes are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

/// How changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, tool by tool
    Full,
    /// One JSON object
    Json,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match judge(&workspace::root()?, &args) {
        Ok(code) => Ok(code),
        Err(error) if is_broken_pipe(&error) => Err(error),
        Err(error) => {
            writeln!(stderr(), "nothing was compared: {error:#}")?;
            Ok(ExitCode::from(CANNOT_COMPARE))
        }
    }
}

fn judge(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let output = match mana_mcp_codegen::compile(&sources) {
        Ok(output) => output,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, problems::Format::Full)?;
            bail!("the catalog has errors");
        }
    };
    let published = Published::read(root, args.base.as_deref())?;
    if published.is_empty() {
        bail!("{} has no {LOCKS}/<module>.json: nothing was published", published.base);
    }
    let judged = published.judge(&output.interface);
    let against = published.base.to_string();
    match args.format {
        Format::Full => full(&judged, &against)?,
        Format::Json => writeln!(stdout(), "{:#}", as_json(&judged, &against))?,
    }
    Ok(if judged.iter().any(Judged::is_refused) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn full(judged: &[Judged], against: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    let mut tool = "";
    for Judged { change, accepted } in judged {
        if change.tool != tool {
            tool = &change.tool;
            writeln!(out, "{tool}")?;
        }
        writeln!(out, "  {:<10}{change}", change.verdict.name())?;
        if let (Verdict::Breaking, Some(reason)) = (change.verdict, accepted) {
            writeln!(out, "            accepted: {reason}")?;
        }
    }
    let breaking = judged.iter().filter(|one| one.change.verdict == Verdict::Breaking);
    let accepted = breaking.clone().filter(|one| one.accepted.is_some()).count();
    let breaking = breaking.count();
    let additive = judged.len() - breaking;
    writeln!(out, "against {against}: {breaking} breaking ({accepted} accepted), {additive} additive")
}

fn as_json(judged: &[Judged], against: &str) -> serde_json::Value {
    let changes = judged.iter().map(|Judged { change, accepted }| {
        let Change { tool, at, rule, verdict, what } = change;
        json!({
            "tool": tool, "at": at, "rule": rule.slug(), "verdict": verdict.name(), "what": what, "accepted": accepted,
        })
    });
    json!({ "against": against, "changes": changes.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::tests::Repository;

    fn args(base: Option<&str>) -> Args {
        Args { base: base.map(str::to_owned), format: Format::Json }
    }

    #[test]
    fn the_exit_code_says_what_was_found() {
        let repository = Repository::new();
        let root = repository.root();
        let judge = |base| judge(root, &args(base));
        assert!(judge(None).unwrap_err().to_string().contains("nothing was published"));
        repository.git(&["init", "--quiet"]);
        repository.commit();
        assert!(judge(Some("HEAD")).unwrap_err().to_string().contains("HEAD has no catalog/lock"));
        repository.lock();
        repository.commit();
        assert_eq!(judge(None).unwrap(), ExitCode::SUCCESS);
        repository.module("books", "look", 600);
        assert_eq!(judge(None).unwrap(), ExitCode::SUCCESS, "an input that takes more");
        repository.module("books", "look", 100);
        assert_eq!(judge(None).unwrap(), ExitCode::FAILURE);
        assert!(judge(Some("nowhere")).is_err() && judge(Some("HEAD~1")).is_err());
        repository.write("catalog/books.yaml", "module: books\n");
        assert!(judge(None).unwrap_err().to_string().contains("the catalog has errors"));
    }

    #[test]
    fn changes_are_given_as_json() {
        let repository = Repository::new();
        let published = Published::read(repository.root(), None).unwrap();
        let json = as_json(&published.judge(&repository.interface()), "HEAD");
        let first = json!({
            "tool": "books.look", "at": "", "rule": "tool-added", "verdict": "additive", "what": "is new",
            "accepted": null,
        });
        assert_eq!(json, json!({ "against": "HEAD", "changes": [first] }));
    }
}
