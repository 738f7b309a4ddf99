//! The examples of both catalogs, run as they stand: the real ones by the shipped program.

use std::collections::BTreeSet;

use mana_mcp_tests::{Launch, Mcp, Program, repository};
use serde_json::Value;

use super::tools::FAILING;

const CATALOGS: [Program; 2] = [Program::Shipped, Program::Fixture];

/// The examples as the catalog writes them, of tools that can succeed.
fn examples(program: Program) -> Vec<Value> {
    let folder = match program {
        Program::Shipped => "gateway/crates/catalog/src/generated",
        Program::Fixture => "tests/fixture/src/generated",
    };
    let path = repository().join(folder).join("examples.json");
    let examples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let served = succeeding(program);
    examples.into_iter().filter(|example| served.iter().any(|tool| tool["name"] == example["tool"])).collect()
}

/// The tools that are served, but for those of the fixture that fail on every call.
fn succeeding(program: Program) -> Vec<Value> {
    program.tools().into_iter().filter(|tool| !FAILING.contains(&text(tool, "name"))).collect()
}

fn text<'a>(example: &'a Value, key: &str) -> &'a str {
    example[key].as_str().unwrap()
}

/// Makes the calls that come before an example. Returns its arguments and its output, with the ids
/// of the rows that these calls made in place of the example's own.
async fn prepared(mcp: &Mcp<'_>, example: &Value) -> (Value, Value) {
    let mut names: Vec<(String, String)> = Vec::new();
    for given in example["given"].as_array().unwrap() {
        let made = mcp.call(text(given, "tool"), renamed(&given["input"], &names)).await.structured();
        let row = made.as_object().unwrap().values().next().unwrap();
        if let Some(id) = given["id"].as_str() {
            names.push((id.to_owned(), text(row, "id").to_owned()));
        }
    }
    (renamed(&example["input"], &names), renamed(&example["output"], &names))
}

#[tokio::test]
async fn every_published_example_succeeds_and_fits_both_schemas() {
    for program in CATALOGS {
        examples_fit_both_schemas(program).await;
    }
}

async fn examples_fit_both_schemas(program: Program) {
    let gateway = Launch::of(program).start().await;
    let examples = examples(program);
    for (index, tool) in succeeding(program).iter().enumerate() {
        let mcp = Mcp::user(&gateway, &format!("tool{index}@example.org")).await;
        let name = text(tool, "name");
        let validator = |schema| {
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&tool[schema]).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let (input, output) = (validator("inputSchema"), validator("outputSchema"));
        let published = tool["inputSchema"]["examples"].as_array().unwrap_or_else(|| panic!("{name} has no example"));
        assert!(!published.is_empty(), "{name} has no example");
        for arguments in published {
            assert!(input.is_valid(arguments), "{name}: {arguments}");
            let is_it = |example: &&Value| text(example, "tool") == name && example["input"] == *arguments;
            let example = examples.iter().find(is_it).unwrap_or_else(|| panic!("{name}: {arguments} is not run"));
            let structured = mcp.call(name, prepared(&mcp, example).await.0).await.structured();
            let faults: Vec<String> = output.iter_errors(&structured).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{name}: {faults:?} in {structured}");
        }
    }
}

/// Every id that stands in `names`, at any depth, as the other one of its pair.
fn renamed(value: &Value, names: &[(String, String)]) -> Value {
    match value {
        Value::String(text) => {
            let known = names.iter().find(|(from, _)| from == text);
            known.map_or(text, |(_, to)| to).as_str().into()
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), renamed(value, names)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Whether `whole` has everything that `part` names: objects may hold more, arrays may not.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, part)| whole.get(name).is_some_and(|whole| holds(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

/// What comes before each example is done, and what comes back is what it promises.
#[tokio::test]
async fn every_example_of_the_catalog_returns_what_it_says() {
    for program in CATALOGS {
        let examples = examples(program);
        let shown: BTreeSet<&str> = examples.iter().map(|example| text(example, "tool")).collect();
        let tools = succeeding(program);
        let served: Vec<&str> = tools.iter().map(|tool| text(tool, "name")).collect();
        assert_eq!(shown.into_iter().collect::<Vec<_>>(), served, "each tool has at least one");
        let gateway = Launch::of(program).start().await;
        for (index, example) in examples.iter().enumerate() {
            // Each has its own user: an example begins with nothing but what it names.
            let mcp = Mcp::user(&gateway, &format!("example{index}@example.org")).await;
            let (input, wanted) = prepared(&mcp, example).await;
            let result = mcp.call(text(example, "tool"), input).await.structured();
            assert!(
                holds(&result, &wanted),
                "{} {}: {result} does not hold {wanted}",
                example["tool"],
                example["name"]
            );
        }
    }
}
