//! `cargo xtask gen`: the files that follow from the catalog.

use std::collections::BTreeMap;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail};
use mana_mcp_codegen::compat::{Accepted, Change, LOCK, Lock, Verdict};
use mana_mcp_codegen::diagnostics::pages;
use mana_mcp_codegen::{FOLDERS, Output};

use crate::compat;
use crate::fixture;
use crate::progress::Progress;
use crate::report::{self, Format};
use crate::sync::{self, Mode};
use crate::watch::watch;
use crate::workspace;

/// The folder of the code that the gateway's catalog is built from.
const CODE: &str = "gateway/crates/catalog/src/generated";

/// The folders that hold generated files alone.
fn folders() -> Vec<&'static str> {
    FOLDERS.iter().copied().chain([CODE, fixture::CODE, pages::FOLDER]).collect()
}

/// Write the files that follow from the catalog
///
/// Reads catalog/*.yaml, and writes typed Rust, JSON Schemas and examples (gateway/crates/catalog), the manifest for other
/// programs (catalog/generated), reference pages (docs/tools) and the pages of the codes (docs/diagnostics). Files there
/// that nothing makes any more are removed. Nothing is written while there is an error in the catalog, or a change that
/// breaks clients of the published interface (catalog/catalog.lock.json) and was not accepted. That file is begun once; where
/// the history has one and the folder has not, nothing is written either. The catalog that tests serve (tests/fixture) is
/// generated too: its code alone.
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

