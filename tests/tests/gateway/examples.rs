//! The examples of the published schemas, run as they stand.

use mana_mcp_tests::{Gateway, Mcp};
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
    let gateway = Gateway::start().await;
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
    assert!(run >= super::tools::TOOLS.len(), "each tool has at least one");
}
