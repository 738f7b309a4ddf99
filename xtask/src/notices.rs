//! `cargo xtask notices`: what the licences of the crates in the shipped program want to be told with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    programs::cargo,
    sync::{self, Mode},
    workspace,
};

const FILE: &str = "THIRD-PARTY-NOTICES.md";
/// The package whose dependencies are shipped, and what it is shipped for.
const SHIPPED: &str = "mana-mcp";
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What files with licences are called, in small letters.
const LICENCE_FILES: [&str; 5] = ["license", "licence", "copying", "notice", "copyright"];

/// Write the notices of third parties
///
/// THIRD-PARTY-NOTICES.md lists the crates in the shipped program with their licences, and has the texts that come with
/// them. Distribute it with the program.
///
/// Examples:
///   cargo xtask notices           write
///   cargo xtask notices --check   write nothing; fail where the file differs
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Write nothing; fail with a diff where the file differs or is missing
    #[arg(long)]
    check: bool,
}

/// Writes the file, or checks it.
///
/// # Errors
/// Cargo does not know the dependencies, or a file cannot be read or written.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let root = workspace::root()?;
    let mode = if args.check { Mode::Check } else { Mode::Write };
    let files = BTreeMap::from([(FILE.to_owned(), page(&crates(&root)?)?)]);
    let outcome = sync::sync(&root, &[], &files, mode, "cargo xtask notices")?;
    Ok(if outcome.is_in_sync() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A crate of somebody else's.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    licence: String,
    /// The texts of its files about licences.
    texts: Vec<String>,
}

/// The crates in the shipped program: what only builds or tests it is left out.
fn crates(root: &Path) -> Result<BTreeSet<Crate>> {
    let mut cargo = cargo();
    cargo.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]).current_dir(root);
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo's metadata is not JSON")?;
    let packages: BTreeMap<&str, &Value> =
        array(&metadata, "/packages").filter_map(|package| Some((text(package, "id")?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        array(&metadata, "/resolve/nodes").filter_map(|node| Some((text(node, "id")?, node))).collect();
    let first = packages.iter().find(|(_, package)| text(package, "name") == Some(SHIPPED));
    let (first, _) = first.with_context(|| format!("cargo knows no package {SHIPPED}"))?;
    let (mut seen, mut open) = (BTreeSet::from([*first]), vec![*first]);
    while let Some(id) = open.pop() {
        let dependencies = nodes.get(id).into_iter().flat_map(|node| array(node, "/deps"));
        let shipped = dependencies.filter(|one| array(one, "/dep_kinds").any(|kind| kind["kind"].is_null()));
        open.extend(shipped.filter_map(|one| text(one, "pkg")).filter(|id| seen.insert(id)));
    }
    let foreign = seen.iter().filter_map(|id| packages.get(id)).filter(|package| !package["source"].is_null());
    foreign.map(|package| read(package)).collect()
}

fn read(package: &Value) -> Result<Crate> {
    let of = |name: &str| text(package, name).unwrap_or_default().to_owned();
    let manifest = of("manifest_path");
    let folder = Path::new(&manifest).parent().context("a manifest is in a folder")?;
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && LICENCE_FILES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs") {
            let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(name, tidy(&String::from_utf8_lossy(&text)));
        }
    }
    let licence = of("license");
    let is_choice = licence.split([' ', '/']).any(|word| word == "MIT") && !licence.contains("AND");
    if is_choice && files.keys().any(|name| name.contains("mit")) {
        files.retain(|name, _| !name.contains("apache"));
    }
    let mut texts: Vec<String> = files.into_values().collect();
    texts.sort();
    texts.dedup();
    Ok(Crate { name: of("name"), version: of("version"), licence, texts })
}

/// The text without what tells equal ones apart to no purpose: ends of lines, empty lines at both ends.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn page(crates: &BTreeSet<Crate>) -> Result<String> {
    ensure!(!crates.is_empty(), "{SHIPPED} has no dependencies");
    let mut page = String::from(
        "<!-- @generated by `cargo xtask notices`. Do not edit. -->\n\n# Third-party notices\n\n\
         `mana-mcp` contains the following crates. SQLite, which is in the public domain, comes with `libsqlite3-sys`, and\n\
         mimalloc (MIT) with `libmimalloc-sys`. Where a crate may be used under the MIT licence or another one, it\n\
         is used under the MIT licence.\n\n| crate | version | licence |\n| --- | --- | --- |\n",
    );
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Crate { name, version, licence, texts: own } in crates {
        page.push_str(&format!("| {name} | {version} | {licence} |\n"));
        for text in own {
            texts.entry(text).or_default().push(format!("{name} {version}"));
        }
    }
    page.push_str("\n## Texts\n");
    for (text, users) in texts {
        // Longer than any row of backticks in a licence.
        page.push_str(&format!("\n{}:\n\n`````text\n{text}\n`````\n", users.join(", ")));
    }
    Ok(page)
}

fn array<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_several_crates_share_stands_once() {
        let of = |name: &str, texts: &[&str]| Crate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            texts: texts.iter().map(|text| tidy(text)).collect(),
        };
        let page = page(&BTreeSet::from([of("a", &["\nOne  \r\ntext\n"]), of("b", &["One\ntext", "Other"])])).unwrap();
        assert!(page.contains("| a | 1.0.0 | MIT |\n| b | 1.0.0 | MIT |"), "{page}");
        assert!(page.contains("a 1.0.0, b 1.0.0:\n\n`````text\nOne\ntext\n`````"), "{page}");
        assert!(page.contains("\nb 1.0.0:\n\n`````text\nOther\n"), "{page}");
    }

    #[test]
    fn what_only_builds_or_tests_the_program_is_left_out() {
        let crates = crates(&workspace::root().unwrap()).unwrap();
        let has = |name: &str| crates.iter().any(|one| one.name == name);
        assert!(has("tokio") && has("rustls") && has("redis"));
        assert!(!has("jsonschema") && !has("trybuild") && !has("cc"));
        assert!(crates.iter().all(|one| !one.licence.is_empty()));
    }
}
