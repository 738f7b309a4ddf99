//! A caller who hangs up: in the stateless revision he cancels his call, within a session he does not.

use std::{future::Future, time::Duration};

use http::StatusCode;
use serde_json::json;
use tower::ServiceExt;

use super::harness::{Call, Gateway, get_request};

fn list() -> Call {
    Call::modern("tools/call", json!({ "name": "habits.list", "arguments": {} }))
}

/// How many calls of habits.list ended so.
async fn ended(gateway: &Gateway, outcome: &str) -> u32 {
    let metrics = gateway.send(get_request("/metrics")).await.text;
    let line = metrics
        .lines()
        .find(|line| {
            line.starts_with("mana_mcp_tool_invocations_total{")
                && line.contains("tool=\"habits.list\"")
                && line.contains(&format!("outcome=\"{outcome}\""))
        })
        .unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Sends a call that waits for the sync service, and hangs up.
async fn hang_up(gateway: &Gateway, call: Call) {
    let call = gateway.router.clone().oneshot(call.of("ada"));
    tokio::select! {
        answer = call => panic!("answered before the sync service was: {answer:?}"),
        () = gateway.until_a_pull_waits() => {}
    }
}

async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
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
    let call = Call::legacy("tools/call", json!({ "name": "habits.list", "arguments": {} })).in_session(&id);
    hang_up(&gateway, call).await;
    gateway.pulls.permits.add_permits(10);
    until(async || ended(&gateway, "success").await == 1).await;
    assert_eq!(ended(&gateway, "handler-error").await, 0);
}

#[tokio::test]
async fn work_that_outlives_its_connection_keeps_its_place() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "1")]);
    let id = gateway.open_session("ada").await;
    let call = Call::legacy("tools/call", json!({ "name": "habits.list", "arguments": {} })).in_session(&id);
    hang_up(&gateway, call).await;
    let other = async || gateway.send(Call::modern("tools/list", json!({})).of("bob")).await.status;
    assert_eq!(other().await, StatusCode::SERVICE_UNAVAILABLE);
    gateway.pulls.permits.add_permits(10);
    until(async || other().await == StatusCode::OK).await;
}
