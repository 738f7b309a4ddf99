//! The code that the compiler emits, laid out.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::progress::Progress;

/// The folder of the generated code of the shipped catalog.
pub(crate) const CODE: &str = "gateway/crates/catalog/src/generated";

/// The code of a catalog, laid out, by path from the root.
pub(crate) fn code(
    root: &Path,
    folder: &str,
    code: BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    format_rust(root, code.into_iter().map(|(path, text)| (format!("{folder}/{path}"), text)).collect())
}

/// Lays out Rust as the repository's `rustfmt.toml` says, with the pinned `rustfmt`.
fn format_rust(root: &Path, files: BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, String>> {
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
