//! Sessions of the revisions up to 2025-11-25.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use super::harness::{Call, Gateway, initialize_params, spaces_list};

fn call() -> Call {
    Call::legacy("tools/call", spaces_list())
}

async fn delete(gateway: &Gateway, user: &str, id: &str) -> StatusCode {
    gateway.send(call().in_session(id).raw(Method::DELETE, user, Body::empty())).await.status
}

#[tokio::test]
async fn a_session_is_its_owners_alone() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
    assert_eq!(gateway.send(call().in_session(&id).of("ada")).await.status, StatusCode::OK);
    let stranger = gateway.send(call().in_session(&id).of("bob")).await;
    assert_eq!((stranger.status, stranger.json()["id"].clone()), (StatusCode::FORBIDDEN, json!(7)));
    assert_eq!(delete(&gateway, "bob", &id).await, StatusCode::FORBIDDEN);
    // It still is her session.
    assert_eq!(gateway.send(call().in_session(&id).of("ada")).await.status, StatusCode::OK);
    assert_ne!(id, gateway.open_session("ada").await);
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    assert_eq!(delete(&gateway, "ada", &id).await, StatusCode::NO_CONTENT);
    let call_after = gateway.send(call().in_session(&id).of("ada")).await;
    assert_eq!(call_after.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(&gateway, "ada", &id).await, StatusCode::NOT_FOUND);
    // A stranger learns nothing of a session that no longer is.
    assert_eq!(gateway.send(call().in_session(&id).of("bob")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_id_that_we_did_not_issue_is_unknown() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    let mut bent = id.clone().into_bytes();
    bent[20] = if bent[20] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    let elsewhere = Gateway::new().open_session("ada").await;
    let cut = &id[..id.len() - 4];
    for forged in [bent.as_str(), cut, &elsewhere, "x", "3fa85f64-5717-4562-b3fc-2c963f66afa6", &"A".repeat(10_000)] {
        let answer = gateway.send(call().in_session(forged).of("ada")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{forged:.40}");
        assert_eq!(delete(&gateway, "ada", forged).await, StatusCode::NOT_FOUND, "{forged:.40}");
    }
}

#[tokio::test]
async fn replicas_with_one_key_know_each_others_sessions() {
    let key = [("SESSION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")];
    let id = Gateway::with(&key).open_session("ada").await;
    let replica = Gateway::with(&key);
    assert_eq!(replica.send(call().in_session(&id).of("ada")).await.status, StatusCode::OK);
    assert_eq!(replica.send(call().in_session(&id).of("bob")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_request_of_an_earlier_revision_needs_its_session() {
    let gateway = Gateway::new();
    for call in [call(), call().with("mcp-protocol-version", "2025-11-25"), Call::legacy("ping", json!({}))] {
        let answer = gateway.send(call.of("ada")).await;
        assert_eq!((answer.status, answer.json()["id"].clone()), (StatusCode::BAD_REQUEST, json!(7)));
        assert!(answer.message().contains("initialize"), "{}", answer.message());
    }
    let mut notification = Call::legacy("notifications/initialized", json!({}));
    notification.body.as_object_mut().unwrap().remove("id");
    assert_eq!(gateway.send(notification.clone().of("ada")).await.status, StatusCode::BAD_REQUEST);
    let id = gateway.open_session("ada").await;
    let accepted = gateway.send(notification.in_session(&id).of("ada")).await;
    assert_eq!((accepted.status, accepted.text.as_str()), (StatusCode::ACCEPTED, ""));
}

#[tokio::test]
async fn the_stateless_revision_knows_no_sessions() {
    let gateway = Gateway::new();
    let answer =
        gateway.send(Call::modern("tools/call", spaces_list()).with("mcp-session-id", "anything").of("ada")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key("mcp-session-id"));
}

#[tokio::test]
async fn each_earlier_revision_is_agreed_on_and_others_get_the_newest() {
    let gateway = Gateway::new();
    let cases = [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("nonsense", "2025-11-25"),
    ];
    for (asked, agreed) in cases {
        let answer = gateway.send(Call::legacy("initialize", initialize_params(asked)).of("ada")).await;
        let result = answer.result();
        assert_eq!(result["protocolVersion"], agreed, "{asked}");
        assert_eq!(result["serverInfo"]["name"], "mana-mcp");
        assert!(result["capabilities"]["tools"].is_object());
        assert!(result["capabilities"].get("logging").is_none());
        let id = answer.header("mcp-session-id").to_owned();
        // Without the header the version is that of the session.
        let call = call().with("mcp-session-id", &id);
        assert_eq!(gateway.send(call.of("ada")).await.status, StatusCode::OK, "{asked}");
    }
}

#[tokio::test]
async fn a_failed_initialize_opens_no_session() {
    let gateway = Gateway::new();
    for params in [json!({}), json!({ "protocolVersion": 1, "capabilities": {}, "clientInfo": {} })] {
        let answer = gateway.send(Call::legacy("initialize", params).of("ada")).await;
        assert_eq!(answer.code(), -32602);
        assert!(!answer.headers.contains_key("mcp-session-id"));
    }
}
