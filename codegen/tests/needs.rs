//! The ledger of what tools need of the language (`tests/needs.yaml`): each need has a tool that exists and does it by what
//! the ledger says, with an example that passes. Together they use every key of a step.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::twin::{self, Verdict};
use mana_mcp_codegen::{Budget, Diagnostics, Sources, check_within, yaml};
use serde_json::Value;

/// Keys below which names stand, and below these keys of the language again.
const NAMES: [&str; 2] = ["properties", "steps"];
/// Keys below which data stands.
const DATA: [&str; 6] = ["values", "returns", "with", "key", "creates", "default"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn yaml_files(folder: &str) -> Sources {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files
        .map(|path| (format!("{folder}/{}", path.file_name().unwrap().display()), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn documents(sources: &Sources) -> Vec<Value> {
    let parse = |(file, source): (_, &mana_mcp_codegen::source::SourceFile)| {
        let mut problems = Diagnostics::default();
        let document = yaml::parse(file, &source.text, &mut problems);
        assert_eq!(problems.iter().count(), 0, "{} is read", source.path);
        document.unwrap().to_json()
    };
    sources.iter().map(parse).collect()
}

/// A catalog: its tools and tables as they are written, and its examples that pass.
struct Catalog {
    tools: BTreeMap<String, Value>,
    /// By the name that other modules give them.
    tables: BTreeMap<String, Value>,
    passing: BTreeSet<(String, String)>,
}

impl Catalog {
    fn read(folder: &str) -> Self {
        let modules = yaml_files(folder);
        let (mut tools, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for document in documents(&modules) {
            let Some(module) = document["module"].as_str() else { continue };
            for (found, key) in [(&mut tools, "tools"), (&mut tables, "tables")] {
                let named = document[key].as_object().into_iter().flatten();
                found.extend(named.map(|(name, one)| (format!("{module}.{name}"), one.clone())));
            }
        }
        let services = yaml_files(&format!("{folder}/services"));
        let all = modules.iter().chain(services.iter());
        let sources: Sources = all.map(|(_, file)| (file.path.clone(), file.text.clone())).collect();
        let (checked, _) = check_within(&sources, Budget::UNBOUNDED).unwrap_or_else(|_| panic!("{folder} is right"));
        let ran = twin::run_examples(&checked, &twin::all(&checked)).into_iter();
        // Those of tools that are written by hand pass in a gateway.
        let passing = ran.filter(|one| !matches!(one.verdict, Verdict::Failed(_)));
        let passing = passing.map(|one| (one.tool, one.example)).collect();
        Self { tools, tables, passing }
    }

    /// What a tool is made of, with its tables and one of its examples.
    fn parts(&self, name: &str, example: &Value) -> Parts {
        let mut tool = self.tools[name].clone();
        tool.as_object_mut().unwrap().remove("examples");
        let mut parts = Parts::default();
        parts.add(&tool);
        parts.keys.extend(example.as_object().unwrap().keys().cloned());
        let module = name.split('.').next().unwrap();
        for text in parts.texts.clone() {
            let Some(table) = text.strip_prefix("table: ") else { continue };
            let table = self.tables.get(table).or_else(|| self.tables.get(&format!("{module}.{table}")));
            parts.add(table.unwrap_or_else(|| panic!("{name} has a table that is not there: {text}")));
        }
        parts
    }
}

#[derive(Default)]
struct Parts {
    keys: BTreeSet<String>,
    /// Every scalar, behind its key if it has one.
    texts: BTreeSet<String>,
}

impl Parts {
    fn add(&mut self, part: &Value) {
        self.keys_of(part);
        self.texts_of("", part);
    }

    fn keys_of(&mut self, part: &Value) {
        let Value::Object(members) = part else {
            return part.as_array().into_iter().flatten().for_each(|item| self.keys_of(item));
        };
        for (key, value) in members {
            self.keys.insert(key.clone());
            match key.as_str() {
                key if NAMES.contains(&key) => value.as_object().unwrap().values().for_each(|one| self.keys_of(one)),
                key if DATA.contains(&key) => {}
                _ => self.keys_of(value),
            }
        }
    }

    fn texts_of(&mut self, key: &str, part: &Value) {
        match part {
            Value::Object(members) => members.iter().for_each(|(key, one)| self.texts_of(&format!("{key}: "), one)),
            Value::Array(items) => items.iter().for_each(|one| self.texts_of("", one)),
            Value::String(text) => drop(self.texts.insert(format!("{key}{}", one_line(text)))),
            other => drop(self.texts.insert(format!("{key}{other}"))),
        }
    }

    fn has(&self, what: &str) -> bool {
        let is_word = what.chars().all(|one| one.is_ascii_alphanumeric());
        if is_word { self.keys.contains(what) || self.calls(what) } else { self.text_has(what) }
    }

    fn calls(&self, function: &str) -> bool {
        let call = format!("{function}(");
        let is_whole = |before: &str| !before.ends_with(|one: char| one.is_ascii_alphanumeric());
        self.texts.iter().any(|text| text.match_indices(&call).any(|(at, _)| is_whole(&text[..at])))
    }

    fn text_has(&self, what: &str) -> bool {
        let what = one_line(what);
        self.texts.iter().any(|text| text.contains(&what))
    }
}

/// An expression on several lines stands in the ledger on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ledger() -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/needs.yaml")).unwrap();
    let sources: Sources = [("tests/needs.yaml".to_owned(), text)].into_iter().collect();
    let Value::Array(needs) = documents(&sources).remove(0) else { panic!("the ledger is a list") };
    needs
}

fn words(need: &Value) -> Vec<&str> {
    need["uses"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect()
}

#[test]
fn every_need_is_shown_by_an_example_that_passes_of_a_tool_that_does_it_so() {
    let (real, fixture) = (Catalog::read("catalog"), Catalog::read("tests/fixture/catalog"));
    let (mut seen, mut faults) = (BTreeSet::new(), Vec::new());
    for need in ledger() {
        let [title, name, example] = ["need", "tool", "example"].map(|key| need[key].as_str().unwrap());
        assert!(seen.insert(title.to_owned()), "`{title}` stands twice");
        let catalog = match need["of"].as_str() {
            None => &real,
            Some("fixture") => &fixture,
            Some(other) => panic!("`{title}` is of `{other}`, which there is not"),
        };
        let examples = catalog.tools.get(name).and_then(|tool| tool["examples"].as_array());
        let Some(found) = examples.into_iter().flatten().find(|one| one["name"] == example) else {
            faults.push(format!("{title}: `{name}` has no example `{example}`"));
            continue;
        };
        if !catalog.passing.contains(&(name.to_owned(), example.to_owned())) {
            faults.push(format!("{title}: the example `{example}` of `{name}` fails"));
        }
        let (parts, used) = (catalog.parts(name, found), words(&need));
        assert!(!used.is_empty(), "`{title}` says nothing about how");
        let missing = used.iter().filter(|what| !parts.has(what));
        faults.extend(missing.map(|what| format!("{title}: `{name}` does not use `{what}`")));
    }
    assert!(seen.len() > 100, "{} needs: the ledger is not whole", seen.len());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_needs_use_every_key_of_a_step() {
    const PARTS: [&str; 9] = ["step", "action", "query", "search", "insert", "put", "update", "delete", "call"];
    /// What every step or action has.
    const EVERYWHERE: [&str; 4] = ["table", "id", "steps", "returns"];
    let schema = fs::read_to_string(root().join("catalog/schema/module.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let needs = ledger();
    let used: BTreeSet<&str> = needs.iter().flat_map(words).collect();
    let is_used = |key: &str| used.iter().any(|what| *what == key || what.starts_with(&format!("{key}: ")));
    let keys = PARTS.iter().flat_map(|part| schema["definitions"][part]["properties"].as_object().unwrap().keys());
    let missing: BTreeSet<&String> = keys.filter(|key| !EVERYWHERE.contains(&key.as_str()) && !is_used(key)).collect();
    assert!(missing.is_empty(), "no need uses {missing:?}");
}
