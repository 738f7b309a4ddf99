//! What a grant allows, and what not, by any path.

use http::StatusCode;
use serde_json::{Value, json};

use crate::oauth::testing::{Browser, Gateway};

const READ: (&str, &str) = ("scope", "mana:read");
const WRITE: (&str, &str) = ("scope", "mana:write");

fn is_error(answer: &Value) -> bool {
    answer["result"]["isError"] == true
}

#[tokio::test]
async fn effects_are_granted_one_by_one() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let reader = gateway.tokens(&client, &[READ]).await.access;
    let listed = gateway.call("/mcp", &reader, "habits.list", json!({})).await;
    assert_eq!(listed.status, StatusCode::OK);
    for path in ["/mcp", "/mcp/x/habits"] {
        for spelling in ["habits.create", "habits_create"] {
            let refused = gateway.call(path, &reader, spelling, json!({ "title": "Read" })).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
            let challenge = refused.header("www-authenticate");
            assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
            assert!(challenge.contains("scope=\"mana:read mana:write\""), "{challenge}");
            assert!(challenge.contains("resource_metadata="), "{challenge}");
            assert_eq!(refused.json()["id"], 1);
        }
    }
    let writer = gateway.tokens(&client, &[READ, WRITE]).await.access;
    let made = gateway.call("/mcp", &writer, "habits.create", json!({ "title": "Read" })).await;
    assert_eq!(made.status, StatusCode::OK);
    let id = made.json()["result"]["structuredContent"]["habit"]["id"].as_str().unwrap().to_owned();
    let refused = gateway.call("/mcp", &writer, "habits.delete", json!({ "id": id })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(refused.header("www-authenticate").contains("mana:delete"));
    let all = gateway.tokens(&client, &[READ, WRITE, ("scope", "mana:delete")]).await.access;
    let deleted = gateway.call("/mcp", &all, "habits.delete", json!({ "id": id })).await.json();
    assert!(!is_error(&deleted), "{deleted}");
}

#[tokio::test]
async fn deleting_is_not_ticked_beforehand() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let code = gateway.allow(&Browser::default(), &client, &[], &[]).await["code"].clone();
    assert_eq!(gateway.redeem(&client, &code, &[]).await.json()["scope"], "mana:read mana:write offline_access");
}

#[tokio::test]
async fn no_more_is_granted_than_was_asked_for() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let asked = [("scope", "mana:read")];
    let code = gateway.allow(&Browser::default(), &client, &asked, &[READ, WRITE]).await["code"].clone();
    assert_eq!(gateway.redeem(&client, &code, &[]).await.json()["scope"], "mana:read offline_access");
}

#[tokio::test]
async fn a_module_that_is_left_out_is_reached_by_no_path() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let token = gateway.tokens(&client, &[("module", "habits"), ("module", "nonsense")]).await.access;
    let allowed = gateway.call("/mcp", &token, "habits.list", json!({})).await.json();
    assert!(!is_error(&allowed), "{allowed}");
    for path in ["/mcp", "/mcp/x/notes", "/mcp/x/notes,habits", "/mcp/readonly"] {
        for spelling in ["notes.search", "notes_search"] {
            let answer = gateway.call(path, &token, spelling, json!({})).await;
            assert_eq!(answer.status, StatusCode::OK);
            let answer = answer.json();
            assert!(is_error(&answer), "{path}: {answer}");
            let text = answer["result"]["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("did not grant this program notes"), "{text}");
        }
    }
}

/// What a program receives that calls a tool.
async fn told(gateway: &Gateway, path: &str, token: &str, tool: &str, arguments: Value) -> Value {
    let answer = gateway.call(path, token, tool, arguments).await.json();
    match is_error(&answer) {
        true => answer["result"]["content"][0]["text"].clone(),
        false => answer["result"]["structuredContent"].clone(),
    }
}

