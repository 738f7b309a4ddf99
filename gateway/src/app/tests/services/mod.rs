//! Tools that call services, over real sockets: what arrives at a service, what becomes of its faults, and what is served where
//! it has no address.

mod faults;
mod recorder;

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use self::recorder::{Recorder, Reply, json as json_answer, ok};
use super::harness::{Answer, Call, Gateway, counted, get_request};
use crate::{auth::testing::token, call::testing::services::CATALOG, mcp::StreamSettings};

/// A gateway and its two services.
struct World {
    gateway: Gateway,
    fake: Recorder,
    stranger: Recorder,
}

impl World {
    async fn new() -> Self {
        Self::with(&[], |_| {}).await
    }

    async fn with(environment: &[(&'static str, &'static str)], change: impl FnOnce(&mut StreamSettings)) -> Self {
        let (fake, stranger) = (Recorder::new("/base/").await, Recorder::new("").await);
        let mut variables = vec![("FAKE_URL", fake.url), ("STRANGER_URL", stranger.url)];
        variables.extend(environment);
        Self { gateway: Gateway::made(&CATALOG, &variables, change), fake, stranger }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.gateway.send(call(tool, arguments).of("ada")).await
    }

    /// The text of a call that fails.
    async fn error(&self, tool: &str) -> String {
        let result = self.call(tool, json!({ "id": "e" })).await.result();
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

fn call(tool: &str, arguments: Value) -> Call {
    Call::modern("tools/call", json!({ "name": tool, "arguments": arguments }))
}

async fn listed(gateway: &Gateway) -> Vec<Value> {
    let tools = gateway.send(Call::modern("tools/list", json!({})).of("ada")).await.result();
    tools["tools"].as_array().unwrap().clone()
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The call with all that a client may send besides.
fn loud(tool: &str) -> Call {
    call(tool, json!({ "id": "a b", "q": "x&y", "prompt": "A cat", "secret": "never sent" }))
        .with("x-request-id", "r-1")
        .with("cookie", "session=secret")
        .with("x-forwarded-for", "10.0.0.1")
        .with("x-service-key", "secret")
        .with("baggage", "secret=1")
        .with("x-mana-space", "team")
        .with("user-agent", "secret/1")
        .with("accept-encoding", "gzip")
}

#[tokio::test]
async fn a_service_gets_path_query_body_token_and_request_id_and_nothing_else() {
    let world = World::new().await;
    // A second one may be of another second.
    let token = token("ada");
    for (tool, expected) in [
        (
            "events.feed",
            format!(
                "GET /base/v1/a%20b/feed?q=x%26y HTTP/1.1\naccept: application/json\nauthorization: Bearer {}\nhost: {}\nx-request-id: r-1\n\n",
                token, world.fake.host
            ),
        ),
        (
            "events.draw",
            format!(
                "POST /base/v1/draw HTTP/1.1\naccept: application/json\nauthorization: Bearer {}\ncontent-length: 18\ncontent-type: application/json\nhost: {}\nx-request-id: r-1\n\n{{\"prompt\":\"A cat\"}}",
                token, world.fake.host
            ),
        ),
    ] {
        let mut request = loud(tool).of("ada");
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let result = world.gateway.send(request).await.result();
        assert_eq!(result["structuredContent"], json!({ "title": "a" }), "{result}");
        assert_eq!(world.fake.take(), [expected]);
    }
    // One that takes no token learns nothing of who calls.
    let traced = loud("events.open").with("traceparent", TRACE);
    world.gateway.send(traced.of("ada")).await.result();
    let host = &world.stranger.host;
    assert_eq!(world.stranger.take(), [format!("GET /open HTTP/1.1\naccept: application/json\nhost: {host}\n\n")]);
    // A service of ours gets the trace.
    world.gateway.send(loud("events.feed").with("traceparent", TRACE).of("ada")).await.result();
    assert!(world.fake.take()[0].contains(&format!("\ntraceparent: {TRACE}\n")));
}

#[tokio::test]
async fn what_leads_elsewhere_is_not_sent() {
    let world = World::new().await;
    for id in ["", ".", "..", "...", "../x", "../../admin", "a/b", "a\\b", "\u{0}", "a\r\nx: y", "//evil.example"] {
        let result = world.call("events.feed", json!({ "id": id })).await.result();
        assert_eq!(result["isError"], true, "{id:?}");
    }
    let long = world.call("events.feed", json!({ "id": "e", "q": "x".repeat(100_000) })).await.result();
    assert!(long["content"][0]["text"].as_str().unwrap().contains("larger than the service"), "{long}");
    assert!(world.fake.take().is_empty());
    // What may stand in a part of a path stays in that part.
    for (id, path) in [
        ("..%2f..%2fadmin", "..%252f..%252fadmin"),
        ("%2e%2e", "%252e%252e"),
        ("%00", "%2500"),
        ("?a=b", "%3Fa%3Db"),
        ("#", "%23"),
        ("@evil.example:80", "%40evil.example%3A80"),
        ("\u{ff0f}..\u{ff0f}", "%EF%BC%8F..%EF%BC%8F"),
    ] {
        world.call("events.feed", json!({ "id": id, "q": format!("{id}&q=2") })).await.result();
        let asked = world.fake.take().remove(0);
        let target = asked.split(' ').nth(1).unwrap();
        let (sent, query) = target.strip_prefix("/base/v1/").and_then(|rest| rest.split_once("/feed?")).unwrap();
        assert_eq!(sent, path, "{id:?}");
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(pairs, [("q".to_owned(), format!("{id}&q=2"))]);
    }
}

/// Only the connection says which space a call is for.
#[tokio::test]
async fn arguments_name_no_space_to_a_service() {
    let world = World::new().await;
    for (name, value) in [("spaceId", "team"), ("space", "bob-home"), ("x-mana-space", "team")] {
        let result = world.call("events.feed", json!({ "id": "e", name: value })).await.result();
        assert_eq!(result["_meta"]["mana/space"], "ada-home", "{result}");
        let asked = world.fake.take().remove(0);
        assert!(asked.starts_with("GET /base/v1/e/feed HTTP/1.1\n") && !asked.contains(value), "{asked}");
    }
}

#[tokio::test]
async fn tools_of_services_without_an_address_are_not_listed_and_say_why() {
    let world = World::new().await;
    let all =
        ["catalog_call", "catalog_find", "catalog_read", "events_draw", "events_feed", "events_nothing", "events_open"];
    assert_eq!(names(&listed(&world.gateway).await), all);
    let gateway = Gateway::of(&CATALOG, &[("STRANGER_URL", world.stranger.url)]);
    let without = ["catalog_call", "catalog_find", "catalog_read", "events_nothing", "events_open"];
    assert_eq!(names(&listed(&gateway).await), without);
    let refused = gateway.send(call("events.feed", json!({ "id": "e" })).of("ada")).await.result();
    assert_eq!(
        refused["content"][0]["text"],
        "`events_feed` needs the service `fake`, and this gateway has no address of it (FAKE_URL is not set). Tell the user; \
         calling again will not help."
    );
    assert_eq!(refused["isError"], true);
    let found = async |gateway: &Gateway| {
        let found = gateway.send(call("catalog.find", json!({ "query": "feed" })).of("ada")).await.result();
        found["structuredContent"]["tools"].to_string().contains("events_feed")
    };
    assert!(found(&world.gateway).await && !found(&gateway).await);
}

#[tokio::test]
async fn hosts_are_told_what_the_catalog_says_of_a_tool() {
    let mut tools = listed(&World::new().await.gateway).await;
    tools.retain(|tool| tool["name"].as_str().unwrap().starts_with("events_"));
    let meta: Vec<_> = tools.iter().map(|tool| tool.get("_meta").cloned().unwrap_or_default()).collect();
    let feed = json!({
        "anthropic/alwaysLoad": true, "anthropic/searchHint": "concerts, fairs", "anthropic/maxResultSizeChars": 100_000,
    });
    let draw = json!({ "anthropic/requiresUserInteraction": true });
    assert_eq!(meta, [draw, feed, Value::Null, Value::Null]);
    let reach_out: Vec<_> = tools.iter().map(|tool| tool["annotations"]["openWorldHint"].as_bool().unwrap()).collect();
    assert_eq!(reach_out, [true, true, false, true]);
}

#[tokio::test]
async fn operators_see_each_service() {
    let world = World::new().await;
    world.call("events.feed", json!({ "id": "e" })).await.result();
    world.fake.will(ok("{}"));
    world.error("events.feed").await;
    let calls = async |backend: &str, outcome: &str| {
        let parts = [format!("backend=\"{backend}\""), format!("outcome=\"{outcome}\"")];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        counted(&world.gateway, "mana_mcp_backend_calls_total", &parts).await
    };
    assert_eq!(calls("stranger", "success").await, 0);
    let page = world.gateway.send(get_request("/metrics")).await.text;
    for line in [
        "mana_mcp_backend_calls_total{service=\"mana-mcp\",backend=\"fake\",route=\"/v1/{id}/feed\",outcome=\"success\"} 2",
        "mana_mcp_backend_duration_seconds_count{service=\"mana-mcp\",backend=\"fake\",route=\"/v1/{id}/feed\"} 2",
        "mana_mcp_backend_malformed_answers_total{service=\"mana-mcp\",backend=\"fake\"} 1",
        "mana_mcp_circuit_open{service=\"mana-mcp\",backend=\"stranger\"} 0",
        "mana_mcp_in_flight{service=\"mana-mcp\",bound=\"services\"} 0",
        "mana_mcp_in_flight_limit{service=\"mana-mcp\",bound=\"services\"} 640",
    ] {
        assert!(page.contains(&format!("\n{line}\n")), "{line} is missing in\n{page}");
    }
    world.stranger.will(Reply::Bytes(Vec::new()));
    let ready = world.gateway.send(get_request("/ready")).await;
    // The gateway is ready without them: other tools need none.
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json()["services"], json!({ "identity": "ok", "sync": "ok", "fake": "ok", "stranger": "closed" }));
}

#[tokio::test]
async fn a_tool_may_take_as_long_as_its_services_may() {
    let world = World::with(&[("MANA_MCP_REQUEST_TIMEOUT_SECONDS", "1")], |_| {}).await;
    world.fake.will(Reply::Late(Duration::from_millis(1500), json_answer(r#"{"title":"late"}"#)));
    let stateless = world.call("events.feed", json!({ "id": "e" })).await.result();
    assert_eq!(stateless["structuredContent"], json!({ "title": "late" }), "{stateless}");
    let within =
        world.call("catalog.read", json!({ "tool": "events.feed", "arguments": { "id": "e" } })).await.result();
    assert_eq!(within["structuredContent"], json!({ "title": "late" }), "{within}");
    let session = world.gateway.open_session("ada").await;
    let params = json!({ "name": "events.feed", "arguments": { "id": "e" } });
    let of_session = world.gateway.send(Call::legacy("tools/call", params).in_session(&session).of("ada")).await;
    assert_eq!(of_session.result()["structuredContent"], json!({ "title": "late" }));
}

#[tokio::test]
async fn a_long_call_becomes_a_stream_for_a_client_that_reads_them() {
    let world = World::with(&[], |settings| {
        settings.silent_delay = Duration::from_millis(50);
        settings.heartbeat = Duration::from_millis(50);
        settings.progress = Duration::from_millis(20);
    })
    .await;
    world.fake.will(Reply::Late(Duration::from_millis(400), json_answer(r#"{"title":"late"}"#)));
    let direct = || call("events.feed", json!({ "id": "e" }));
    let within = || call("catalog.read", json!({ "tool": "events.feed", "arguments": { "id": "e" } }));
    for call in [direct(), within()] {
        let answer = world.gateway.send(call.with("accept", "application/json, text/event-stream").of("ada")).await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert!(answer.text.starts_with(':'), "a comment keeps it alive: {}", answer.text);
        assert!(!answer.text.contains("notifications/progress"), "nobody asked: {}", answer.text);
        assert!(answer.text.contains(r#""structuredContent":{"title":"late"}"#), "{}", answer.text);
    }
    let answer = world.gateway.send(direct().with("accept", "application/json").of("ada")).await;
    assert_eq!(answer.result()["structuredContent"], json!({ "title": "late" }));
}

/// The call of a client that can ask the person.
fn asking(arguments: &Value, reply: Option<(&Value, Value)>) -> Call {
    let mut call = call("events.draw", arguments.clone());
    call.body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    if let Some((state, answer)) = reply {
        call.body["params"]["requestState"] = state.clone();
        call.body["params"]["inputResponses"] = json!({ "consent": answer });
    }
    call
}

#[tokio::test]
async fn what_costs_is_asked_of_the_person_where_that_can_be() {
    let world = World::new().await;
    let arguments = json!({ "prompt": "A cat" });
    let send = async |reply| world.gateway.send(asking(&arguments, reply).of("ada")).await.result();
    let question = send(None).await;
    assert_eq!(question["resultType"], "input_required", "{question}");
    let form = &question["inputRequests"]["consent"]["params"];
    let message = form["message"].as_str().unwrap();
    let asked = "This costs 3 credits. A tool (`events_draw`): {\"prompt\":\"A cat\"}. Accept to let it run. ";
    assert!(message.starts_with(asked), "{message}");
    assert!(!form.to_string().contains("gone for good"), "{form}");
    assert_eq!(form["requestedSchema"]["properties"], json!({}), "{form}");
    assert!(world.fake.take().is_empty(), "not before the person has said so");
    let declined = send(Some((&question["requestState"], json!({ "action": "decline" })))).await;
    assert_eq!(declined["isError"], true);
    assert!(world.fake.take().is_empty());
    let question = send(None).await;
    let drawn = send(Some((&question["requestState"], json!({ "action": "accept" })))).await;
    assert_eq!(drawn["structuredContent"], json!({ "title": "a" }), "{drawn}");
    assert_eq!(world.fake.take().len(), 1);
    // Where nobody can be asked, the listing's hint must do.
    world.call("events.draw", arguments.clone()).await.result();
    assert_eq!(world.fake.take().len(), 1);
}
