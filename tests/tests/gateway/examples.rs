//! The examples of the real catalog, run as they stand by the shipped program.

use mana_mcp_tests::{Gateway, Mcp, Program};
use serde_json::{Value, json};

/// Examples of tools that act on a row name a row of nobody's: the row is made, and its id put in.
async fn with_live_id(mcp: &Mcp<'_>, tool: &str, mut arguments: Value) -> Value {
    if arguments.get("id").is_some() {
        let module = tool.split('.').next().unwrap();
        let created = mcp.call(&format!("{module}.create"), json!({ "title": "For the example" })).await.structured();
        let row = created.as_object().unwrap().values().next().unwrap();
        arguments["id"] = row["id"].clone();
    }
    arguments
}

#[tokio::test]
async fn every_published_example_succeeds_and_fits_both_schemas() {
    let gateway = Gateway::start_shipped().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let listed = mcp.request("tools/list", json!({})).await.result();
    let mut run = 0;
    for tool in listed["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let validator = |schema| {
            jsonschema::options()
                .should_validate_formats(true)
                .build(&tool[schema])
                .unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        let (input, output) = (validator("inputSchema"), validator("outputSchema"));
        let examples = tool["inputSchema"]["examples"].as_array().unwrap_or_else(|| panic!("{name} has no example"));
        for example in examples {
            assert!(input.is_valid(example), "{name}: {example}");
            let arguments = with_live_id(&mcp, name, example.clone()).await;
            let structured = mcp.call(name, arguments).await.structured();
            let faults: Vec<String> = output.iter_errors(&structured).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{name}: {faults:?} in {structured}");
            run += 1;
        }
    }
    assert!(run >= Program::Shipped.tools().len(), "each tool has at least one");
}

/// Every id that stands in `names`, at any depth, as the other one of its pair.
fn renamed(value: &Value, names: &[(String, String)]) -> Value {
    match value {
        Value::String(text) => {
            let known = names.iter().find(|(from, _)| from == text);
            json!(known.map_or(text, |(_, to)| to))
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

/// The examples as the catalog writes them: what comes before each is done, and what comes back is what it promises.
#[tokio::test]
async fn every_example_of_the_catalog_returns_what_it_says() {
    let path = mana_mcp_tests::repository().join("gateway/crates/catalog/src/generated/examples.json");
    let examples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(examples.len() >= Program::Shipped.tools().len(), "each tool has at least one");
    let gateway = Gateway::start_shipped().await;
    for (index, example) in examples.iter().enumerate() {
        // Each has a person of its own: an example begins with nothing but what it names.
        let mcp = Mcp::user(&gateway, &format!("example{index}@example.org")).await;
        let told = format!("{}: {}", example["tool"], example["name"]);
        let mut names: Vec<(String, String)> = Vec::new();
        for given in example["given"].as_array().unwrap() {
            let made = mcp.call(given["tool"].as_str().unwrap(), renamed(&given["input"], &names)).await.structured();
            let row = made.as_object().unwrap().values().next().unwrap();
            if let Some(id) = given["id"].as_str() {
                names.push((id.to_owned(), row["id"].as_str().unwrap().to_owned()));
            }
        }
        let result = mcp.call(example["tool"].as_str().unwrap(), renamed(&example["input"], &names)).await.structured();
        let wanted = renamed(&example["output"], &names);
        assert!(holds(&result, &wanted), "{told}: {result} does not hold {wanted}");
    }
}
