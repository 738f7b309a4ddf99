//! Calls that take long, answered as streams over real sockets: what clients read, and what becomes of a stream when its
//! client goes or the gateway stops.

use std::{
    future::Future,
    sync::Mutex,
    time::{Duration, Instant},
};

use mana_mcp_tests::{Answer, Gateway, Mcp, Revision, http, services::Services};
use reqwest::{RequestBuilder, Response};
use rmcp::{
    ClientHandler, RoleClient,
    model::{CallToolRequestParams, ClientConfig, ProgressNotificationParam, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, NotificationContext},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

const REVISIONS: [Revision; 2] = [Revision::V2025, Revision::V2026];

/// A call that asks for progress.
fn list(mcp: &Mcp<'_>) -> RequestBuilder {
    let mut body = mcp.body("tools/call", json!({ "name": "habits.list", "arguments": {} }));
    body["params"]["_meta"]["progressToken"] = json!("t");
    mcp.builder("tools/call", Some("habits.list")).json(&body)
}

/// Opens a stream and reads its first event.
async fn open(mcp: &Mcp<'_>) -> (Response, Value) {
    let mut response = list(mcp).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    let data = loop {
        let piece = response.chunk().await.unwrap().expect("an event before the end");
        text.push_str(str::from_utf8(&piece).unwrap());
        if let Some((event, "")) = text.split_once("\n\n") {
            break event.strip_prefix("event: message\ndata: ").unwrap();
        }
    };
    (response, serde_json::from_str(data).unwrap())
}

pub(super) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_slow_call_is_a_stream_of_progress_and_its_result() {
    for revision in REVISIONS {
        let services = Services::held().await;
        let gateway = services.gateway().start().await;
        let mcp = Mcp::connect(&gateway, &services.token("ada"), revision).await;
        let (response, first) = open(&mcp).await;
        assert_eq!(
            (&first["method"], &first["params"]["progressToken"]),
            (&json!("notifications/progress"), &json!("t"))
        );
        assert!(first["params"]["progress"].as_f64().unwrap() >= 1.0, "{first}");
        services.release();
        let answer = Answer::read(response).await;
        assert_eq!(answer.structured(), json!({ "habits": [], "total": 0 }));
        assert!(answer.text.ends_with("\n\n"), "{answer:?}");
        // Nothing is slow any more: one JSON body.
        let answer = Answer::read(list(&mcp).send().await.unwrap()).await;
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.structured(), json!({ "habits": [], "total": 0 }));
    }
}

/// A client that keeps the progress that it gets.
#[derive(Default)]
struct Listener {
    config: ClientConfig,
    progress: Mutex<Vec<f64>>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        self.config.clone()
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.lock().unwrap().push(params.progress);
    }
}

#[tokio::test]
async fn the_official_client_is_told_of_progress_and_gets_the_result() {
    for lifecycle in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        let services = Services::held().await;
        let gateway = services.gateway().start().await;
        let mut listener = Listener::default();
        listener.config.protocol_version = ProtocolVersion::V_2025_11_25;
        let config =
            StreamableHttpClientTransportConfig::with_uri(gateway.url("/mcp")).auth_header(services.token("ada"));
        let transport = StreamableHttpClientTransport::with_client(http().clone(), config);
        let client = listener.serve_with_lifecycle(transport, lifecycle).await.unwrap();
        let told = async || !client.service().progress.lock().unwrap().is_empty();
        let release = async {
            until(told).await;
            services.release();
        };
        let call = client.call_tool(CallToolRequestParams::new("habits.list"));
        let (result, ()) = futures::join!(call, release);
        assert_eq!(result.unwrap().structured_content, Some(json!({ "habits": [], "total": 0 })));
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_that_closes_its_stream_makes_room() {
    let services = Services::held().await;
    let gateway = services.gateway().env("MANA_MCP_MAX_IN_FLIGHT", 1).start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    let list = async || mcp.request("tools/list", json!({})).await.status;
    let (response, _) = open(&mcp).await;
    // The one place is the user's own.
    assert_eq!(list().await, 429);
    drop(response);
    // Long before the service is given up.
    until(async || list().await == 200).await;
}

/// Stops the gateway while a stream is open; what the stream ends with, and how the gateway ends.
async fn stopped(revision: Revision, then: impl AsyncFnOnce(&Services)) -> (Answer, mana_mcp_tests::Ended) {
    let services = Services::held().await;
    let gateway: Gateway = services.gateway().env("MANA_MCP_DRAIN_SECONDS", 2).start().await;
    let mcp = Mcp::connect(&gateway, &services.token("ada"), revision).await;
    let (response, _) = open(&mcp).await;
    gateway.terminate();
    then(&services).await;
    let answer = Answer::read(response).await;
    drop(mcp);
    (answer, gateway.ended().await)
}

#[tokio::test]
async fn a_stream_finishes_while_the_gateway_drains() {
    for revision in REVISIONS {
        let (answer, ended) = stopped(revision, async |services| services.release()).await;
        assert_eq!(answer.structured(), json!({ "habits": [], "total": 0 }));
        assert!(ended.status.success(), "{:?}:\n{}", ended.status, ended.log);
    }
}

#[tokio::test]
async fn a_stream_ends_with_an_error_before_the_drain_does() {
    for revision in REVISIONS {
        let (answer, ended) = stopped(revision, async |_| {}).await;
        assert_eq!(answer.error_code(), -32603);
        assert!(answer.text.contains("The gateway is stopping."), "{answer:?}");
        assert!(ended.status.success(), "{:?}:\n{}", ended.status, ended.log);
    }
}
