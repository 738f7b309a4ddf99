//! The repository's own catalog: what it publishes is valid, its examples hold, and its output depends on nothing
//! but its sources.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use mana_mcp_codegen::{Code, Diagnostic, Output, Sources, compile};
use serde_json::Value as Json;

/// The sources, by path.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog");
    let read = |folder: &Path, of: &str| -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        yaml.map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (format!("{of}/{name}"), fs::read_to_string(&path).unwrap())
        })
        .collect()
    };
    let mut files = read(&folder, "catalog");
    files.extend(read(&folder.join("services"), "catalog/services"));
    files
}

/// The compiled catalog; it is large, and compiled once.
fn output() -> &'static Output {
    static OUTPUT: LazyLock<Output> = LazyLock::new(|| compile(&files().into_iter().collect::<Sources>()).unwrap());
    &OUTPUT
}

/// Both schemas of every tool, as the manifest holds them, by `<tool>.input` and `<tool>.output`.
fn schemas(output: &Output) -> BTreeMap<String, Json> {
    let manifest: Json = serde_json::from_str(&output.artefacts["catalog.json"]).unwrap();
    let modules = manifest["modules"].as_array().unwrap();
    let tools = modules.iter().flat_map(|module| module["tools"].as_array().unwrap());
    let both = |tool: &Json| {
        let name = tool["name"].as_str().unwrap();
        [("input", "inputSchema"), ("output", "outputSchema")]
            .map(|(what, key)| (format!("{name}.{what}"), tool[key].clone()))
    };
    tools.flat_map(both).collect()
}

fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