#[tokio::test]
async fn a_module_that_is_left_out_is_neither_searched_nor_read() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let all = gateway.tokens(&client, &[]).await.access;
    let task = json!({ "title": "Saxifrage on the wall." });
    let task = told(&gateway, "/mcp", &all, "todo.create", task).await["task"]["id"].as_str().unwrap().to_owned();
    told(&gateway, "/mcp", &all, "notes.create", json!({ "title": "Saxifrage" })).await;
    let query = json!({ "query": "saxifrage" });
    let found = told(&gateway, "/mcp", &all, "search", query.clone()).await;
    assert_eq!(found["total"], 2, "{found}");
    let id = found["results"].as_array().unwrap().iter().find(|row| row["module"] == "todo").unwrap()["id"].clone();
    assert!(id.as_str().unwrap().ends_with(&task), "{found}");

    let modules = [("module", "notes"), ("module", "suite"), ("module", "catalog")];
    let token = gateway.tokens(&client, &modules).await.access;
    let within = |tool: &str, arguments: Value| json!({ "tool": tool, "arguments": arguments });
    for path in ["/mcp", "/mcp/all", "/mcp/x/suite", "/mcp/x/suite/readonly"] {
        for (tool, arguments) in [
            ("search", query.clone()),
            ("suite.search", query.clone()),
            ("suite_search", query.clone()),
            ("catalog.read", within("search", query.clone())),
        ] {
            let found = told(&gateway, path, &token, tool, arguments).await;
            assert_eq!(
                (&found["total"], &found["results"][0]["module"]),
                (&json!(1), &json!("notes")),
                "{path}: {found}"
            );
        }
        for (tool, arguments) in [
            ("search", json!({ "query": "saxifrage", "modules": ["todo"] })),
            ("search", json!({ "query": "saxifrage", "modules": ["notes", "todo"] })),
            ("fetch", json!({ "id": id })),
            ("fetch", json!({ "id": "todo.nothing:x" })),
            ("catalog.read", within("fetch", json!({ "id": id }))),
        ] {
            let text = told(&gateway, path, &token, tool, arguments.clone()).await;
            let refused = text.as_str().is_some_and(|text| text.contains("did not grant this program todo"));
            assert!(refused, "{path} {tool} {arguments}: {text}");
        }
    }
    for (tool, arguments) in [("catalog.call", within("todo.list", json!({}))), ("todo.list", json!({}))] {
        let text = told(&gateway, "/mcp", &token, tool, arguments).await;
        assert!(text.as_str().unwrap().contains("did not grant this program todo"), "{tool}: {text}");
    }
    // Without the two tools themselves.
    let token = gateway.tokens(&client, &[("module", "notes")]).await.access;
    let text = told(&gateway, "/mcp", &token, "search", query).await;
    assert!(text.as_str().unwrap().contains("did not grant this program suite"), "{text}");
}

#[tokio::test]
async fn spaces_that_are_left_out_are_neither_used_nor_named() {
    use mana_mcp_runtime::space::SpaceType;
    let gateway = Gateway::start().await;
    gateway.entry_code("me@localhost").await;
    let standalone = gateway.running.standalone().unwrap();
    let team = standalone.create_space("me@localhost", "Team", SpaceType::Team).unwrap();
    let client = gateway.register().await;
    let token = gateway.tokens(&client, &[("space", &team)]).await.access;
    // The only one is the default.
    let listed = gateway.call("/mcp", &token, "spaces.list", json!({})).await.json();
    assert_eq!(listed["result"]["_meta"]["mana/space"], team);
    let spaces = listed["result"]["structuredContent"]["spaces"].as_array().unwrap().clone();
    assert_eq!(spaces.len(), 1, "{spaces:?}");
    let all = gateway.tokens(&client, &[]).await.access;
    let listed = gateway.call("/mcp", &all, "spaces.list", json!({})).await.json();
    let spaces = listed["result"]["structuredContent"]["spaces"].as_array().unwrap().clone();
    assert_eq!(spaces.len(), 2);
    let personal = spaces.iter().find(|space| space["id"] != team.as_str()).unwrap()["id"].as_str().unwrap();
    // A new grant of the same program takes the place of the former.
    assert!(!gateway.takes(&token).await);
    let token = gateway.tokens(&client, &[("space", &team)]).await.access;
    let answer = gateway.call(&format!("/mcp?space={personal}"), &token, "habits.list", json!({})).await.json();
    assert!(is_error(&answer), "{answer}");
}

#[tokio::test]
async fn a_token_of_the_command_is_the_same_user_with_all_rights() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let granted = gateway.tokens(&client, &[]).await.access;
    let standalone = gateway.running.standalone().unwrap();
    let own = standalone.issue_token("me@localhost", std::time::Duration::from_secs(60)).unwrap();
    let made = gateway.call("/mcp", &granted, "habits.create", json!({ "title": "Read" })).await;
    assert_eq!(made.status, StatusCode::OK);
    let listed = gateway.call("/mcp", &own, "habits.list", json!({})).await.json();
    assert_eq!(listed["result"]["structuredContent"]["habits"].as_array().unwrap().len(), 1);
}
