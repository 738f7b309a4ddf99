//! The editor's schemas take what the compiler takes, and refuse a key that it does not know.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::{Diagnostics, Sources, compile, yaml};
use serde_json::Value as Json;

/// All YAML files of a folder of the repository, and of its services.
fn yaml_files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let folders = [folder.clone(), folder.join("services")];
    let paths = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// The name of the schema of a source.
fn schema_of(path: &Path) -> &'static str {
    match path.file_name().unwrap().to_str().unwrap() {
        _ if path.parent().unwrap().ends_with("services") => "service",
        "crypto.yaml" => "crypto",
        "web.yaml" => "web",
        "toolsets.yaml" => "toolsets",
        "words.yaml" => "words",
        _ => "module",
    }
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
    for (path, text) in yaml_files("../catalog") {
        let up = if schema_of(&path) == "service" { "../" } else { "" };
        let line = format!("# yaml-language-server: $schema={up}schema/{}.json\n", schema_of(&path));
        assert!(text.starts_with(&line), "{} does not begin with {line}", path.display());
    }
    for folder in ["../catalog", "tests/goldens/kitchen"] {
        for (path, text) in yaml_files(folder) {
            let validator = validator(schema_of(&path));
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
    let (_, text) =
        yaml_files("tests/goldens/kitchen").into_iter().find(|(path, _)| path.ends_with("kitchen.yaml")).unwrap();
    let source = json(&text);
    for pointer in [
        "",
        "/types/Course",
        "/tables/recipes",
        "/tables/recipes/record",
        "/tools/write",
        "/tools/write/input/properties/title",
        "/tools/write/action",
        "/tools/write/action/insert",
        "/tools/search/action/list",
        "/tools/cook/action/update",
        "/tools/search/action/list/search",
        "/tools/polish/action/steps/spoon",
        "/tools/polish/action/steps/spoon/get",
        "/tools/polish/action/steps/clean/update",
        "/tools/write/examples/0",
    ] {
        let mut wrong = source.clone();
        wrong.pointer_mut(pointer).unwrap()["titel"] = Json::from("x");
        assert!(!module.is_valid(&wrong), "{pointer}");
    }
    let mut two = source.clone();
    two["tools"]["write"]["action"]["list"] = source["tools"]["pots"]["action"]["list"].clone();
    assert!(!module.is_valid(&two), "an action that does two things");

    let toolsets = validator("toolsets");
    let (_, text) =
        yaml_files("tests/goldens/kitchen").into_iter().find(|(path, _)| path.ends_with("toolsets.yaml")).unwrap();
    let source = json(&text);
    for pointer in ["", "/toolsets/people"] {
        let mut wrong = source.clone();
        wrong.pointer_mut(pointer).unwrap()["titel"] = Json::from("x");
        assert!(!toolsets.is_valid(&wrong), "{pointer}");
    }
}
