//! The editor's schemas take what the compiler takes, and refuse a key that it does not know.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::{Diagnostics, Sources, compile, yaml};
use serde_json::Value as Json;

/// All YAML files of a folder of the repository.
fn yaml_files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

fn is_registry(path: &Path) -> bool {
    path.file_name().unwrap() == "crypto.yaml"
}

/// A source as JSON, by the compiler's own parser.
fn json(text: &str) -> Json {
    let sources: Sources = [("file.yaml", text)].into_iter().collect();
    let mut problems = Diagnostics::default();
    let tree = yaml::parse(sources.iter().next().unwrap().0, text, &mut problems).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    tree.to_json()
}

fn validator(name: &str) -> jsonschema::Validator {
    let files =
        compile(&[("catalog/a.yaml", "module: a\nsummary: A.\ntools: {}\n")].into_iter().collect()).unwrap().files;
    let schema: Json = serde_json::from_str(&files[&format!("catalog/schema/{name}.json")]).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_source_fits_the_schema_that_it_names() {
    let (module, registry) = (validator("module"), validator("crypto"));
    for (path, text) in yaml_files("../catalog") {
        let name = if is_registry(&path) { "crypto" } else { "module" };
        let line = format!("# yaml-language-server: $schema=schema/{name}.json\n");
        assert!(text.starts_with(&line), "{} does not begin with {line}", path.display());
    }
    for folder in ["../catalog", "tests/goldens/kitchen"] {
        for (path, text) in yaml_files(folder) {
            let validator = if is_registry(&path) { &registry } else { &module };
            let source = json(&text);
            let errors: Vec<String> =
                validator.iter_errors(&source).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
    }
}

/// Every mapping of a source whose keys are fixed, once with a key too many.
#[test]
fn a_key_that_the_compiler_does_not_know_is_refused() {
    let module = validator("module");
    let (_, text) = yaml_files("../catalog").into_iter().find(|(path, _)| path.ends_with("todo.yaml")).unwrap();
    let source = json(&text);
    for pointer in [
        "",
        "/types/Priority",
        "/tables/tasks",
        "/tables/tasks/record",
        "/tools/create",
        "/tools/create/input/properties/title",
        "/tools/create/action",
        "/tools/create/action/insert",
        "/tools/list/action/list",
        "/tools/complete/action/update",
        "/tools/list/action/list/where/isCompleted",
        "/tools/list/examples/0",
        "/tools/list/examples/0/given/0",
    ] {
        let mut wrong = source.clone();
        wrong.pointer_mut(pointer).unwrap()["titel"] = Json::from("x");
        assert!(!module.is_valid(&wrong), "{pointer}");
    }
    let mut two = source.clone();
    two["tools"]["create"]["action"]["list"] = source["tools"]["list"]["action"]["list"].clone();
    assert!(!module.is_valid(&two), "an action that does two things");
}
