//! The ledger of the protocol's duties (`mcp-duties.yaml`): each is shown by tests that exist, or excluded with a reason.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use mana_mcp_tests::repository;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Duty {
    id: String,
    #[serde(rename = "section")]
    _section: String,
    level: String,
    requirement: String,
    #[serde(default)]
    spec_2025_11_25: Vec<String>,
    #[serde(default)]
    spec_2026_07_28: Vec<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    tests: Vec<String>,
    excluded: Option<String>,
}

fn ledger() -> Vec<Duty> {
    let text = std::fs::read_to_string(repository().join("tests/mcp-duties.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// `module::test` of every test in this binary's sources; a module in a folder is known by its own name, too.
fn tests() -> HashSet<String> {
    let mut names = HashSet::new();
    let mut folders = vec![repository().join("tests/tests/gateway")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.file_stem().and_then(|stem| stem.to_str()).unwrap().to_owned();
            names.extend(tests_of(&path).into_iter().map(|name| format!("{module}::{name}")));
        }
    }
    names
}

/// The functions that stand right below a test attribute.
fn tests_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let mut names = Vec::new();
    while let Some(line) = lines.next() {
        if matches!(line, "#[test]" | "#[tokio::test]") {
            let function = lines.next().unwrap().trim_start_matches("async ").trim_start_matches("fn ");
            names.push(function.split('(').next().unwrap().to_owned());
        }
    }
    names
}

#[test]
fn every_duty_has_tests_that_exist_or_a_reason() {
    let tests = tests();
    assert!(tests.contains("duties::every_duty_has_tests_that_exist_or_a_reason"), "the sources are read: {tests:?}");
    let mut seen = HashSet::new();
    let mut faults = BTreeSet::new();
    for duty in ledger() {
        let Duty { id, level, requirement, tests: named, excluded, spec_2025_11_25, spec_2026_07_28, source, .. } =
            duty;
        assert!(seen.insert(id.clone()), "{id} stands twice");
        assert!(!level.is_empty() && !requirement.is_empty(), "{id}");
        let sourced = !(spec_2025_11_25.is_empty() && spec_2026_07_28.is_empty() && source.is_empty());
        assert!(sourced, "{id} says nowhere where it comes from");
        match (named.is_empty(), excluded.as_deref().map(str::trim)) {
            (true, None | Some("")) => drop(faults.insert(format!("{id} has neither tests nor a reason"))),
            (false, Some(_)) => drop(faults.insert(format!("{id} has both tests and a reason against them"))),
            _ => {}
        }
        faults.extend(
            named.iter().filter(|name| !tests.contains(*name)).map(|name| format!("{id} names {name}: no such test")),
        );
    }
    assert!(seen.len() > 90, "{} duties: the ledger is not whole", seen.len());
    assert!(faults.is_empty(), "{faults:#?}");
}
