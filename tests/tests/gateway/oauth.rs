//! The official clients sign in with OAuth, through a browser that a script plays.

use mana_mcp_tests::{Gateway, Launch, clients::program, http};
use serde_json::{Value, json};

/// The code for the browser, as the gateway prints it.
async fn code(gateway: &Gateway) -> String {
    gateway.printed("The browser asks for this code once: ").await;
    let log = gateway.log();
    let (_, rest) = log.split_once("The browser asks for this code once: ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn signs_in(client: &str, installed: &str) {
    let gateway = Gateway::start_shipped().await;
    let mut node = program("node", &format!("ts/node_modules/@modelcontextprotocol/{installed}"));
    node.arg("ts/oauth.mjs").env("MCP_URL", gateway.url("/mcp")).env("MCP_CLIENT", client);
    let output = node.env("MCP_CODE", code(&gateway).await).output().await.unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{client}: {complaints}\n{}", gateway.log());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["refused"], "UnauthorizedError");
    assert_eq!(summary["granted"], "mana:read mana:write mana:delete offline_access");
    assert_eq!(summary["resource"], gateway.url("/mcp"));
    assert_eq!(summary["isError"], json!([false, false]), "{summary}");
    assert_eq!(summary["isRefreshed"], true, "{summary}");
    assert!(summary["tools"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn typescript_client_signs_in() {
    signs_in("client", "client").await;
}

#[tokio::test]
async fn typescript_sdk_signs_in() {
    signs_in("sdk", "sdk").await;
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
