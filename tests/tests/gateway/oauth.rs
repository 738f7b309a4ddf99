//! The official clients sign in with OAuth, through a browser that a script plays.

use mana_mcp_tests::{
    Gateway, Launch,
    clients::{folder, program},
    http,
};
use serde_json::{Value, json};
use tokio::process::Command;

/// The code for the browser, as the gateway prints it.
async fn code(gateway: &Gateway) -> String {
    gateway.printed("The browser asks for this code once: ").await;
    let log = gateway.log();
    let (_, rest) = log.split_once("The browser asks for this code once: ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Runs a client that signs in, calls a tool, and calls it again with a token that has ended. Returns what it says of that.
async fn signs_in(mut client: Command) -> Value {
    let gateway = Gateway::start_shipped().await;
    client.env("MCP_URL", gateway.url("/mcp")).env("MCP_CODE", code(&gateway).await);
    let output = client.output().await.unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}\n{}", gateway.log());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["granted"], "mana:read mana:write mana:delete offline_access");
    assert_eq!(summary["resource"], gateway.url("/mcp"));
    assert_eq!(summary["isError"], json!([false, false]), "{summary}");
    assert_eq!(summary["isRefreshed"], true, "{summary}");
    assert!(summary["tools"].as_u64().unwrap() > 0);
    summary
}

fn node(client: &str) -> Command {
    let mut node = program("node", &format!("ts/node_modules/@modelcontextprotocol/{client}"));
    node.arg("ts/oauth.mjs").env("MCP_CLIENT", client);
    node
}

#[tokio::test]
async fn typescript_client_signs_in() {
    assert_eq!(signs_in(node("client")).await["refused"], "UnauthorizedError");
}

#[tokio::test]
async fn typescript_sdk_signs_in() {
    assert_eq!(signs_in(node("sdk")).await["refused"], "UnauthorizedError");
}

#[tokio::test]
async fn python_client_signs_in() {
    let python = folder().join("python/.venv/bin/python");
    let mut python = program(python.to_str().unwrap(), "python/.venv/bin/python");
    python.arg("python/oauth.py");
    signs_in(python).await;
}

#[tokio::test]
async fn a_gateway_that_others_reach_issues_no_tokens() {
    let gateway = Launch::shipped().env("PUBLIC_URL", "https://mcp.example").start().await;
    for path in ["/register", "/token", "/authorize", "/.well-known/oauth-authorization-server"] {
        let answer = http().get(gateway.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_request", "{path}");
    }
}
