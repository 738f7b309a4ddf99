//! The code that the compiler emits, laid out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::progress::Progress;

/// The folder of the generated code of the shipped catalog.
pub(crate) const CODE: &str = "gateway/crates/catalog/src/generated";

/// The module that all others of a catalog's code are below.
const ROOT: &str = "mod.rs";

/// The code of a catalog, laid out as the repository's `rustfmt.toml` says, by path from the root.
///
/// One `rustfmt` for all of it, which follows the modules: one for each file takes four times as long.
pub(crate) fn code(
    root: &Path,
    folder: &str,
    code: BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let progress = Progress::new();
    progress.say(&format!("laying out {} files of code", code.len()));
    let laid_out = tempfile::tempdir().context("there is no room for the code")?;
    for (path, text) in &code {
        let file = laid_out.path().join(path);
        file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, text))?;
    }
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--quiet", "--config-path"]).arg(root.join("rustfmt.toml"));
    let output = rustfmt.arg(laid_out.path().join(ROOT)).current_dir(root).output();
    let output = output.context("cannot run rustfmt; `rustup component add rustfmt` installs it")?;
    if !output.status.success() {
        bail!("rustfmt refuses the code: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let read = |path: String| {
        let text = fs::read_to_string(laid_out.path().join(&path)).with_context(|| format!("cannot read {path}"))?;
        Ok((format!("{folder}/{path}"), text))
    };
    code.into_keys().map(read).collect()
}
