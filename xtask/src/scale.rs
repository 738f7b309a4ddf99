//! `cargo xtask bench scale`: what 1,000 additional tools cost.
//!
//! A copy of the repository is built in release mode as it is, then with a synthetic catalog beside its own. Measured are the
//! build of the catalog's crate with the link (all other crates are built before), the program's size, start and memory.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use mana_mcp_codegen::{Budget, compile_within, synthetic};

use crate::emitted;
use crate::programs::{cargo, git, printed};
use crate::sync::{self, Mode};
use crate::throwaway::Gateway;
use crate::workspace;

/// Tools that are added.
const TOOLS: usize = 1_000;
/// Starts of each gateway; the middle one counts.
const STARTS: usize = 11;

/// What was measured of one gateway.
struct Measured {
    build: Duration,
    binary: u64,
    start: Duration,
    /// KiB after the start.
    memory: u64,
}

/// Measures the gateway with and without the tools, and prints both.
///
/// # Errors
/// Something does not build or start.
pub(crate) fn run(root: &Path) -> Result<()> {
    let folder = workspace::target(root).join("scale");
    let (copy, target) = (folder.join("workspace"), folder.join("target"));
    copied(root, &copy)?;
    // All crates, once; what is measured afterwards is the catalog's crate and the link.
    build(&copy, &target)?;
    let without = measured(&copy, &target)?;
    let lines = add_tools(&copy, TOOLS)?;
    let with = measured(&copy, &target)?;
    fs::remove_dir_all(&copy)?;
    print(&without, &with, lines)
}

/// Copies what belongs to the repository, committed or not, but nothing that is built.
pub(crate) fn copied(root: &Path, copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    }
    let listed = printed(&mut git(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    for path in listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
        let path = Path::new(OsStr::from_bytes(path));
        let (from, to) = (root.join(path), copy.join(path));
        // Removed, and not committed yet.
        if !from.exists() {
            continue;
        }
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

/// Puts modules, as [`synthetic`] makes them, beside the copy's own.
pub(crate) fn add_sources(copy: &Path, modules: Vec<(String, String)>) -> Result<()> {
    let count = modules.len();
    for (name, key, entries) in [
        ("crypto.yaml", "encrypted:\n", synthetic::encrypted_of(count)),
        ("web.yaml", "apps:\n", synthetic::mirrored(count)),
    ] {
        let path = copy.join(workspace::CATALOG).join(name);
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(key), "{name} begins otherwise");
        fs::write(&path, text.replacen(key, &format!("{key}{entries}"), 1))?;
    }
    for (path, text) in modules {
        fs::write(copy.join(path), text)?;
    }
    Ok(())
}

/// Puts this many tools beside the copy's own and generates everything; the lines of Rust that were added.
fn add_tools(copy: &Path, tools: usize) -> Result<usize> {
    add_sources(copy, synthetic::modules(tools))?;
    let sources = workspace::sources(copy)?;
    // This many tools are beyond what one list may hold; nobody publishes them.
    let output = compile_within(&sources, Budget::UNBOUNDED);
    let output = output.map_err(|problems| anyhow::anyhow!("{} problems in a synthetic catalog", problems.len()))?;
    let files = emitted::code(copy, emitted::CODE, output.code)?;
    let lines = |path: &str, text: &str| {
        let before = fs::read_to_string(copy.join(path)).map_or(0, |before| before.lines().count());
        if path.ends_with(".rs") { text.lines().count().saturating_sub(before) } else { 0 }
    };
    let lines = files.iter().map(|(path, text)| lines(path, text)).sum();
    sync::sync(copy, &[emitted::CODE], &files, Mode::Write, "cargo xtask gen")?;
    Ok(lines)
}

fn build(copy: &Path, target: &Path) -> Result<Duration> {
    let began = Instant::now();
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--quiet", "--package", "mana-mcp", "--bin", "mana-mcp"]);
    let status = cargo.current_dir(copy).env("CARGO_TARGET_DIR", target).status().context("cannot run cargo")?;
    ensure!(status.success(), "the gateway does not build");
    Ok(began.elapsed())
}

fn measured(copy: &Path, target: &Path) -> Result<Measured> {
    // The crate is new to cargo, whether anything in it changed or not.
    let library = copy.join("gateway/crates/catalog/src/lib.rs");
    fs::write(&library, fs::read(&library)?)?;
    let build = build(copy, target)?;
    let binary: PathBuf = target.join("release/mana-mcp");
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let gateway = Gateway::start(&binary)?;
        starts.push((gateway.ready_after, gateway.resident()?));
    }
    let middle = |mut values: Vec<u64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied().context("nothing was measured")
    };
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Ok(Measured {
        build,
        binary: fs::metadata(&binary)?.len(),
        start: Duration::from_micros(middle(starts.iter().map(|(time, _)| micros(*time)).collect())?),
        memory: middle(starts.iter().map(|(_, memory)| *memory).collect())?,
    })
}

fn print(without: &Measured, with: &Measured, lines: usize) -> Result<()> {
    use std::io::Write as _;

    let mut out = std::io::stdout().lock();
    let mut row =
        |what: &str, of: &dyn Fn(&Measured) -> String| writeln!(out, "{what:<44}{:>14}{:>14}", of(without), of(with));
    row("", &|one| if std::ptr::eq(one, with) { format!("+ {TOOLS} tools") } else { "as it is".to_owned() })?;
    row("build of the catalog and link, release", &|one| format!("{:.0} s", one.build.as_secs_f64()))?;
    row("the program's size", &|one| mebibytes(one.binary / 1024))?;
    row("start to ready", &|one| format!("{:.1} ms", one.start.as_secs_f64() * 1000.0))?;
    row("memory after start", &|one| mebibytes(one.memory))?;
    writeln!(out, "{lines} lines of Rust were added")?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs are far below 2^53")]
fn mebibytes(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_gets_the_tools_beside_its_own() {
        let (root, copy) = (workspace::root().unwrap(), tempfile::tempdir().unwrap());
        let copy = copy.path().join("copy");
        copied(&root, &copy).unwrap();
        assert!(copy.join("Cargo.lock").exists() && copy.join("gateway/src/lib.rs").exists());
        assert!(!copy.join("target").exists());
        let tools = |root: &Path| {
            let files = fs::read_dir(root.join(emitted::CODE)).unwrap().map(|entry| entry.unwrap().path());
            let texts = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
            texts.map(|text| text.matches("ToolEntry::of::<").count()).sum::<usize>()
        };
        let own = tools(&copy);
        assert!(add_tools(&copy, 40).unwrap() > 40);
        assert_eq!((tools(&copy), tools(&root)), (own + 40, own));
    }
}
