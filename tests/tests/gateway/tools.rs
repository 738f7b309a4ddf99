//! What the tools do, seen by a caller in either revision.

mod rows;

use mana_mcp_tests::{Gateway, Launch, Mcp, Program, Revision};
use serde_json::{Value, json};

/// The tools of the fixture that fail on every call.
pub(super) const FAILING: [&str; 3] = ["probe.crash", "probe.fail", "test.error_handling"];

const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn the_list_is_the_catalog_in_name_order() {
    for program in [Program::Fixture, Program::Shipped] {
        let described = program.tools();
        // As the catalog names them.
        let gateway = Launch::of(program).env("TOOL_NAMES", "dotted").start().await;
        let token = gateway.token("ada@example.org").await;
        for revision in Revision::ALL {
            let mcp = Mcp::connect(&gateway, &token, revision).await.at("/all");
            let answer = mcp.request("tools/list", json!({})).await;
            let listed = answer.result()["tools"].clone();
            let listed = listed.as_array().unwrap();
            let names: Vec<_> = listed.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
            assert!(names.is_sorted(), "{names:?}");
            assert_eq!(names, program.tool_names());
            for (tool, described) in listed.iter().zip(&described) {
                assert_is_listed_as_described(tool, described);
            }
            let again = mcp.request("tools/list", json!({})).await;
            assert_eq!(answer.result(), again.result(), "the list is the same each time");
        }
    }
}

/// Compares a tool in the list with what the catalog says of it.
fn assert_is_listed_as_described(tool: &Value, described: &Value) {
    let name = tool["name"].as_str().unwrap();
    assert!(!tool["title"].as_str().unwrap().is_empty(), "{name}");
    assert!(tool["description"].as_str().unwrap().len() > 40, "{name} is not described");
    for text in ["title", "description"] {
        assert_eq!(tool[text], described[text], "{name}");
    }
    for schema in ["inputSchema", "outputSchema"] {
        assert_eq!(tool[schema], described[schema], "{name}");
        assert_eq!(tool[schema]["type"], "object", "{name} {schema}");
        jsonschema::meta::validate(&tool[schema]).unwrap_or_else(|error| panic!("{name} {schema}: {error}"));
    }
    assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
    let (hints, effect) = (&tool["annotations"], &described["policyHint"]);
    assert_eq!(hints["readOnlyHint"], *effect == "read", "{name}");
    // What is called through another tool may reach out.
    assert_eq!(hints["openWorldHint"], ["catalog.call", "catalog.read"].contains(&name), "{name}");
    if *effect != "read" {
        // What `catalog.call` calls may be.
        let may_destroy = *effect == "destructive" || name == "catalog.call";
        assert_eq!(hints["destructiveHint"], may_destroy, "{name}");
        assert_eq!(hints["idempotentHint"], described["idempotent"], "{name}");
    }
}

#[tokio::test]
async fn a_tool_of_the_scope_admin_is_not_served() {
    let gateway = Launch::new().env("POLICY_MODE", "off").start().await;
    let token = gateway.token("ada@example.org").await;
    assert!(!Program::Fixture.tool_names().contains(&"probe.erase".to_owned()));
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let (admin, unknown) = (mcp.call("probe.erase", json!({})).await, mcp.call("probe.unknown", json!({})).await);
        assert_eq!(admin.error_code(), -32602, "{admin:?}");
        assert_eq!((admin.status, admin.error_code()), (unknown.status, unknown.error_code()));
        let misspelled = mcp.call("probe.eras", json!({})).await;
        assert!(!misspelled.text.contains("probe.erase"), "it is not proposed either: {misspelled:?}");
    }
}

#[tokio::test]
async fn a_tool_that_fails_says_why_and_one_that_panics_is_a_fault_of_the_gateway() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let text = mcp.call("probe.fail", json!({ "id": NOBODYS })).await.tool_error();
        assert!(text.contains("no such probe") && text.contains(NOBODYS), "{text}");
        let crashed = mcp.call("probe.crash", json!({})).await;
        assert!(!crashed.text.contains("on purpose"), "what a panic says is for operators: {crashed:?}");
        assert!(crashed.message()["error"]["code"] == -32603 || crashed.result()["isError"] == true, "{crashed:?}");
        // The next call finds everything in its place.
        mcp.call("probe.slow", json!({ "milliseconds": 0 })).await.structured();
    }
    // An operator finds the panic in the log.
    gateway.printed("panic").await;
}

