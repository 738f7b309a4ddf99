//! `--watch`: runs something again whenever a source changes. File times are polled: a catalog is a few files, and
//! polling works on every file system.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::workspace::CATALOG;

/// How long a change may go unnoticed.
const EVERY: Duration = Duration::from_millis(300);

/// The sources, by when they were last changed and how long they are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stamps(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Stamps {
    /// The sources as they are now. What cannot be read is left out: the run itself says so.
    fn of(root: &Path) -> Self {
        let files = fs::read_dir(root.join(CATALOG)).into_iter().flatten().flatten().map(|entry| entry.path());
        let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let stamp = |path: PathBuf| {
            let data = fs::metadata(&path).ok()?;
            Some((path, (data.modified().ok(), data.len())))
        };
        Self(sources.filter_map(stamp).collect())
    }
}

/// Runs once, then again after every change, until the process is ended.
pub(crate) fn watch(root: &Path, mut run: impl FnMut() -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    loop {
        let before = Stamps::of(root);
        // An error of one run is mended by the next change.
        if let Err(error) = run() {
            writeln!(stderr(), "{error:#}")?;
        }
        writeln!(stderr(), "waiting for a change in {CATALOG}/ (Ctrl-C ends)")?;
        while Stamps::of(root) == before {
            thread::sleep(EVERY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_changes_comes_or_goes_is_seen_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(Stamps::of(root), Stamps::default());
        fs::create_dir(root.join(CATALOG)).unwrap();
        let file = root.join("catalog/a.yaml");
        let mut seen = Stamps::of(root);
        let mut changed = || {
            let now = Stamps::of(root);
            std::mem::replace(&mut seen, now) != seen
        };
        fs::write(&file, "a").unwrap();
        assert!(changed());
        fs::write(root.join("catalog/a.json"), "{}").unwrap();
        assert!(!changed(), "what gen writes itself starts no run");
        fs::write(&file, "longer").unwrap();
        assert!(changed());
        fs::File::options().append(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(changed());
        fs::remove_file(&file).unwrap();
        assert!(changed() && !changed());
    }
}
