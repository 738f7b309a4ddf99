//! `cargo xtask arrows`: which package of the workspace may use which other one, and which file of a package is read first.

mod circles;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use self::{circles::circles, modules::Modules};
use crate::{programs::cargo, workspace};

/// What each package may use of the others, besides what its tests use. `docs/architecture.md` says why.
const ARROWS: [(&str, &[&str]); 14] = [
    ("mana-mcp-values", &[]),
    // The evaluator calls the functions that emitted code calls.
    ("mana-mcp-codegen", &["mana-mcp-values"]),
    ("mana-mcp-macros", &["mana-mcp-codegen"]),
    ("mana-mcp-runtime", &["mana-mcp-macros", "mana-mcp-values"]),
    // On the runtime alone: a change of YAML compiles this and links.
    ("mana-mcp-catalog", &["mana-mcp-macros", "mana-mcp-runtime"]),
    ("mana-mcp-replica", &["mana-mcp-runtime"]),
    // On nothing: a second service takes it without anything of the gateway.
    ("mana-mcp-service", &[]),
    ("mana-mcp-soak", &[]),
    // The services know nothing of the gateway in front of them.
    ("mana-mcp-standalone", &["mana-mcp-runtime"]),
    (
        "mana-mcp-gateway",
        &["mana-mcp-replica", "mana-mcp-runtime", "mana-mcp-service", "mana-mcp-soak", "mana-mcp-standalone"],
    ),
    ("mana-mcp", &["mana-mcp-catalog", "mana-mcp-gateway"]),
    ("mana-mcp-fixture", &["mana-mcp-macros", "mana-mcp-runtime"]),
    // The fuzz targets read pages and encrypted fields without a gateway; a second service is built on `service` alone; a
    // program serves the standalone services, with faults.
    (
        "mana-mcp-tests",
        &[
            "mana-mcp-catalog",
            "mana-mcp-fixture",
            "mana-mcp-gateway",
            "mana-mcp-replica",
            "mana-mcp-runtime",
            "mana-mcp-service",
            "mana-mcp-standalone",
        ],
    ),
    ("xtask", &["mana-mcp-codegen"]),
];

/// Check which package of the workspace uses which other one, and that no files use each other in a circle
///
/// Fails where a package uses one that it may not (xtask/src/arrows.rs lists what is allowed), and where files of a package
/// take names from each other in a circle. What tests use is free.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// Checks the arrows.
///
/// # Errors
/// A package uses what it may not, or is not listed; or there is a circle of files.
pub(crate) fn run(_: &Args) -> Result<()> {
    let root = workspace::root()?;
    let packages = packages(&root)?;
    let mut faults = faults(&used(&packages));
    for crate_root in crate_roots(&packages) {
        faults.extend(circles(&Modules::of(&crate_root)?.arrows(), &root));
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n       "));
    }
    Ok(())
}

/// The packages of the workspace that each of them uses.
type Used = BTreeMap<String, BTreeSet<String>>;

/// What cargo says of the packages of the workspace.
fn packages(root: &Path) -> Result<Vec<Value>> {
    let mut cargo = cargo();
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(root);
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo's metadata is not JSON")?;
    metadata.get("packages").and_then(Value::as_array).cloned().context("cargo names no packages")
}

fn used(packages: &[Value]) -> Used {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let members: BTreeSet<String> = packages.iter().filter_map(name).collect();
    let of = |package: &Value| {
        let dependencies = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        let built = dependencies.filter(|one| one.get("kind").and_then(Value::as_str) != Some("dev"));
        Some((name(package)?, built.filter_map(name).filter(|name| members.contains(name)).collect()))
    };
    packages.iter().filter_map(of).collect()
}

/// The root files of libraries and programs, not of tests and examples.
fn crate_roots(packages: &[Value]) -> Vec<PathBuf> {
    let array = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_built = |target: &Value| {
        let kinds = array(target, "kind");
        kinds.iter().filter_map(Value::as_str).any(|kind| ["lib", "bin", "proc-macro"].contains(&kind))
    };
    let targets = packages.iter().flat_map(|package| array(package, "targets")).filter(is_built);
    targets.filter_map(|target| target.get("src_path").and_then(Value::as_str).map(PathBuf::from)).collect()
}

fn faults(used: &Used) -> Vec<String> {
    let mut faults = Vec::new();
    for (package, uses) in used {
        match ARROWS.iter().find(|(name, _)| name == package) {
            None => faults.push(format!("{package} is not listed in xtask/src/arrows.rs")),
            Some((_, allowed)) => {
                let others = uses.iter().filter(|other| !allowed.contains(&other.as_str()));
                faults.extend(others.map(|other| format!("{package} uses {other}, which it may not")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_is_not_allowed_and_a_package_that_is_not_listed_are_named() {
        let used = |pairs: &[(&str, &[&str])]| -> Used {
            let set = |uses: &[&str]| uses.iter().map(|name| (*name).to_owned()).collect();
            pairs.iter().map(|(name, uses)| ((*name).to_owned(), set(uses))).collect()
        };
        assert_eq!(faults(&used(&ARROWS)), Vec::<String>::new());
        let found = faults(&used(&[("mana-mcp-runtime", &["mana-mcp-macros", "mana-mcp-gateway"]), ("somebody", &[])]));
        assert_eq!(
            found,
            [
                "mana-mcp-runtime uses mana-mcp-gateway, which it may not",
                "somebody is not listed in xtask/src/arrows.rs",
            ]
        );
    }

    #[test]
    fn the_arrows_of_this_workspace_are_allowed() {
        let used = used(&packages(&workspace::root().unwrap()).unwrap());
        assert!(used["mana-mcp-catalog"].contains("mana-mcp-runtime"), "{used:?}");
        assert_eq!(faults(&used), Vec::<String>::new());
    }

    #[test]
    fn a_circle_of_files_is_named_with_what_ties_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        // A face hands on; a type below both is no circle; what tests take is no arrow.
        write("lib.rs", "mod low; mod top; pub use top::run; pub use low::Low;");
        write("low.rs", "pub struct Low; #[cfg(test)] mod tests { use crate::run; }");
        write("top.rs", "use crate::Low; pub fn run(low: Low) { inner::go(low) } mod inner;");
        write("top/inner.rs", "pub fn go<T>(low: T) { drop(low) }");
        let root = folder.path().join("lib.rs");
        let found = || circles(&Modules::of(&root).unwrap().arrows(), folder.path());
        assert_eq!(found(), Vec::<String>::new());
        // Through a name that is handed on, and within a macro.
        write("low.rs", "pub struct Low; fn f() { println!(\"{:?}\", crate::run(Low)); }");
        let expected = [
            "a circle of 2 files:",
            "         low.rs takes from top.rs: crate::run",
            "         top.rs takes from low.rs: crate::Low",
        ];
        assert_eq!(
            found(),
            [expected.join(
                "
"
            )]
        );
        // A child that takes from its parent, which takes from it.
        write("low.rs", "pub struct Low;");
        write("top/inner.rs", "use super::*; pub fn go(low: crate::Low) { run(low) }");
        assert_eq!(found().len(), 1, "{:?}", found());
    }
}
