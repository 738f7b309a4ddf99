//! `cargo xtask compat`: whether the catalog breaks clients of what is published.

use std::fs;
use std::io::{Write as _, stderr, stdout};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use mana_mcp_codegen::compat::{Change, LOCK, Lock, Verdict, compare};
use serde_json::json;

use crate::report;
use crate::workspace;

/// The exit code where nothing could be compared.
const CANNOT_COMPARE: u8 = 2;

/// Tell changes that break clients from those that do not, tool by tool
///
/// Compares the catalog with the published interface, catalog/catalog.lock.json, or with that file as it was in another
/// revision. A breaking change that was accepted since that revision (`gen --accept-breaking`) is shown with its reason
/// and is no failure.
///
/// Exit codes: 0 nothing breaks clients, 1 something does, 2 nothing could be compared.
///
/// Examples:
///   cargo xtask compat
///   cargo xtask compat --base origin/main --format json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Compare with the lock of this git revision
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
    match judge(&args) {
        Ok(code) => Ok(code),
        Err(error) if error.is::<std::io::Error>() => Err(error),
        Err(error) => {
            writeln!(stderr(), "nothing was compared: {error:#}")?;
            Ok(ExitCode::from(CANNOT_COMPARE))
        }
    }
}

fn judge(args: &Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let sources = workspace::sources(&root)?;
    let output = match mana_mcp_codegen::compile(&sources) {
        Ok(output) => output,
        Err(diagnostics) => {
            report::show(&diagnostics, &sources, report::Format::Full)?;
            bail!("the catalog has errors");
        }
    };
    let here = lock(&root)?;
    let base = match (&args.base, &here) {
        (Some(revision), _) => lock_of(&root, revision)?,
        (None, Some(lock)) => lock.clone(),
        (None, None) => bail!("there is no {LOCK}; `cargo xtask gen` writes it"),
    };
    let changes = compare(base.interface(), &output.interface);
    let judged: Vec<(Change, Option<String>)> = changes
        .into_iter()
        .map(|change| {
            let reason = here.as_ref().and_then(|lock| lock.accepted_since(&base, &change)).map(str::to_owned);
            (change, reason)
        })
        .collect();
    let against = args.base.as_deref().unwrap_or(LOCK);
    match args.format {
        Format::Full => full(&judged, against)?,
        Format::Json => writeln!(stdout(), "{:#}", as_json(&judged, against))?,
    }
    let breaks = judged.iter().any(|(change, accepted)| change.verdict == Verdict::Breaking && accepted.is_none());
    Ok(if breaks { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn full(judged: &[(Change, Option<String>)], against: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    let mut tool = "";
    for (change, accepted) in judged {
        if change.tool != tool {
            tool = &change.tool;
            writeln!(out, "{tool}")?;
        }
        writeln!(out, "  {:<10}{change}", change.verdict.name())?;
        if let (Verdict::Breaking, Some(reason)) = (change.verdict, accepted) {
            writeln!(out, "            accepted: {reason}")?;
        }
    }
    let breaking = judged.iter().filter(|(change, _)| change.verdict == Verdict::Breaking);
    let accepted = breaking.clone().filter(|(_, reason)| reason.is_some()).count();
    let breaking = breaking.count();
    let additive = judged.len() - breaking;
    writeln!(out, "against {against}: {breaking} breaking ({accepted} accepted), {additive} additive")
}

fn as_json(judged: &[(Change, Option<String>)], against: &str) -> serde_json::Value {
    let changes = judged.iter().map(|(change, accepted)| {
        let Change { tool, at, rule, verdict, what } = change;
        json!({
            "tool": tool, "at": at, "rule": rule.slug(), "verdict": verdict.name(), "what": what, "accepted": accepted,
        })
    });
    json!({ "against": against, "changes": changes.collect::<Vec<_>>() })
}

/// The lock of the working tree; `None` where nothing was published yet.
pub(crate) fn lock(root: &Path) -> anyhow::Result<Option<Lock>> {
    match fs::read_to_string(root.join(LOCK)) {
        Ok(text) => Lock::parse(&text).with_context(|| format!("{LOCK} is not usable")).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {LOCK}")),
    }
}

/// The last commit of the history that has the lock; `None` where it was never published, or there is no history.
pub(crate) fn published(root: &Path) -> anyhow::Result<Option<String>> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root).output().context("cannot run git")?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        anyhow::Ok(output.status.success().then_some(said))
    };
    if git(&["rev-parse", "--verify", "--quiet", "HEAD"])?.is_none() {
        return Ok(None);
    }
    let wrote = ["log", "--max-count=1", "--diff-filter=AM", "--format=%h", "HEAD", "--", LOCK];
    let commit = git(&wrote)?.with_context(|| format!("git does not tell whether {LOCK} was published"))?;
    Ok((!commit.is_empty()).then_some(commit))
}

/// The lock as it was in a revision.
fn lock_of(root: &Path, revision: &str) -> anyhow::Result<Lock> {
    if revision.starts_with('-') {
        bail!("`{revision}` is no revision");
    }
    let mut git = Command::new("git");
    git.arg("show").arg(format!("{revision}:{LOCK}")).current_dir(root);
    let output = git.output().context("cannot run git")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{revision} has no {LOCK}: {}", said.trim());
    }
    let text = String::from_utf8(output.stdout).with_context(|| format!("{LOCK} of {revision} is no text"))?;
    Lock::parse(&text).with_context(|| format!("{LOCK} of {revision} is not usable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(root: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        assert!(git.args(identity).args(arguments).current_dir(root).status().unwrap().success());
    }

    #[test]
    fn the_lock_of_a_revision_is_read_and_what_is_none_is_told() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(lock(root).unwrap(), None);
        git(root, &["init", "--quiet"]);
        git(root, &["commit", "--quiet", "--allow-empty", "--message", "empty"]);
        fs::create_dir(root.join("catalog")).unwrap();
        fs::write(root.join(LOCK), Lock::default().to_text()).unwrap();
        git(root, &["add", LOCK]);
        git(root, &["commit", "--quiet", "--message", "lock"]);
        fs::write(root.join(LOCK), "broken").unwrap();

        assert_eq!(lock_of(root, "HEAD").unwrap(), Lock::default());
        assert!(lock_of(root, "HEAD~1").unwrap_err().to_string().contains("has no"));
        assert!(lock_of(root, "--output=x").unwrap_err().to_string().contains("no revision"));
        assert!(format!("{:#}", lock(root).unwrap_err()).contains("not JSON"));
    }

    #[test]
    fn changes_are_given_as_json() {
        let (old, new) = (Lock::default(), workspace::root().unwrap());
        let here = lock(&new).unwrap().unwrap();
        let judged: Vec<_> =
            compare(old.interface(), here.interface()).into_iter().map(|change| (change, None)).collect();
        let json = as_json(&judged, "HEAD");
        assert_eq!(json["changes"].as_array().unwrap().len(), here.interface().len());
        let first = json!({
            "tool": "habits.archive", "at": "", "rule": "tool-added", "verdict": "additive", "what": "is new",
            "accepted": null,
        });
        assert_eq!(json["changes"][0], first);
    }
}