#[tokio::test]
async fn a_slow_tool_holds_nobody_else() {
    let gateway = Gateway::start().await;
    let (ada, bob) = (Mcp::user(&gateway, "ada@example.org").await, Mcp::user(&gateway, "bob@example.org").await);
    let others = async {
        for _ in 0..5 {
            bob.call("habits.list", json!({})).await.structured();
        }
    };
    let slow = ada.call("probe.slow", json!({ "milliseconds": 3000 }));
    tokio::pin!(slow);
    tokio::select! { answer = &mut slow => panic!("{answer:?}"), () = others => {} }
    assert_eq!(slow.await.structured(), json!({ "milliseconds": 3000 }));
}

#[tokio::test]
async fn a_call_answers_with_structured_content_and_the_same_as_compact_text() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let answer = mcp.call("habits.create", json!({ "title": "Drink water" })).await;
        let result = answer.result();
        let content = result["content"].as_array().unwrap();
        assert_eq!(content.len(), 1);
        assert_eq!(content[0]["type"], "text");
        let text = content[0]["text"].as_str().unwrap();
        assert_eq!(text, result["structuredContent"].to_string(), "compact, and nothing else");
        assert_ne!(result["isError"], true);
    }
}

#[tokio::test]
async fn a_new_user_has_one_personal_space_and_it_is_active() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let listed = mcp.call("spaces.list", json!({})).await.structured();
    let spaces = listed["spaces"].as_array().unwrap();
    assert_eq!(spaces.len(), 1, "{listed}");
    assert_eq!(spaces[0]["type"], "personal");
    assert_eq!(listed["activeSpaceId"], spaces[0]["id"]);
    assert!(spaces[0].get("slug").is_none_or(|slug| slug.is_string()), "left out where there is none");
    let named = mcp.with_space(spaces[0]["id"].as_str().unwrap());
    assert_eq!(named.call("spaces.list", json!({})).await.structured(), listed);
}

#[tokio::test]
async fn both_spellings_of_a_name_are_accepted_and_one_is_listed() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let listed = mcp.request("tools/list", json!({})).await.result();
    let names: Vec<String> =
        listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    let dotted = Program::Fixture.tool_names();
    // Two have the names that hosts want.
    let listed = |name: &String| match name.as_str() {
        "suite.fetch" | "suite.search" => name.replace("suite.", ""),
        name => name.replace('.', "_"),
    };
    let mut underscored: Vec<_> = dotted.iter().map(listed).collect();
    underscored.sort();
    assert_eq!(names, underscored);
    for name in ["spaces.list", "spaces_list", "spaces-list", "mcp__mana__spaces_list", "mana-spaces-list"] {
        mcp.call(name, json!({})).await.structured();
    }
}

#[tokio::test]
async fn an_unknown_tool_is_refused_with_the_nearest_name() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let answer = mcp.call("habits.crate", json!({})).await;
        assert_eq!(answer.error_code(), -32602, "{answer:?}");
        let error = answer.message()["error"].clone();
        assert!(error.to_string().contains("habits_create"), "the nearest name helps: {error}");
    }
}

/// The published schemas as one text.
async fn schemas() -> String {
    let gateway = Gateway::start().await;
    let listed = Mcp::user(&gateway, "ada@example.org").await.request("tools/list", json!({})).await.result();
    let tools = listed["tools"].as_array().unwrap();
    tools.iter().map(|tool| format!("{}{}", tool["inputSchema"], tool["outputSchema"])).collect()
}

#[tokio::test]
async fn no_schema_mirrors_an_argument_into_a_header() {
    let schemas = schemas().await;
    assert!(schemas.contains("\"title\""));
    assert!(!schemas.contains("x-mcp-header"), "no argument may stand in a header: headers are logged on the way");
}

#[tokio::test]
async fn no_schema_refers_to_another_document() {
    let schemas = schemas().await;
    for (at, _) in schemas.match_indices("\"$ref\":\"") {
        assert!(schemas[at..].starts_with("\"$ref\":\"#/"), "{:.80}", &schemas[at..]);
    }
}
