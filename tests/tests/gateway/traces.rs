//! Trace context (W3C) through the gateway, and spans at a collector (OTLP over HTTP).

use std::time::{Duration, Instant};

use mana_mcp_tests::{Answer, Collector, Mcp, services::Services};
use serde_json::json;

use super::metrics::Page;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const MESSAGES_TRACE: &str = "1bf7651916cd43dd8448eb211c80319d";

fn parent(trace: &str) -> String {
    format!("00-{trace}-b7ad6b7169203331-01")
}

/// The bytes that a trace id is in protobuf.
fn bytes(trace: &str) -> Vec<u8> {
    let digits: Vec<u8> = trace.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Calls a tool with that `traceparent` in the headers, and that one in `_meta`.
async fn call(mcp: &Mcp<'_>, tool: &str, header: Option<&str>, meta: Option<&str>) -> Answer {
    let mut body = mcp.body("tools/call", json!({ "name": tool, "arguments": {} }));
    if let Some(meta) = meta {
        body["params"]["_meta"]["traceparent"] = meta.into();
    }
    let mut request = mcp.builder("tools/call", Some(tool));
    if let Some(header) = header {
        request = request.header("traceparent", header);
    }
    Answer::read(request.json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn the_callers_context_reaches_the_services() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    // The list of spaces was asked for within the message's context, as all that a call does.
    let (header, meta) = (parent(TRACE), parent(MESSAGES_TRACE));
    call(&mcp, "habits.list", Some(&header), Some(&meta)).await.structured();
    let came = services.traces();
    assert!(came.len() >= 2 && came.iter().all(|came| *came == meta), "{came:?}");

    call(&mcp, "habits.list", Some(&header), None).await.structured();
    assert_eq!(services.traces().last(), Some(&header));

    for hostile in
        ["nonsense", "00-0-0-00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &"0".repeat(9000)]
    {
        call(&mcp, "habits.list", Some(hostile), Some(hostile)).await.structured();
        assert_eq!(services.traces().last().map(String::as_str), Some(""), "{hostile:.40}");
    }
}

#[tokio::test]
async fn spans_reach_the_collector_in_the_callers_trace_and_hold_no_content() {
    let (services, collector) = (Services::start().await, Collector::start().await);
    let gateway = services.gateway().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).start().await;
    let mcp = Mcp::modern(&gateway, &services.token("subject-of-ada")).await;
    call(&mcp, "habits.list", Some(&parent(TRACE)), None).await.structured();
    call(&mcp, "habits.list", Some(&parent(TRACE)), Some(&parent(MESSAGES_TRACE))).await.structured();
    mcp.call("notes.create", json!({ "title": "MARKER-title", "content": "MARKER-content" })).await;
    mcp.call("notes.create", json!({ "title": ["MARKER-title"] })).await.tool_error();
    for name in ["POST /mcp", "tools/call habits.list", "tools/call notes.create", "/sync/{app}/pull", "mana-mcp"] {
        collector.wait_for(name.as_bytes()).await;
    }
    for trace in [TRACE, MESSAGES_TRACE] {
        collector.wait_for(&bytes(trace)).await;
    }
    // A service gets this process's span in that trace, not of the caller's.
    let came = services.traces();
    let ours = |trace: &str| came.iter().any(|came| came.contains(trace) && *came != parent(trace));
    assert!(ours(TRACE) && ours(MESSAGES_TRACE), "{came:?}");
    assert!(!collector.has(b"MARKER"));
    assert!(!collector.has(b"subject-of-ada"), "a user's id is in a span");
    assert!(mcp.token().split('.').all(|part| !collector.has(part.as_bytes())), "a token is in a span");

    // Counted once the collector's answer is read.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let page = Page::of(&gateway).await;
        let spans = |state| page.get("mana_mcp_spans_total", &[("state", state)]);
        assert!(spans("failed") == 0.0 && spans("ended") >= spans("exported"));
        if spans("exported") >= 8.0 {
            break;
        }
        assert!(Instant::now() < deadline, "{} spans were exported", spans("exported"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_waits_is_sent_before_the_end() {
    let (services, collector) = (Services::start().await, Collector::start().await);
    let launch = services.gateway().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let gateway = launch.env("OTEL_SERVICE_NAME", "the-diary").start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    mcp.call("spaces.list", json!({})).await.structured();
    let ended = gateway.stop().await;
    assert!(ended.status.success(), "{}", ended.log);
    assert!(collector.has(b"tools/call spaces.list"), "the last span was lost");
    assert!(collector.has(b"the-diary"), "the spans have another service's name");
}

#[tokio::test]
async fn a_collector_that_is_gone_hinders_nobody() {
    let services = Services::start().await;
    // Nobody listens on the first port.
    let gateway = services.gateway().env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    for _ in 0..20 {
        mcp.call("spaces.list", json!({})).await.structured();
    }
    gateway.printed("the trace collector does not take spans").await;
    let page = Page::of(&gateway).await;
    assert!(page.get("mana_mcp_spans_total", &[("state", "failed")]) > 0.0);
    let stopped = Instant::now();
    assert!(gateway.stop().await.status.success());
    assert!(stopped.elapsed() < Duration::from_secs(15), "it took {:?}", stopped.elapsed());
}