#[test]
fn nothing_is_wrong_not_even_a_little() {
    // How large the catalog is as a whole is nothing that the author of one module can change.
    let found: Vec<Diagnostic> =
        output().warnings.iter().filter(|one| one.code() != Code::ToolsetBudget).cloned().collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn output_does_not_depend_on_the_order_of_the_sources() {
    let compiled = |files: &[(String, String)]| {
        let output = compile(&files.iter().cloned().collect::<Sources>()).unwrap();
        (output.code, output.files)
    };
    let mut files = files();
    let first = (output().code.clone(), output().files.clone());
    let half = files.len() / 2;
    files.rotate_left(half);
    assert!(compiled(&files) == first);
    files.reverse();
    assert!(compiled(&files) == first);
}

#[test]
fn every_published_schema_is_valid_and_complete_in_itself() {
    let output = output();
    assert_eq!(schemas(output).len(), 2 * output.interface.len());
    for (path, schema) in schemas(output) {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
        assert_eq!(schema["type"], "object", "{path}");
        assert!(!schema.to_string().contains("$ref"), "{path}");
        let closed = path.ends_with(".input").then_some(&Json::Bool(false));
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
    schemas(output).iter().for_each(|(path, schema)| described(path, schema));
}

#[test]
fn every_example_is_valid_and_published() {
    let output = output();
    let examples: Json = serde_json::from_str(&output.artefacts["examples.json"]).unwrap();
    let examples = examples.as_array().unwrap();
    let schemas = schemas(output);
    assert!(examples.len() >= output.interface.len(), "each tool has at least one");
    // What must be refused may be what the schema refuses; it is not published.
    for example in examples.iter().filter(|example| example.get("refused").is_none_or(Json::is_null)) {
        let tool = example["tool"].as_str().unwrap();
        let schema = &schemas[&format!("{tool}.input")];
        let errors: Vec<String> =
            validator(schema).iter_errors(&example["input"]).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{tool}: {errors:?}");
        assert!(schema["examples"].as_array().unwrap().contains(&example["input"]), "{tool}");
        for given in example["given"].as_array().unwrap().iter().filter(|given| given["tool"].is_string()) {
            let schema = &schemas[&format!("{}.input", given["tool"].as_str().unwrap())];
            assert!(validator(schema).is_valid(&given["input"]), "{given}");
        }
    }
}

#[test]
fn every_default_is_valid() {
    let output = output();
    for (path, schema) in schemas(output).iter().filter(|(path, _)| path.ends_with(".input")) {
        for (name, property) in schema["properties"].as_object().unwrap() {
            if let Some(default) = property.get("default") {
                assert!(validator(property).is_valid(default), "{path} {name}");
            }
        }
    }
}

/// A field or an input of the generated Rust that is marked as secret, and the attributes of its type.
struct Secret {
    module: String,
    owner: String,
    /// The name in JSON.
    field: String,
    derives: String,
}

/// What the generated Rust marks with this word.
fn marked(output: &Output, word: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let name = regex::Regex::new(r#"name = "(\w+)""#).unwrap();
    for (path, text) in output.code.iter() {
        let module = path.trim_end_matches(".rs").rsplit('/').next().unwrap();
        let (mut owner, mut derives, mut attributes) = ("", "", String::new());
        for line in text.lines() {
            if line.starts_with("#[derive(") {
                derives = line;
            }
            if let Some(rest) = line.strip_prefix("pub struct ") {
                owner = rest.split([' ', ';']).next().unwrap();
            }
            let Some(rest) = line.strip_prefix("    pub ") else {
                if line.starts_with("    ") && !line.trim_start().starts_with("///") {
                    attributes.push_str(line);
                } else if !line.starts_with("    ") {
                    attributes.clear();
                }
                continue;
            };
            let attributes = std::mem::take(&mut attributes);
            let Some(attribute) = attributes.split("#[").find(|one| one.contains(word)) else { continue };
            let own = rest.split(':').next().unwrap();
            let field = name.captures(attribute).map_or(own, |name| name.get(1).unwrap().as_str());
            let [module, owner, field, derives] = [module, owner, field, derives].map(str::to_owned);
            found.push(Secret { module, owner, field, derives });
        }
    }
    found
}

/// The modules as they are written.
fn modules() -> Vec<Json> {
    let sources: Sources = files().into_iter().collect();
    let parsed = sources.iter().map(|(file, source)| {
        let mut problems = mana_mcp_codegen::Diagnostics::default();
        mana_mcp_codegen::yaml::parse(file, &source.text, &mut problems).unwrap().to_json()
    });
    parsed.filter(|source| source.get("module").is_some()).collect()
}

fn entries(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

#[test]
fn no_generated_type_that_holds_secrets_can_be_printed() {
    let output = output();
    let secrets = marked(output, "sensitive");
    assert!(!secrets.is_empty());
    for Secret { module, owner, derives, .. } in secrets {
        assert!(!derives.contains("Debug"), "{module}.{owner}: {derives}");
    }
}

/// The generated tables encrypt exactly the fields that the sources list as encrypted.
#[test]
fn exactly_the_listed_fields_are_encrypted() {
    let mut listed: Vec<String> = Vec::new();
    for module in modules() {
        for (table, written) in entries(&module["tables"]) {
            let fields = written["encryptedFields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap());
            listed.extend(fields.map(|field| format!("{table}.{field}")));
        }
    }
    let field = regex::Regex::new(r#"name: "(\w+)",\s*encrypted: true"#).unwrap();
    let name = regex::Regex::new(r#"table: "(\w+)""#).unwrap();
    let mut encrypted: Vec<String> = Vec::new();
    for text in output().code.values() {
        for table in text.split(": TableInfo = ").skip(1) {
            let of = &name.captures(table).unwrap()[1];
            let spec = table.split("types: &[").next().unwrap();
            encrypted.extend(field.captures_iter(spec).map(|field| format!("{of}.{}", &field[1])));
        }
    }
    listed.sort();
    encrypted.sort();
    assert_eq!(encrypted, listed);
}

/// Every table that a value names, with the mapping that names it.
fn uses<'j>(action: &'j Json, found: &mut Vec<(&'j str, &'j Json)>) {
    if let Some(table) = action["table"].as_str() {
        found.push((table, action));
    }
    entries(action).for_each(|(_, inner)| uses(inner, found));
}

/// An input that is stored in an encrypted field as it is, or looked for in one, is never shown; what the manifest says of it
/// is what the generated code does.
#[test]
fn inputs_that_meet_encrypted_fields_are_sensitive() {
    let modules = modules();
    let encrypted = |module: &str, table: &str| -> Vec<String> {
        let (module, table) = table.split_once('.').unwrap_or((module, table));
        let of = modules.iter().find(|one| one["module"] == module).unwrap();
        let fields = of["tables"][table]["encryptedFields"].as_array().unwrap();
        fields.iter().map(|field| field.as_str().unwrap().to_owned()).collect()
    };
    let input = regex::Regex::new(r"^\$\{input\.(\w+)\}$").unwrap();
    let mut wanted: Vec<String> = Vec::new();
    for module in &modules {
        let module_name = module["module"].as_str().unwrap();
        for (tool, written) in entries(&module["tools"]) {
            let mut found = Vec::new();
            uses(&written["action"], &mut found);
            for (table, step) in found {
                let encrypted = encrypted(module_name, table);
                let is_encrypted = |field: &str| encrypted.iter().any(|one| one == field);
                let stored = entries(&step["values"]).filter(|(field, _)| is_encrypted(field)).map(|(_, value)| value);
                let searched = step["search"]["in"].as_array().into_iter().flatten();
                let is_searched = searched.filter_map(Json::as_str).any(is_encrypted);
                let all = stored.chain(is_searched.then_some(&step["search"]["for"]));
                let inputs = all.filter_map(|value| Some(input.captures(value.as_str()?)?[1].to_owned()));
                let given = step["given"].as_array().into_iter().flatten().filter_map(Json::as_str);
                let given = given.filter(|field| is_encrypted(field)).map(str::to_owned);
                wanted.extend(inputs.chain(given).map(|name| format!("{module_name}.{tool}.{name}")));
            }
        }
    }
    let output = output();
    let manifest: Json = serde_json::from_str(&output.artefacts["catalog.json"]).unwrap();
    let tools = manifest["modules"].as_array().unwrap().iter().flat_map(|module| module["tools"].as_array().unwrap());
    let sensitive = tools.flat_map(|tool| {
        let inputs = tool["sensitiveInputs"].as_array().unwrap();
        inputs.iter().map(|input| format!("{}.{}", tool["name"].as_str().unwrap(), input.as_str().unwrap()))
    });
    let mut sensitive: Vec<String> = sensitive.collect();
    sensitive.sort();
    let missing: Vec<&String> = wanted.iter().filter(|name| !sensitive.contains(name)).collect();
    assert!(!wanted.is_empty() && missing.is_empty(), "{missing:?}");
    let marked = marked(output, "sensitive").into_iter().map(|one| {
        let tool = one.owner.strip_suffix("Input").unwrap();
        format!("{}.{}{}.{}", one.module, tool[..1].to_lowercase(), &tool[1..], one.field)
    });
    let mut marked: Vec<String> = marked.collect();
    marked.sort();
    assert_eq!(marked, sensitive);
}
