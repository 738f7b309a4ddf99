//! The official clients sign in with OAuth, through a browser that a script plays.

use mana_mcp_tests::{
    Gateway, Launch, Person, browser,
    clients::{folder, program},
    http,
};
use reqwest::Url;
use rmcp::{
    ServiceExt,
    model::{CallToolRequestParams, ClientConfig},
    service::{RoleClient, RunningService},
    transport::{
        AuthorizationManager, StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::process::Command;

/// Runs a client that signs in, calls a tool, and calls it again with a token that has ended. Returns what it says of that.
async fn signs_in(mut client: Command) -> Value {
    let gateway = Gateway::start_shipped().await;
    client.env("MCP_URL", gateway.url("/mcp")).env("MCP_CODE", browser::code(&gateway).await);
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

async fn connected(gateway: &Gateway, manager: AuthorizationManager) -> RunningService<RoleClient, ClientConfig> {
    let config = StreamableHttpClientTransportConfig::with_uri(gateway.url("/mcp"));
    let client = AuthClient::new(http().clone(), manager);
    ClientConfig::default().serve(StreamableHttpClientTransport::with_client(client, config)).await.unwrap()
}

#[tokio::test]
async fn rust_client_signs_in() {
    let gateway = Gateway::start_shipped().await;
    let person = Person::at(&gateway).await;
    let mut state = OAuthState::new(gateway.url("/mcp"), Some(http().clone())).await.unwrap();
    let request = AuthorizationRequest::new("http://127.0.0.1:4466/callback").with_client_name("Rust client");
    state.start_authorization(request).await.unwrap();
    let asked = Url::parse(&state.get_authorization_url().await.unwrap()).unwrap();
    assert!(asked.query_pairs().any(|(name, value)| name == "resource" && value == gateway.url("/mcp")), "{asked}");

    state.handle_callback_url(&person.allow(&asked).await).await.unwrap();
    let (_, granted) = state.get_credentials().await.unwrap();
    let granted = json!(granted.unwrap());
    assert_eq!(granted["scope"], "mana:read mana:write mana:delete offline_access");
    state.refresh_token().await.unwrap();
    let refreshed = json!(state.get_credentials().await.unwrap().1.unwrap());
    for token in ["access_token", "refresh_token"] {
        assert_ne!(granted[token], refreshed[token], "{token}");
    }

    let client = connected(&gateway, state.into_authorization_manager().unwrap()).await;
    assert!(!client.list_all_tools().await.unwrap().is_empty());
    let result = client.call_tool(CallToolRequestParams::new("spaces_list")).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    client.cancel().await.unwrap();
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
