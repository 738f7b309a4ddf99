//! The repository's own catalog: what it publishes is valid, its examples hold, and its output depends on nothing
//! but its sources.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::Path;

use mana_mcp_codegen::{FOLDER, Output, Sources, compile};
use serde_json::Value as Json;

/// The sources, by path.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        (format!("catalog/{name}"), fs::read_to_string(&path).unwrap())
    })
    .collect()
}

fn output() -> Output {
    compile(&files().into_iter().collect::<Sources>()).unwrap()
}

fn json(output: &Output, path: &str) -> Json {
    serde_json::from_str(&output.files[&format!("{FOLDER}/{path}")]).unwrap()
}

fn schemas(output: &Output) -> Vec<(String, Json)> {
    let paths = output.files.keys().filter(|path| path.contains("/schemas/"));
    paths.map(|path| (path.clone(), serde_json::from_str(&output.files[path]).unwrap())).collect()
}

fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

#[test]
fn nothing_is_wrong_not_even_a_little() {
    assert!(output().warnings.is_empty());
}

#[test]
fn output_does_not_depend_on_the_order_of_the_sources() {
    let mut files = files();
    let first = output().files;
    for _ in 0..files.len() {
        files.rotate_left(1);
        assert_eq!(compile(&files.iter().cloned().collect::<Sources>()).unwrap().files, first);
    }
    files.reverse();
    assert_eq!(compile(&files.into_iter().collect::<Sources>()).unwrap().files, first);
}

#[test]
fn every_published_schema_is_valid_and_complete_in_itself() {
    let output = output();
    assert!(schemas(&output).len() >= 22);
    for (path, schema) in schemas(&output) {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
        assert_eq!(schema["type"], "object", "{path}");
        assert!(!schema.to_string().contains("$ref"), "{path}");
        let closed = path.ends_with(".input.json").then_some(&Json::Bool(false));
        assert_eq!(schema.get("additionalProperties"), closed, "{path}");
    }
}

#[test]
fn everything_that_is_published_is_described() {
    fn described(at: &str, schema: &Json) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{at}");
            described(&at, property);
            described(&at, &property["items"]);
        }
    }
    let output = output();
    schemas(&output).iter().for_each(|(path, schema)| described(path, schema));
}

#[test]
fn every_example_is_valid_and_published() {
    let output = output();
    let examples = json(&output, "examples.json");
    let examples = examples.as_array().unwrap();
    assert!(examples.len() >= 11);
    for example in examples {
        let tool = example["tool"].as_str().unwrap();
        let schema = json(&output, &format!("schemas/{tool}.input.json"));
        let errors: Vec<String> =
            validator(&schema).iter_errors(&example["input"]).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{tool}: {errors:?}");
        assert!(schema["examples"].as_array().unwrap().contains(&example["input"]), "{tool}");
        for given in example["given"].as_array().unwrap() {
            let schema = json(&output, &format!("schemas/{}.input.json", given["tool"].as_str().unwrap()));
            assert!(validator(&schema).is_valid(&given["input"]), "{given}");
        }
    }
}

#[test]
fn every_default_is_valid() {
    let output = output();
    for (path, schema) in schemas(&output).iter().filter(|(path, _)| path.ends_with(".input.json")) {
        for (name, property) in schema["properties"].as_object().unwrap() {
            if let Some(default) = property.get("default") {
                assert!(validator(property).is_valid(default), "{path} {name}");
            }
        }
    }
}

#[test]
fn no_generated_type_that_holds_secrets_can_be_printed() {
    let output = output();
    for (module, secret) in
        [("todo", "TasksRow"), ("todo", "Subtask"), ("notes", "SearchInput"), ("journal", "AddOutput")]
    {
        let text = &output.files[&format!("{FOLDER}/{module}.rs")];
        let before = text.split(&format!("pub struct {secret} ")).next().unwrap();
        let derive = before.rsplit("#[derive(").next().unwrap().split(')').next().unwrap();
        assert!(!derive.contains("Debug"), "{secret}: {derive}");
    }
}

/// What the generated Rust says about secrets, in one place: exactly these inputs are sensitive, these fields encrypted.
#[test]
fn exactly_the_right_fields_are_sensitive_and_encrypted() {
    let output = output();
    let marked = |word: &str| {
        let mut found = Vec::new();
        for (path, text) in output.files.iter().filter(|(path, _)| path.ends_with(".rs")) {
            let module = path.trim_end_matches(".rs").rsplit('/').next().unwrap();
            let mut owner = "";
            let mut waiting = false;
            for line in text.lines() {
                if let Some(rest) = line.strip_prefix("pub struct ") {
                    owner = rest.split([' ', ';']).next().unwrap();
                }
                waiting |= line.trim_start().starts_with("#[") && line.contains(word);
                if let Some(rest) = line.strip_prefix("    pub ") {
                    if waiting {
                        found.push(format!("{module}.{owner}.{}", rest.split(':').next().unwrap()));
                    }
                    waiting = false;
                }
            }
        }
        found
    };
    assert_eq!(
        marked("sensitive"),
        [
            "journal.AddInput.title",
            "journal.AddInput.content",
            "notes.CreateInput.title",
            "notes.CreateInput.content",
            "notes.SearchInput.query",
            "todo.CreateInput.title",
            "todo.CreateInput.description",
        ]
    );
    assert_eq!(
        marked("encrypted"),
        [
            "journal.JournalEntriesRow.title",
            "journal.JournalEntriesRow.content",
            "notes.NotesRow.title",
            "notes.NotesRow.content",
            "todo.TasksRow.title",
            "todo.TasksRow.description",
            "todo.TasksRow.subtasks",
            "todo.TasksRow.metadata",
        ]
    );
}
