//! Calls that end otherwise than with a result: a caller who hangs up cancels in the stateless revision, and within a session
//! only by a notification; and panics.

use http::StatusCode;
use serde_json::json;
use tower::ServiceExt;

use super::harness::{Call, Gateway, counted, ended, until};

fn list() -> Call {
    Call::modern("tools/call", json!({ "name": "habits.list", "arguments": {} }))
}

fn list_in(session: &str) -> Call {
    Call::legacy("tools/call", json!({ "name": "habits.list", "arguments": {} })).in_session(session)
}

/// Sends a call that waits for the sync service, and hangs up.
async fn hang_up(gateway: &Gateway, call: Call) {
    let call = gateway.router.clone().oneshot(call.of("ada"));
    tokio::select! {
        answer = call => panic!("answered before the sync service was: {answer:?}"),
        () = gateway.until_a_pull_waits() => {}
    }
}

#[tokio::test]
async fn hanging_up_cancels_a_stateless_call() {
    let gateway = Gateway::new();
    hang_up(&gateway, list()).await;
    until(async || ended(&gateway, "handler-error").await == 1).await;
    assert_eq!(ended(&gateway, "success").await, 0);
}

#[tokio::test]
async fn hanging_up_does_not_cancel_within_a_session() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    let call = list_in(&id);
    hang_up(&gateway, call).await;
    gateway.pulls.permits.add_permits(10);
    until(async || ended(&gateway, "success").await == 1).await;
    assert_eq!(ended(&gateway, "handler-error").await, 0);
}

#[tokio::test]
async fn work_that_outlives_its_connection_can_be_cancelled() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    let call = list_in(&id);
    let request = call.body["id"].clone();
    hang_up(&gateway, call).await;
    let mut cancelled = Call::legacy("notifications/cancelled", json!({ "requestId": request })).in_session(&id);
    cancelled.body.as_object_mut().unwrap().remove("id");
    assert_eq!(gateway.send(cancelled.of("ada")).await.status, StatusCode::ACCEPTED);
    until(async || ended(&gateway, "handler-error").await == 1).await;
}

#[tokio::test]
async fn a_panic_is_answered_and_counted_in_each_era() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    // The service in this process panics where there will be no permits.
    gateway.pulls.permits.close();
    for (before, call) in [list(), list_in(&id)].into_iter().enumerate() {
        let answer = gateway.send(call.of("ada")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::INTERNAL_SERVER_ERROR, -32603), "{}", answer.text);
        assert!(!answer.text.contains("AcquireError"), "the panic's own words: {}", answer.text);
        assert_eq!(counted(&gateway, "mana_mcp_panics_total", &[]).await as usize, before + 1);
    }
}

#[tokio::test]
async fn a_panic_of_work_that_outlives_its_connection_is_counted() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    hang_up(&gateway, list_in(&id)).await;
    gateway.pulls.permits.close();
    until(async || counted(&gateway, "mana_mcp_panics_total", &[]).await == 1).await;
}

#[tokio::test]
async fn work_that_outlives_its_connection_keeps_its_place() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "1")]);
    let id = gateway.open_session("ada").await;
    let call = list_in(&id);
    hang_up(&gateway, call).await;
    let other = async || gateway.send(Call::modern("tools/list", json!({})).of("bob")).await.status;
    assert_eq!(other().await, StatusCode::SERVICE_UNAVAILABLE);
    gateway.pulls.permits.add_permits(10);
    until(async || other().await == StatusCode::OK).await;
}

#[tokio::test]
async fn work_that_outlives_its_connection_is_of_its_users_share() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "2")]);
    let id = gateway.open_session("ada").await;
    hang_up(&gateway, list_in(&id)).await;
    let other = async |user| gateway.send(Call::modern("tools/list", json!({})).of(user)).await.status;
    assert_eq!((other("ada").await, other("bob").await), (StatusCode::TOO_MANY_REQUESTS, StatusCode::OK));
    gateway.pulls.permits.add_permits(10);
    until(async || other("ada").await == StatusCode::OK).await;
}
