//! Trace context (W3C) through the gateway, and spans at a collector (OTLP over HTTP).

use std::time::{Duration, Instant};

use mana_mcp_tests::{Answer, Collector, Gateway, Mcp, services::Services};
use serde_json::{Value, json};

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

/// The lines of a request's two logs, once both are there.
async fn lines_of(gateway: &Gateway, request_id: &str) -> [Value; 2] {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let log = gateway.log();
        let line = |target: &str| {
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut lines = lines.filter(|line| line["request_id"] == request_id);
            lines.find(|line| line["target"] == target)
        };
        if let (Some(access), Some(audit)) = (line("mana_mcp::access"), line("mana_mcp::audit")) {
            return [access, audit];
        }
        assert!(Instant::now() < deadline, "the lines of {request_id} were expected:\n{log}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn one_call_is_followed_by_its_request_id_through_log_spans_and_services() {
    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const ISSUER: &str = "https://id.example";
    let (services, collector) = (Services::start().await, Collector::start().await);
    let launch = services.gateway().env("LOG_FORMAT", "json").env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let gateway = launch.env("SESSION_KEY", KEY).env("JWT_ISSUER", ISSUER).start().await;
    let mut claims = services.claims("id-of-ada");
    claims["iss"] = ISSUER.into();
    let token = services.sign(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" }), &claims);
    let mcp = Mcp::modern(&gateway, &token).await;
    let call = async |request_id: &str| {
        let body = mcp.body("tools/call", json!({ "name": "habits.list", "arguments": {} }));
        let request = mcp.builder("tools/call", Some("habits.list")).header("x-request-id", request_id);
        Answer::read(request.header("traceparent", parent(TRACE)).json(&body).send().await.unwrap()).await
    };

    let answer = call("order-66.a_b").await;
    answer.structured();
    assert_eq!(answer.header("x-request-id"), "order-66.a_b");
    let came = services.request_ids();
    assert!(came.len() >= 2 && came.iter().all(|id| id == "order-66.a_b"), "{came:?}");
    for line in lines_of(&gateway, "order-66.a_b").await {
        assert_eq!(line["trace_id"], TRACE, "{line}");
        assert!(line.get("service").is_none() && line.get("failure").is_none(), "{line}");
    }
    collector.wait_for(b"order-66.a_b").await;

    // What nobody would want in a log is replaced, everywhere alike.
    let answer = call("two words").await;
    let new = answer.header("x-request-id");
    assert!(new.len() == 36 && services.request_ids().iter().any(|id| id == new), "{new}");

    let remote = [("MANA_AUTH_URL", "http://127.0.0.1:1"), ("MANA_SYNC_URL", "http://127.0.0.1:1")];
    let settings = [remote.as_slice(), &[("SESSION_KEY", KEY), ("JWT_ISSUER", ISSUER)]].concat();
    let hash = async |more: &[&str]| {
        let printed = gateway.command_with(&settings, &[&["user-hash", "id-of-ada"], more].concat()).await;
        assert!(printed.status.success(), "{printed:?}");
        String::from_utf8(printed.stdout).unwrap().split(' ').next().unwrap().to_owned()
    };
    let [_, audit] = lines_of(&gateway, new).await;
    assert_eq!(hash(&[]).await, audit["user"]);
    assert_ne!(hash(&["--issuer", "https://other.example"]).await, audit["user"]);
    let unknown = gateway.command_with(&remote, &["user-hash", "--issuer", ISSUER, "id-of-ada"]).await;
    let why = String::from_utf8(unknown.stderr).unwrap();
    assert!(unknown.status.code() == Some(1) && unknown.stdout.is_empty() && why.contains("SESSION_KEY"), "{why}");

    drop(services);
    // Connections that were kept may be served a moment longer.
    let mut tries = (0..100).map(|number| format!("in-vain-{number}"));
    let failed = loop {
        let request_id = tries.next().expect("the services are gone");
        if call(&request_id).await.message()["result"]["isError"] == true {
            break request_id;
        }
    };
    let [access, audit] = lines_of(&gateway, &failed).await;
    assert_eq!((&access["status"], &audit["outcome"]), (&json!(200), &json!("handler-error")));
    assert_eq!((&audit["service"], &audit["failure"]), (&json!("sync"), &json!("unreachable")), "{audit}");
    assert_eq!((&access["trace_id"], &audit["trace_id"]), (&json!(TRACE), &json!(TRACE)));
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
