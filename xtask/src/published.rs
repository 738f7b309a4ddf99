//! The published interface: the lock files of the last release, and those beside the sources. Every command that holds
//! a catalog against what clients rely on reads them here.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, anyhow, bail};
use mana_mcp_codegen::compat::{Interface, Judged, LOCKS, Locks};

use crate::programs;

/// What git calls a release.
const RELEASES: &str = "v[0-9]*";

/// What was published, and what is beside the sources.
#[derive(Debug)]
pub(crate) struct Published {
    /// Where the published locks were read.
    pub(crate) base: Base,
    /// What clients rely on.
    published: Locks,
    /// What the last `gen` wrote, with what was accepted since.
    here: Locks,
}

/// Where published locks are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// A revision of git.
    Revision(String),
    /// The lock files beside the sources, where there is no history.
    Disk,
}

/// `v1.4.0`, or the folder
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(revision) => f.write_str(revision),
            Self::Disk => f.write_str(LOCKS),
        }
    }
}

impl Published {
    /// Reads both: what was published at this revision or, without one, at the last release.
    ///
    /// # Errors
    /// The revision does not exist, git fails, or a lock file is damaged.
    pub(crate) fn read(root: &Path, base: Option<&str>) -> anyhow::Result<Self> {
        let base = base_of(root, base)?;
        let here = on_disk(root)?;
        let published = match &base {
            Base::Revision(revision) => at(root, revision)?,
            Base::Disk => here.clone(),
        };
        Ok(Self { base, published, here })
    }

    /// Whether nothing was published yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.published.is_empty()
    }

    /// Every difference of this interface from the published one.
    pub(crate) fn judge(&self, interface: &Interface) -> Vec<Judged> {
        self.here.judge(&self.published, interface)
    }

    /// The lock files once this interface is written, with these changes accepted for this reason.
    pub(crate) fn publish(&self, interface: &Interface, reason: &str, accepted: &[Judged]) -> Locks {
        let changes: Vec<_> = accepted.iter().map(|one| one.change.clone()).collect();
        self.here.publish(&self.published, interface, reason, &changes)
    }
}

/// The revision that was asked for, else the newest release that HEAD has, else HEAD; the disk where there is none.
fn base_of(root: &Path, asked: Option<&str>) -> anyhow::Result<Base> {
    if let Some(revision) = asked {
        if revision.starts_with('-') || !is_revision(root, revision)? {
            bail!("`{revision}` is not a revision of this repository");
        }
        return Ok(Base::Revision(revision.to_owned()));
    }
    if !has_history(root)? {
        return Ok(Base::Disk);
    }
    let described = git(root, &["describe", "--tags", "--abbrev=0", "--match", RELEASES, "HEAD"])?;
    let release = String::from_utf8_lossy(&described.stdout).trim().to_owned();
    let release = Some(release).filter(|tag| described.status.success() && !tag.is_empty());
    Ok(Base::Revision(release.unwrap_or_else(|| "HEAD".to_owned())))
}

fn is_revision(root: &Path, revision: &str) -> anyhow::Result<bool> {
    let commit = format!("{revision}^{{commit}}");
    Ok(git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?.status.success())
}

/// Whether the catalog of this folder has been committed.
fn has_history(root: &Path) -> anyhow::Result<bool> {
    let inside = match git(root, &["rev-parse", "--is-inside-work-tree"]) {
        Ok(inside) => inside,
        Err(error) if is_missing(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    let said = String::from_utf8_lossy(&inside.stderr);
    if !inside.status.success() && !said.contains("not a git repository") {
        // The history is there and cannot be read: a breaking change would pass for a first publication.
        bail!("git does not read this repository: {}", said.trim());
    }
    if !inside.status.success() || !is_revision(root, "HEAD")? {
        return Ok(false);
    }
    // A copy in an ignored folder of another repository has none of that repository's history.
    let tree = git(root, &["ls-tree", "--name-only", "HEAD", "--", crate::workspace::CATALOG])?;
    Ok(tree.status.success() && !tree.stdout.is_empty())
}

/// The locks beside the sources.
fn on_disk(root: &Path) -> anyhow::Result<Locks> {
    let folder = root.join(LOCKS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Locks::default()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {LOCKS}")),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {LOCKS}"))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?));
        }
    }
    Locks::parse(files).map_err(|(path, error)| {
        anyhow!("{path} is not usable: {error}; delete it and run `cargo xtask gen`, which writes it anew")
    })
}

