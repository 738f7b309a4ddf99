//! The official clients list the fixture's tools and call those of `calls.json`, in each revision
//! that they know.

use std::collections::{BTreeSet, HashMap};

use mana_mcp_tests::{
    Gateway, Launch, Program, Revision,
    clients::{Call, Client, Summary, calls},
};
use rmcp::{
    ServiceExt,
    model::{CallToolRequestParams, ClientConfig, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::Value;

use super::examples::listed_name;

/// The settings of `TOOL_NAMES`, and the separator that each lists.
const SPELLINGS: [(&str, &str); 2] = [("underscored", "_"), ("dotted", ".")];

fn assert_all_succeeded(summary: &Summary, revision: Revision, separator: &str) {
    assert_eq!(summary.protocol_version, revision.as_str());
    let is_dotted = separator == ".";
    let listed = |name: &String| if is_dotted { name.clone() } else { listed_name(name) };
    let mut names: Vec<_> = Program::Fixture.tool_names().iter().map(listed).collect();
    names.sort();
    assert_eq!(summary.tools, names);
    for Call { tool, is_error, structured, text } in &summary.calls {
        assert!(!is_error, "{tool}: {text:?}");
        let text = text.as_deref().unwrap_or_else(|| panic!("{tool} answered without a text"));
        assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), structured, "{tool}");
    }
    assert_eq!(summary.calls.len(), calls().len());
    let found = summary.calls.iter().find(|call| call.tool == "notes.search").unwrap();
    assert_eq!(found.structured["notes"][0]["title"], "Grüße", "what was written is read back");
}

/// A client validates what it gets against the published schemas: that all tools are called
/// matters.
#[test]
fn the_clients_call_every_tool_that_can_succeed() {
    let called: BTreeSet<String> = calls().iter().map(|call| call["tool"].as_str().unwrap().to_owned()).collect();
    let mut served: BTreeSet<String> = Program::Fixture.tool_names().into_iter().collect();
    for failing in super::tools::FAILING {
        assert!(served.remove(failing), "{failing}");
    }
    assert_eq!(called, served);
}

async fn run(client: Client, revision: Revision) {
    for (spelling, separator) in SPELLINGS {
        let gateway = undisturbed(spelling).await;
        let token = gateway.token("ada@example.org").await;
        assert_all_succeeded(&client.run(&gateway, &token, revision).await, revision, separator);
    }
}

#[tokio::test]
async fn typescript_client_in_2025_11_25() {
    run(Client::TypeScript, Revision::V2025).await;
}

#[tokio::test]
async fn typescript_client_in_2026_07_28() {
    run(Client::TypeScript, Revision::V2026).await;
}

#[tokio::test]
async fn typescript_sdk_in_2025_11_25() {
    run(Client::TypeScriptSdk, Revision::V2025).await;
}

#[tokio::test]
async fn python_client_in_2025_11_25() {
    run(Client::Python, Revision::V2025).await;
}

#[tokio::test]
async fn python_client_in_2026_07_28() {
    run(Client::Python, Revision::V2026).await;
}

#[tokio::test]
async fn rust_client_in_2025_11_25() {
    for (spelling, separator) in SPELLINGS {
        let gateway = undisturbed(spelling).await;
        let token = gateway.token("ada@example.org").await;
        let mut config = ClientConfig::default();
        config.protocol_version = ProtocolVersion::V_2025_11_25;
        let client = config.serve(transport(&gateway, &token)).await.unwrap();
        assert_all_succeeded(&summary(&client).await, Revision::V2025, separator);
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn rust_client_in_2026_07_28() {
    for (spelling, separator) in SPELLINGS {
        let gateway = undisturbed(spelling).await;
        let token = gateway.token("ada@example.org").await;
        let lifecycle = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
        let client =
            ClientConfig::default().serve_with_lifecycle(transport(&gateway, &token), lifecycle).await.unwrap();
        assert_all_succeeded(&summary(&client).await, Revision::V2026, separator);
        client.cancel().await.unwrap();
    }
}

/// A gateway without a policy: the clients also call destructive tools, which no space has allowed.
async fn undisturbed(spelling: &str) -> Gateway {
    Launch::new().env("POLICY_MODE", "off").env("TOOL_NAMES", spelling).start().await
}

fn transport(gateway: &Gateway, token: &str) -> StreamableHttpClientTransport<reqwest::Client> {
    let config = StreamableHttpClientTransportConfig::with_uri(gateway.url("/mcp")).auth_header(token);
    StreamableHttpClientTransport::with_client(mana_mcp_tests::http().clone(), config)
}

/// What the other clients print, made with rmcp's.
async fn summary(client: &rmcp::service::RunningService<rmcp::RoleClient, ClientConfig>) -> Summary {
    let protocol_version = client.peer_info().unwrap().protocol_version.to_string();
    let tools = client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.into_owned()).collect();
    let (mut kept, mut made) = (HashMap::<String, Value>::new(), Vec::new());
    for call in calls() {
        let mut arguments = call["arguments"].as_object().unwrap().clone();
        for value in arguments.values_mut() {
            if let Some(name) = value.as_str().and_then(|text| text.strip_prefix('$')) {
                *value = kept[name].clone();
            }
        }
        let tool = call["tool"].as_str().unwrap().to_owned();
        let request = CallToolRequestParams::new(tool.clone()).with_arguments(arguments);
        let result = client.call_tool(request).await.unwrap();
        let structured = result.structured_content.clone().unwrap_or_default();
        for (name, pointer) in call["keep"].as_object().into_iter().flatten() {
            kept.insert(name.clone(), structured.pointer(pointer.as_str().unwrap()).unwrap().clone());
        }
        let text = result.content.first().and_then(|content| content.as_text()).map(|text| text.text.to_string());
        made.push(Call { tool, is_error: result.is_error.unwrap_or(false), structured, text });
    }
    Summary { protocol_version, tools, calls: made }
}
