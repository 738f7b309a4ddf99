//! What ends a call before its time, in each of the two revisions.

use std::time::Duration;

use mana_mcp_tests::{Answer, Gateway, Mcp, Revision, services::Services};
use serde_json::json;

use crate::{metrics::Page, streams::until};

/// Holds a write back in the services, lets its caller go, and tells whether the write was made all the same.
async fn written_after_a_disconnect(revision: Revision) -> bool {
    let services = Services::held().await;
    let gateway = services.gateway().start().await;
    let mcp = Mcp::connect(&gateway, &services.token("ada"), revision).await;
    let body = mcp.body("tools/call", json!({ "name": "habits.create", "arguments": { "title": "x" } }));
    let call = mcp.builder("tools/call", Some("habits.create")).json(&body).send();
    let open = tokio::select! {
        answer = call => panic!("answered too early: {answer:?}"),
        open = async {
            services.waiting(1).await;
            under_way(&gateway, &["connections"]).await
        } => open,
    };
    // The connection is closed with the dropped call.
    until(|| async { under_way(&gateway, &["connections"]).await < open }).await;
    if revision == Revision::V2026 {
        until(|| has_ended(&gateway)).await;
    }
    services.release();
    until(|| has_ended(&gateway)).await;
    services.pushes() > 0
}

/// How much is under way by these bounds.
async fn under_way(gateway: &Gateway, bounds: &[&str]) -> f64 {
    let page = Page::of(gateway).await;
    bounds.iter().map(|bound| page.get("mana_mcp_in_flight", &[("bound", bound)])).sum()
}

/// Whether no call works, with its caller or without.
async fn has_ended(gateway: &Gateway) -> bool {
    under_way(gateway, &["row-calls", "identity", "sync"]).await == 0.0
}

#[tokio::test]
async fn a_disconnect_is_no_cancellation_in_the_older_revision() {
    assert!(written_after_a_disconnect(Revision::V2025).await);
}

#[tokio::test]
async fn a_disconnect_is_a_cancellation_in_the_newer_revision() {
    assert!(!written_after_a_disconnect(Revision::V2026).await);
}

#[tokio::test]
async fn a_notification_cancels_in_the_older_revision() {
    let services = Services::held().await;
    let gateway = services.gateway().start().await;
    let mcp = Mcp::connect(&gateway, &services.token("ada"), Revision::V2025).await;
    let body = mcp.body("tools/call", json!({ "name": "habits.create", "arguments": { "title": "x" } }));
    let call = mcp.builder("tools/call", Some("habits.create")).json(&body).send();
    let cancelling = async {
        services.waiting(1).await;
        let stranger = Mcp::connect(&gateway, &services.token("ada"), Revision::V2025).await;
        for (mcp, id) in [(&stranger, &body["id"]), (&mcp, &json!("another")), (&mcp, &body["id"])] {
            let mut note =
                mcp.body("notifications/cancelled", json!({ "requestId": id, "reason": "no longer wanted" }));
            note.as_object_mut().unwrap().remove("id");
            let answer =
                Answer::read(mcp.builder("notifications/cancelled", None).json(&note).send().await.unwrap()).await;
            assert_eq!(answer.status, 202, "{answer:?}");
        }
    };
    // Answered while the services still hold everything back.
    let (answer, ()) = tokio::join!(call, cancelling);
    let answer = Answer::read(answer.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "a cancelled request is not answered");
    until(|| has_ended(&gateway)).await;
    services.release();
    assert_eq!(services.pushes(), 0, "its work has ended");
}

#[tokio::test]
async fn work_in_a_session_ends_at_the_deadline_though_its_caller_is_gone() {
    let services = Services::held().await;
    let gateway =
        services.gateway().env("MANA_MCP_REQUEST_TIMEOUT_SECONDS", 1).env("MANA_MCP_MAX_IN_FLIGHT", 1).start().await;
    let mcp = Mcp::connect(&gateway, &services.token("ada"), Revision::V2025).await;
    let answer = mcp.call("spaces.list", json!({})).await;
    assert_eq!(answer.status, 504, "{answer:?}");
    // Its place among those under way is free again.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(2);
    while mcp.request("ping", json!({})).await.status == 503 {
        assert!(tokio::time::Instant::now() < deadline, "the place is still taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