/// The locks as they were in a revision; none where it has none.
fn at(root: &Path, revision: &str) -> anyhow::Result<Locks> {
    let folder = format!("{LOCKS}/");
    let listed = git(root, &["ls-tree", "-z", revision, "--", &folder])?;
    if !listed.status.success() {
        bail!("git does not list {LOCKS} of {revision}: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let listed = String::from_utf8(listed.stdout).with_context(|| format!("{LOCKS} of {revision} has odd names"))?;
    // `100644 blob 3f2a…<TAB>catalog/lock/todo.json`
    let entries = listed.split('\0').filter_map(|entry| {
        let (head, path) = entry.split_once('\t')?;
        let name = path.rsplit('/').next().filter(|name| name.ends_with(".json"))?;
        Some((name.to_owned(), head.rsplit(' ').next()?.to_owned()))
    });
    let (names, ids): (Vec<String>, Vec<String>) = entries.unzip();
    let texts = blobs(root, &ids).with_context(|| format!("cannot read {LOCKS} of {revision}"))?;
    Locks::parse(names.into_iter().zip(texts))
        .map_err(|(path, error)| anyhow!("{path} is not usable in {revision}: {error}"))
}

/// The texts of these blobs, from one process.
fn blobs(root: &Path, ids: &[String]) -> anyhow::Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut child = programs::git(root, &["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run git")?;
    let mut input = child.stdin.take().context("git has no input")?;
    let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
    // A thread of its own: git answers before it has read everything.
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().context("git did not end")?;
    writer.join().ok().context("git took no input")?.context("git took no input")?;
    let mut rest = output.stdout.as_slice();
    let mut texts = Vec::new();
    for id in ids {
        // `3f2a… blob 1234`, a line feed, that many bytes, a line feed
        let end = rest.iter().position(|byte| *byte == b'\n').with_context(|| format!("git has no {id}"))?;
        let (head, body) = rest.split_at(end);
        let size = String::from_utf8_lossy(head).rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let body = body.get(1..).unwrap_or_default();
        let text = size.and_then(|size| body.get(..size)).with_context(|| format!("git has no {id}"))?;
        texts.push(String::from_utf8(text.to_vec()).context("a lock is not UTF-8")?);
        rest = body.get(text.len() + 1..).unwrap_or_default();
    }
    Ok(texts)
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    programs::git(root, arguments).output().context("cannot run git")
}

/// Whether git is not installed.
fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::workspace::CATALOG;

    /// A repository of its own with a small catalog.
    pub(crate) struct Repository(tempfile::TempDir);

    impl Repository {
        pub(crate) fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join(CATALOG)).unwrap();
            let own = crate::workspace::root().unwrap();
            fs::copy(own.join("rustfmt.toml"), root.path().join("rustfmt.toml")).unwrap();
            let repository = Self(root);
            repository.write("catalog/crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: []\n");
            repository.module("books", "look", 500);
            repository
        }

        pub(crate) fn root(&self) -> &Path {
            self.0.path()
        }

        pub(crate) fn path(&self, path: &str) -> PathBuf {
            self.root().join(path)
        }

        pub(crate) fn write(&self, path: &str, text: &str) {
            fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
            fs::write(self.path(path), text).unwrap();
        }

        /// A module with one tool, whose title has at most this many characters.
        pub(crate) fn module(&self, name: &str, tool: &str, most: usize) {
            let text = format!(
                "module: {name}\nsummary: Things.\ntools:\n  {tool}:\n    title: Look\n    description: Looks \
                 something up.\n    scope: user-space\n    policyHint: read\n    input:\n      properties:\n        \
                 title: {{ type: string, maxLength: {most}, pattern: '^[a-z]*$', description: Its title. }}\n    \
                 output: {{ properties: {{ seen: {{ type: boolean, description: Whether it was seen. }} }} }}\n    \
                 action: custom\n    examples: [{{ name: one, input: {{}}, output: {{}} }}]\n"
            );
            self.write(&format!("catalog/{name}.yaml"), &text);
        }

        pub(crate) fn interface(&self) -> Interface {
            mana_mcp_codegen::compile(&crate::workspace::sources(self.root()).unwrap()).unwrap().interface
        }

        /// Writes the locks of the catalog as it is.
        pub(crate) fn lock(&self) {
            let locks = Published::read(self.root(), None).unwrap().publish(&self.interface(), "", &[]);
            locks.files().iter().for_each(|(path, text)| self.write(path, text));
        }

        pub(crate) fn git(&self, arguments: &[&str]) {
            let identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
            programs::printed(&mut programs::git(self.root(), &[&identity[..], arguments].concat())).unwrap();
        }

        pub(crate) fn commit(&self) {
            self.git(&["add", "--all"]);
            self.git(&["commit", "--quiet", "--allow-empty", "--message", "a change"]);
        }

        /// What breaks clients and was not accepted, against this base.
        fn refused(&self, base: Option<&str>) -> Vec<String> {
            let judged = Published::read(self.root(), base).unwrap().judge(&self.interface());
            judged.iter().filter(|one| one.is_refused()).map(|one| one.change.tool.clone()).collect()
        }

        fn base(&self) -> String {
            Published::read(self.root(), None).unwrap().base.to_string()
        }
    }

    #[test]
    fn without_a_history_the_locks_on_disk_are_what_is_published() {
        let repository = Repository::new();
        assert!(Published::read(repository.root(), None).unwrap().is_empty());
        repository.lock();
        repository.module("books", "look", 100);
        assert_eq!((repository.base().as_str(), repository.refused(None)), (LOCKS, vec!["books.look".to_owned()]));
        // Neither a repository without a commit nor one without this catalog is a history.
        repository.git(&["init", "--quiet"]);
        assert_eq!((repository.base().as_str(), repository.refused(None).len()), (LOCKS, 1));
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", "empty"]);
        assert_eq!((repository.base().as_str(), repository.refused(None).len()), (LOCKS, 1));
    }

    #[test]
    fn what_was_generated_and_not_committed_binds_nobody() {
        let repository = Repository::new();
        repository.git(&["init", "--quiet"]);
        repository.lock();
        repository.commit();
        repository.module("shop", "look", 500);
        repository.lock();
        assert_eq!(repository.base(), "HEAD");
        repository.module("shop", "find", 100);
        assert!(repository.refused(None).is_empty());
        repository.module("books", "find", 500);
        assert_eq!(repository.refused(None), ["books.look"]);
    }

    #[test]
    fn the_last_release_is_what_is_published() {
        let repository = Repository::new();
        repository.git(&["init", "--quiet"]);
        repository.lock();
        repository.commit();
        repository.git(&["tag", "v1.0.0"]);
        repository.module("shop", "look", 500);
        repository.lock();
        repository.commit();
        // Other tags are not releases.
        repository.git(&["tag", "nightly"]);
        assert_eq!(repository.base(), "v1.0.0");
        // Committed, but never released.
        repository.module("shop", "find", 500);
        assert!(repository.refused(None).is_empty());
        assert_eq!(repository.refused(Some("HEAD")), ["shop.look"]);
        // Another history has nothing that was published here; what does not exist is an error.
        let missing = |base| Published::read(repository.root(), Some(base)).unwrap_err().to_string();
        assert!(missing("v9.9.9").contains("is not a revision") && missing("--output=x").contains("is not a revision"));
        fs::remove_file(repository.path("catalog/books.yaml")).unwrap();
        assert_eq!(repository.refused(None), ["books.look"]);
    }

    /// A lock that was lost is no way around what was published.
    #[test]
    fn a_lost_lock_hides_nothing() {
        let repository = Repository::new();
        repository.git(&["init", "--quiet"]);
        repository.lock();
        repository.commit();
        let lock = repository.path("catalog/lock/books.json");
        let before = fs::read_to_string(&lock).unwrap();
        fs::remove_dir_all(repository.path(LOCKS)).unwrap();
        repository.module("books", "look", 100);
        assert_eq!(repository.refused(None), ["books.look"]);
        repository.module("books", "look", 500);
        repository.lock();
        assert_eq!(fs::read_to_string(&lock).unwrap(), before);

        fs::write(&lock, "<<<<<<< HEAD").unwrap();
        let told = Published::read(repository.root(), None).unwrap_err().to_string();
        assert!(told.starts_with("catalog/lock/books.json is not usable") && told.contains("delete it"), "{told}");
    }

    /// As the clones of most CI services are: no tags, one commit.
    #[test]
    fn a_shallow_clone_without_tags_judges_by_its_commit() {
        let repository = Repository::new();
        repository.git(&["init", "--quiet"]);
        repository.lock();
        repository.commit();
        repository.git(&["tag", "v1.0.0"]);
        repository.module("shop", "look", 500);
        repository.lock();
        repository.commit();
        let (clone, url) = (tempfile::tempdir().unwrap(), format!("file://{}", repository.root().display()));
        let clone = clone.path().join("clone");
        repository.git(&["clone", "--quiet", "--depth", "1", "--no-tags", &url, clone.to_str().unwrap()]);
        let published = Published::read(&clone, None).unwrap();
        assert_eq!(published.base.to_string(), "HEAD");
        let written = published.publish(&repository.interface(), "", &[]);
        let in_full = Published::read(repository.root(), None).unwrap();
        assert_eq!(in_full.base.to_string(), "v1.0.0");
        assert_eq!(written, in_full.publish(&repository.interface(), "", &[]), "the files depend on the commit alone");
    }
}
