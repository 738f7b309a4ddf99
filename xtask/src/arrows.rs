//! `cargo xtask arrows`: which package of the workspace may use which other one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::workspace;

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

/// Check which package of the workspace uses which other one
///
/// Fails where a package uses one that it may not (xtask/src/arrows.rs lists what is allowed). What tests use is free.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// Checks the arrows.
///
/// # Errors
/// A package uses what it may not, or is not listed.
pub(crate) fn run(_: &Args) -> Result<()> {
    let used = used(&workspace::root()?)?;
    let faults = faults(&used);
    if !faults.is_empty() {
        bail!("{}", faults.join("\n       "));
    }
    Ok(())
}

/// The packages of the workspace that each of them uses.
type Used = BTreeMap<String, BTreeSet<String>>;

fn used(root: &Path) -> Result<Used> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(root);
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo's metadata is not JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo names no packages")?;
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let members: BTreeSet<String> = packages.iter().filter_map(name).collect();
    let of = |package: &Value| {
        let dependencies = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        let built = dependencies.filter(|one| one.get("kind").and_then(Value::as_str) != Some("dev"));
        Some((name(package)?, built.filter_map(name).filter(|name| members.contains(name)).collect()))
    };
    Ok(packages.iter().filter_map(of).collect())
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
        let used = used(&workspace::root().unwrap()).unwrap();
        assert!(used["mana-mcp-catalog"].contains("mana-mcp-runtime"), "{used:?}");
        assert_eq!(faults(&used), Vec::<String>::new());
    }
}