fn generate(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let output = match mana_mcp_codegen::compile(&sources) {
        Ok(output) => output,
        Err(diagnostics) => {
            report::show(&diagnostics, &sources, args.format)?;
            writeln!(stderr(), "nothing was generated")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    report::show(&output.warnings, &sources, args.format)?;
    let Some(fixture) = fixture::files(root, args.format)? else {
        writeln!(stderr(), "nothing was generated")?;
        return Ok(ExitCode::FAILURE);
    };
    let mode = match (args.check, args.stdout) {
        (true, _) => Mode::Check,
        (_, true) => Mode::Stdout,
        _ => Mode::Write,
    };
    let mut files = match files(root, output, args.accept_breaking.clone())? {
        Ok(files) => files,
        Err(breaking) => {
            refuse(&breaking)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    files.extend(fixture);
    let outcome = sync::sync(root, &folders(), &files, mode, "cargo xtask gen")?;
    Ok(if outcome.is_in_sync() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every generated file with the lock, or the changes that break clients and were not accepted.
fn files(
    root: &Path,
    output: Output,
    reason: Option<String>,
) -> anyhow::Result<Result<BTreeMap<String, String>, Vec<Change>>> {
    let lock = match (compat::lock(root)?, reason) {
        (None, _) => {
            // Without it a breaking change would pass for a first publication.
            if let Some(commit) = compat::published(root)? {
                bail!(
                    "{LOCK} is gone, by which a change that breaks clients is told; nothing was generated. Bring it back:\n  \
                     git restore --source={commit} -- {LOCK}"
                );
            }
            // The first publication: nobody relies on anything yet.
            Lock::new(output.interface)
        }
        (Some(lock), reason) => {
            let mut changes = mana_mcp_codegen::compat::compare(lock.interface(), &output.interface);
            changes.retain(|change| change.verdict == Verdict::Breaking);
            match (changes.is_empty(), reason) {
                (true, None) => lock.publish(output.interface, None),
                (true, Some(_)) => bail!("nothing breaks clients: leave `--accept-breaking` out"),
                (false, Some(reason)) => lock.publish(output.interface, Some(Accepted { reason, changes })),
                (false, None) => return Ok(Err(changes)),
            }
        }
    };
    let code = output.code.into_iter().map(|(path, text)| (format!("{CODE}/{path}"), text)).collect();
    let mut files = format_rust(root, code)?;
    files.extend(output.files);
    files.extend(pages::files());
    files.insert(LOCK.to_owned(), lock.to_text());
    Ok(Ok(files))
}

fn refuse(breaking: &[Change]) -> std::io::Result<()> {
    let mut out = stderr().lock();
    writeln!(
        out,
        "{} would break clients of the published interface ({LOCK}):",
        report::count(breaking.len(), "change")
    )?;
    for change in breaking {
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

/// Lays out Rust as the repository's `rustfmt.toml` says, with the pinned `rustfmt`.
pub(crate) fn format_rust(root: &Path, files: BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, String>> {
    let progress = Progress::new();
    let count = files.len();
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "rs");
    files
        .into_iter()
        .enumerate()
        .map(|(index, (path, text))| {
            progress.say(&format!("laying out {path} ({} of {count})", index + 1));
            let text = if is_rust(&path) { rustfmt(root, &path, &text)? } else { text };
            Ok((path, text))
        })
        .collect()
}

fn rustfmt(root: &Path, path: &str, text: &str) -> anyhow::Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--quiet", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt; `rustup component add rustfmt` installs it")?;
    let mut input = child.stdin.take().context("rustfmt has no input")?;
    let text = text.to_owned();
    // A thread of its own: rustfmt may answer before it has read everything.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().context("rustfmt did not end")?;
    if !output.status.success() {
        bail!("rustfmt refuses {path}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    writer.join().ok().context("rustfmt took no input")?.context("rustfmt took no input")?;
    String::from_utf8(output.stdout).with_context(|| format!("rustfmt made no text of {path}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The same as `cargo xtask gen --check`.
    #[test]
    fn the_committed_files_are_those_that_the_catalog_makes() {
        let root = workspace::root().unwrap();
        let output = mana_mcp_codegen::compile(&workspace::sources(&root).unwrap()).unwrap();
        let mut files = files(&root, output, None).unwrap().unwrap();
        files.extend(fixture::files(&root, Format::Full).unwrap().unwrap());
        let outcome = sync::sync(&root, &folders(), &files, Mode::Check, "cargo xtask gen").unwrap();
        assert!(outcome.is_in_sync(), "run `cargo xtask gen`: {outcome:?}");
    }

    #[test]
    fn a_breaking_change_is_published_with_a_reason_only() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("catalog")).unwrap();
        fs::copy(workspace::root().unwrap().join("rustfmt.toml"), root.path().join("rustfmt.toml")).unwrap();
        let sources = workspace::sources(&workspace::root().unwrap()).unwrap();
        let changed: mana_mcp_codegen::Sources = sources
            .iter()
            .map(|(_, source)| {
                (
                    source.path.clone(),
                    source.text.replace("minLength: 1, maxLength: 500", "minLength: 3, maxLength: 500"),
                )
            })
            .collect();
        let compile = |sources| mana_mcp_codegen::compile(sources).unwrap();
        let write = |files: BTreeMap<String, String>| fs::write(root.path().join(LOCK), &files[LOCK]).unwrap();

        write(files(root.path(), compile(&sources), None).unwrap().unwrap());
        assert!(files(root.path(), compile(&sources), Some("no reason".to_owned())).is_err());
        let breaking = files(root.path(), compile(&changed), None).unwrap().unwrap_err();
        assert!(
            breaking.iter().any(|change| change.tool == "todo.create" && change.at == "input/title"),
            "{breaking:?}"
        );

        write(files(root.path(), compile(&changed), Some("short titles say nothing".to_owned())).unwrap().unwrap());
        let lock = compat::lock(root.path()).unwrap().unwrap();
        assert_eq!(lock.accepted().len(), 1);
        assert_eq!(lock.accepted()[0].reason, "short titles say nothing");
        // Once accepted, it is what is published; the reason is kept.
        let files = files(root.path(), compile(&changed), None).unwrap().unwrap();
        assert!(files[LOCK].contains("short titles say nothing"));
    }

    /// A lock that was taken away is asked for back, even after a commit without it; `--check` begins none.
    #[test]
    fn a_lock_that_was_published_is_not_begun_anew() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join("catalog")).unwrap();
        fs::copy(workspace::root().unwrap().join("rustfmt.toml"), root.join("rustfmt.toml")).unwrap();
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
            assert!(Command::new("git").args(identity).args(arguments).current_dir(root).status().unwrap().success());
        };
        let registry = "encrypted: {}\ndisabled: []\nplaintext: []\n";
        let output = || mana_mcp_codegen::compile(&[("catalog/crypto.yaml", registry)].into_iter().collect()).unwrap();
        git(&["init", "--quiet"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "empty"]);

        let begun = files(root, output(), None).unwrap().unwrap();
        let checked = sync::sync(root, &folders(), &begun, Mode::Check, "cargo xtask gen").unwrap();
        assert!(!checked.is_in_sync() && !root.join(LOCK).exists());

        fs::write(root.join(LOCK), &begun[LOCK]).unwrap();
        git(&["add", LOCK]);
        git(&["commit", "--quiet", "--message", "lock"]);
        assert!(files(root, output(), None).is_ok());
        fs::remove_file(root.join(LOCK)).unwrap();
        let refused = |reason: Option<&str>| files(root, output(), reason.map(str::to_owned)).unwrap_err().to_string();
        assert!(refused(None).contains("is gone") && refused(Some("why not")).contains("git restore"));
        git(&["commit", "--quiet", "--all", "--message", "no lock"]);
        let told = refused(None);
        git(told
            .lines()
            .last()
            .unwrap()
            .trim()
            .strip_prefix("git ")
            .unwrap()
            .split(' ')
            .collect::<Vec<_>>()
            .as_slice());
        assert!(files(root, output(), None).is_ok());
    }

    #[test]
    fn a_reason_says_something_in_one_line() {
        assert!(reason("  ").is_err() && reason("two\nlines").is_err());
        assert_eq!(reason(" because ").unwrap(), "because");
    }
}
