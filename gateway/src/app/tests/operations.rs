//! What operators see, and the bounds of a request.

use axum::{body::Body, response::Response};
use futures::stream;
use http::StatusCode;
use serde_json::json;
use tokio::task::JoinHandle;

use super::harness::{Call, Gateway, get_request, spaces_list};
use crate::auth::testing::Mood;

fn call() -> Call {
    Call::modern("tools/call", spaces_list())
}

#[tokio::test]
async fn the_routes_for_operators_need_no_token() {
    let gateway = Gateway::new();
    assert_eq!(gateway.send(get_request("/health")).await.json(), json!({ "status": "ok" }));
    assert_eq!(
        gateway.send(get_request("/ready")).await.json(),
        json!({ "status": "ready", "services": { "identity": "ok", "sync": "ok" }, "spaces": { "source": "unknown" } })
    );
    let metrics = gateway.send(get_request("/metrics")).await;
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert!(metrics.text.contains("mana_mcp_tool_invocations_total{"), "{}", metrics.text);
}

#[tokio::test]
async fn a_gateway_that_stops_is_alive_but_not_ready() {
    let gateway = Gateway::new();
    gateway.stop.cancel();
    assert_eq!(gateway.send(get_request("/health")).await.status, StatusCode::OK);
    let ready = gateway.send(get_request("/ready")).await;
    assert_eq!((ready.status, ready.json()), (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "draining" })));
}

#[tokio::test]
async fn every_answer_has_an_id_and_a_sane_one_is_kept() {
    let gateway = Gateway::new();
    let long = "x".repeat(65);
    let cases = [
        ("abc-1_2.Z", true),
        ("", false),
        ("two words", false),
        ("line\tbreak", false),
        ("{\"a\":1}", false),
        (long.as_str(), false),
    ];
    for (given, kept) in cases {
        for path in ["/mcp", "/health", "/nothing"] {
            let answer = gateway.send(call().at(path).with("x-request-id", given).of("ada")).await;
            let id = answer.header("x-request-id");
            assert_eq!(id == given, kept, "{given:?}: {id:?}");
            assert!(kept || id.len() == 36, "{id:?}");
        }
    }
    let first = gateway.send(get_request("/health")).await.header("x-request-id").to_owned();
    let second = gateway.send(get_request("/health")).await.header("x-request-id").to_owned();
    assert_ne!(first, second);
}

#[tokio::test]
async fn there_is_nothing_elsewhere() {
    let gateway = Gateway::new();
    for path in ["/", "/mcp/other", "/sync/todo", "/api/auth/jwks", "/.well-known/oauth-authorization-server"] {
        assert_eq!(gateway.send(get_request(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_body_ends_at_the_bound_whatever_it_says_of_its_length() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_BODY_BYTES", "1000")]);
    let padded = |length: usize| {
        let message = call().body.to_string();
        format!("{message}{}", " ".repeat(length - message.len()))
    };
    assert_eq!(gateway.send(call().raw(http::Method::POST, "ada", padded(1000))).await.status, StatusCode::OK);
    let too_large = gateway.send(call().raw(http::Method::POST, "ada", padded(1001))).await;
    assert_eq!((too_large.status, too_large.code()), (StatusCode::PAYLOAD_TOO_LARGE, -32600));
    // In pieces, and without a length.
    let pieces =
        padded(1001).into_bytes().chunks(100).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let in_pieces = gateway.send(call().raw(http::Method::POST, "ada", Body::from_stream(stream::iter(pieces)))).await;
    assert_eq!(in_pieces.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A stranger's body is not read at all.
    let mut stranger = call().raw(http::Method::POST, "ada", padded(1001));
    stranger.headers_mut().remove("authorization");
    assert_eq!(gateway.send(stranger).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let gateway = Gateway::with(&[("MANA_MCP_REQUEST_TIMEOUT_SECONDS", "1")]);
    gateway.identity.set_mood(Mood::Hanging);
    let answer = gateway.send(call().of("ada")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::GATEWAY_TIMEOUT, -32603));
}

/// A call of Ada's that waits for the sync service.
async fn slow_call(gateway: &Gateway) -> JoinHandle<Response> {
    let list = Call::modern("tools/call", json!({ "name": "habits.list", "arguments": {} })).of("ada");
    let call = tower::ServiceExt::oneshot(gateway.router.clone(), list);
    let call = tokio::spawn(async { call.await.unwrap() });
    gateway.until_a_pull_waits().await;
    call
}

#[tokio::test]
async fn what_exceeds_the_bound_is_shed_at_once() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "1")]);
    assert_eq!(gateway.send(call().of("ada")).await.status, StatusCode::OK);
    let slow = slow_call(&gateway).await;
    let shed = gateway.send(call().of("bob")).await;
    assert_eq!((shed.status, shed.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert_eq!(shed.code(), -32603);
    assert_eq!(gateway.send(get_request("/health")).await.status, StatusCode::OK);
    gateway.pulls.permits.add_permits(10);
    assert_eq!(slow.await.unwrap().status(), StatusCode::OK);
    assert_eq!(gateway.send(call().of("bob")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_user_has_half_of_the_places_at_most() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "2")]);
    let slow = slow_call(&gateway).await;
    let refused = gateway.send(call().of("ada")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert!(refused.message().contains("your requests"), "{}", refused.text);
    assert_eq!(gateway.send(call().of("bob")).await.status, StatusCode::OK);
    let metrics = gateway.send(get_request("/metrics")).await.text;
    assert!(
        metrics.contains("bound=\"user-requests\"} 1\n") && metrics.contains("bound=\"requests\"} 0\n"),
        "{metrics}"
    );
    gateway.pulls.permits.add_permits(10);
    assert_eq!(slow.await.unwrap().status(), StatusCode::OK);
    assert_eq!(gateway.send(call().of("ada")).await.status, StatusCode::OK);
}
