//! The other programs: those that commands run, and those that read what commands print.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// git in that folder.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    // Messages are recognized by their words.
    git.args(arguments).current_dir(folder).env("LC_ALL", "C");
    git
}

/// A program without the variable that `cargo xtask` has, and a command that a person types has not: build scripts depend on
/// it, so that everything above `ring` would be built anew after each change between the two.
pub(crate) fn started_by_hand(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// cargo, as a person types it.
pub(crate) fn cargo() -> Command {
    started_by_hand("cargo")
}

/// Runs a program and returns what it prints.
///
/// # Errors
/// It does not start, or it fails: with its own message.
pub(crate) fn printed(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| does_not_start(command))?;
    if !output.status.success() {
        bail!("`{}`: {}: {}", program(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

/// Shows a command, and runs it where the caller sees what it prints.
///
/// # Errors
/// It does not start, or it fails.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    shown(command);
    let status = command.status().with_context(|| does_not_start(command))?;
    if !status.success() {
        bail!("`{}`: {status}", program(command));
    }
    Ok(())
}

/// Shows a command as it would be typed.
pub(crate) fn shown(command: &Command) {
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    say(&format!("$ {} {}", program(command), arguments.join(" ")));
}

/// Prints a line at once, also where nobody reads it any more.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Whether that is because nobody reads what is printed any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn does_not_start(command: &Command) -> String {
    format!("`{}` does not start: is it installed?", program(command))
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
