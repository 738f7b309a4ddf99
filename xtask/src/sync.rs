//! One function that brings generated files to disk, or says how the disk differs, or prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Write as _, stderr, stdout};
use std::path::Path;

use anyhow::Context as _;
use similar::TextDiff;

use crate::problems::count;
use crate::workspace::shown;

/// What to do with generated files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write what differs, remove what nothing makes any more.
    Write,
    /// The same, said on standard error, and only where something changed: another command goes on with its own output.
    Refresh,
    /// Touch nothing; say what differs.
    Check,
    /// Touch nothing; print every file.
    Stdout,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Files that differ or are missing, after the call.
    pub(crate) stale: Vec<String>,
    /// Files that nothing makes, after the call.
    pub(crate) orphans: Vec<String>,
}

impl Outcome {
    /// Whether the disk says what the sources say.
    pub(crate) fn is_in_sync(&self) -> bool {
        self.stale.is_empty() && self.orphans.is_empty()
    }
}

/// Brings the repository in line with `files`, which hold everything that stands in `folders`. `remedy` is the command that
/// writes them.
pub(crate) fn sync(
    root: &Path,
    folders: &[&str],
    files: &BTreeMap<String, String>,
    mode: Mode,
    remedy: &str,
) -> anyhow::Result<Outcome> {
    if mode == Mode::Stdout {
        return print(files);
    }
    let mut outcome = Outcome::default();
    for (path, text) in files {
        let on_disk = read(&root.join(path))?;
        if on_disk.as_ref() != Some(text) {
            outcome.stale.push(path.clone());
            if mode == Mode::Check {
                show_difference(path, on_disk.as_deref(), text)?;
            }
        }
    }
    let made: BTreeSet<&String> = files.keys().collect();
    for folder in folders {
        outcome.orphans.extend(present(root, &root.join(folder))?.into_iter().filter(|path| !made.contains(path)));
    }
    match mode {
        Mode::Check => {
            say_what_differs(&outcome, remedy)?;
            Ok(outcome)
        }
        _ => write(root, files, &outcome, mode),
    }
}

fn print(files: &BTreeMap<String, String>) -> anyhow::Result<Outcome> {
    let mut out = stdout().lock();
    for (path, text) in files {
        write!(out, "==> {path} <==\n{text}\n")?;
    }
    Ok(Outcome::default())
}

fn write(root: &Path, files: &BTreeMap<String, String>, found: &Outcome, mode: Mode) -> anyhow::Result<Outcome> {
    for path in &found.stale {
        let file = root.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let text = files.get(path).map_or("", String::as_str);
        fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
    }
    for path in &found.orphans {
        fs::remove_file(root.join(path)).with_context(|| format!("cannot remove {path}"))?;
        if mode == Mode::Write {
            writeln!(stdout(), "removed {path}, which nothing makes any more")?;
        }
    }
    let (written, removed) = (found.stale.len(), found.orphans.len());
    if mode == Mode::Refresh {
        if written + removed > 0 {
            writeln!(stderr(), "generated: {} written, {removed} removed", count(written, "file"))?;
        }
        return Ok(Outcome::default());
    }
    let unchanged = files.len() - written;
    writeln!(stdout(), "{} written, {removed} removed, {unchanged} unchanged", count(written, "file"))?;
    Ok(Outcome::default())
}

fn say_what_differs(outcome: &Outcome, remedy: &str) -> anyhow::Result<()> {
    let mut out = stderr().lock();
    for path in &outcome.orphans {
        writeln!(out, "{path}: nothing makes this file any more")?;
    }
    if outcome.is_in_sync() {
        writeln!(stdout(), "generated files are up to date")?;
    } else {
        let (stale, orphans) = (outcome.stale.len(), outcome.orphans.len());
        writeln!(out, "{} out of date, {orphans} left over; run `{remedy}`", count(stale, "file"))?;
    }
    Ok(())
}

fn show_difference(path: &str, on_disk: Option<&str>, wanted: &str) -> anyhow::Result<()> {
    let diff = TextDiff::from_lines(on_disk.unwrap_or(""), wanted);
    let (from, to) = (format!("{path} (on disk)"), format!("{path} (as it would be generated)"));
    writeln!(stderr(), "{}", diff.unified_diff().context_radius(3).header(&from, &to))?;
    Ok(())
}

/// The text of a file, `None` where there is no such file, or none that is text.
fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// All files below a folder, by their paths from the root.
fn present(root: &Path, folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            } else {
                found.push(shown(root, &entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "out";

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter().map(|(path, text)| (format!("{FOLDER}/{path}"), (*text).to_owned())).collect()
    }

    #[test]
    fn what_was_written_is_in_sync_and_what_was_touched_is_not() {
        let root = tempfile::tempdir().unwrap();
        let wanted = files(&[("a.rs", "a"), ("deep/b.json", "b")]);
        assert!(!sync(root.path(), &[FOLDER], &wanted, Mode::Check, "").unwrap().is_in_sync());
        assert!(present(root.path(), root.path()).unwrap().is_empty(), "check wrote something");

        assert!(sync(root.path(), &[FOLDER], &wanted, Mode::Write, "").unwrap().is_in_sync());
        assert!(sync(root.path(), &[FOLDER], &wanted, Mode::Check, "").unwrap().is_in_sync());

        fs::write(root.path().join("out/a.rs"), "edited by hand").unwrap();
        fs::write(root.path().join("out/deep/left.json"), "over").unwrap();
        let outcome = sync(root.path(), &[FOLDER], &wanted, Mode::Check, "").unwrap();
        assert_eq!(outcome.stale, ["out/a.rs"]);
        assert_eq!(outcome.orphans, ["out/deep/left.json"]);
        assert_eq!(fs::read_to_string(root.path().join("out/a.rs")).unwrap(), "edited by hand");

        sync(root.path(), &[FOLDER], &wanted, Mode::Write, "").unwrap();
        assert_eq!(present(root.path(), root.path()).unwrap(), ["out/a.rs", "out/deep/b.json"]);
    }

    #[test]
    fn a_file_that_is_no_text_is_out_of_date() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(FOLDER)).unwrap();
        fs::write(root.path().join("out/a.rs"), [0xff, 0xfe]).unwrap();
        let outcome = sync(root.path(), &[FOLDER], &files(&[("a.rs", "a")]), Mode::Check, "").unwrap();
        assert_eq!(outcome.stale, ["out/a.rs"]);
    }

    #[test]
    fn printing_touches_nothing() {
        let root = tempfile::tempdir().unwrap();
        sync(root.path(), &[FOLDER], &files(&[("a.rs", "a")]), Mode::Stdout, "").unwrap();
        assert!(present(root.path(), root.path()).unwrap().is_empty());
    }
}
