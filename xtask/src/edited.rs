//! `cargo xtask bench try`: how long an author waits after an edit until a tool has been tried.
//!
//! In a copy of the repository, with everything built once, a text of a module is edited and then a tool of it tried: on a
//! gateway, and in memory.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::{scale, workspace};

/// Edits that are tried; the middle one counts.
const EDITS: usize = 5;
/// The module that is edited, and a text of it.
const MODULE: &str = "catalog/todo.yaml";
const TEXT: &str = "All tasks.";
/// A tool of it without required input, and one with examples.
const ON_A_GATEWAY: &[&str] = &["try", "todo.getStats"];
const IN_MEMORY: &[&str] = &["try", "--fast", "todo.getStats"];

/// Measures both, and prints them beside their limits.
///
/// # Errors
/// Something does not build, or a call fails.
pub(crate) fn run(root: &Path) -> Result<()> {
    let folder = workspace::target(root).join("edited");
    let (copy, target) = (folder.join("workspace"), folder.join("target"));
    scale::copied(root, &copy)?;
    let module = copy.join(MODULE);
    let text = fs::read_to_string(&module)?;
    ensure!(text.contains(TEXT), "{MODULE} has no `{TEXT}`");
    // Builds everything that an edit leaves as it is.
    tried(&copy, &target, ON_A_GATEWAY)?;
    for (name, arguments, wanted) in [
        ("an edit, generated, built and tried on a gateway", ON_A_GATEWAY, "< 8 s"),
        ("an edit, tried in memory", IN_MEMORY, "< 1 s"),
    ] {
        let mut times = Vec::new();
        for edit in 0..EDITS {
            fs::write(&module, text.replace(TEXT, &format!("All tasks as of edit {edit}.")))?;
            times.push(tried(&copy, &target, arguments)?);
        }
        times.sort_unstable();
        let took = times.get(EDITS / 2).context("nothing was measured")?;
        crate::programs::say(&format!("{name:<52}{:>14}{wanted:>14}", format!("{took:.1?}")));
    }
    fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))
}

fn tried(copy: &Path, target: &Path, arguments: &[&str]) -> Result<Duration> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments).current_dir(copy).env("CARGO_TARGET_DIR", target);
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().context("cannot run xtask")?;
    let took = began.elapsed();
    ensure!(output.status.success(), "`{}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(took)
}
