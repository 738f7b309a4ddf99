//! Sessions of the older revision: issued, used, ended; and never needed by the new one.

use mana_mcp_tests::{Answer, Gateway, Launch, Mcp, Revision, post};
use serde_json::json;

#[tokio::test]
async fn a_session_id_is_long_visible_and_never_the_same() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let first = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let second = Mcp::connect(&gateway, &token, Revision::V2025).await;
    assert_ne!(first.session(), second.session());
    for session in [first.session(), second.session()] {
        assert!(session.len() >= 32, "{session}");
        assert!(session.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{session}");
        assert!(!session.contains("ada"), "an id tells nothing about its owner");
    }
}

#[tokio::test]
async fn unknown_sessions_are_404_and_missing_ones_400() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let mut forged = mcp.session().to_owned();
    let last = if forged.pop().unwrap() == 'A' { 'B' } else { 'A' };
    forged.push(last);
    let long = "x".repeat(5000);
    for session in ["00000000-0000-4000-8000-000000000000", "x", &forged, &long] {
        let stranger = Mcp::connect(&gateway, &token, Revision::V2025).await.with_session(session);
        for answer in
            [stranger.call("habits.list", json!({})).await, stranger.notify("notifications/initialized").await]
        {
            assert_eq!(answer.status, 404, "{session}: {answer:?}");
        }
    }
    let without = post(&gateway, &token)
        .header("MCP-Protocol-Version", "2025-11-25")
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    let answer = Answer::read(without.send().await.unwrap()).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.error_code() < 0);
}

#[tokio::test]
async fn a_session_that_is_named_twice_is_400() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::connect(&gateway, &gateway.token("ada@example.org").await, Revision::V2025).await;
    let call = mcp.builder("ping", None).json(&mcp.body("ping", json!({}))).header("Mcp-Session-Id", mcp.session());
    assert_eq!(Answer::read(call.send().await.unwrap()).await.status, 400);
}

#[tokio::test]
async fn an_ended_session_is_404_also_after_a_restart() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let ended = {
        let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await;
        assert!(mcp.end().await.status.is_success());
        assert_eq!(mcp.request("tools/list", json!({})).await.status, 404);
        assert_eq!(mcp.end().await.status, 404, "ending it again");
        mcp.session().to_owned()
    };
    let gateway = gateway.stop().await.restart().await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await.with_session(&ended);
    assert_eq!(mcp.request("tools/list", json!({})).await.status, 404, "after a restart");
}

#[tokio::test]
async fn a_session_goes_on_after_a_restart() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let session = Mcp::connect(&gateway, &token, Revision::V2025).await.session().to_owned();
    let gateway = gateway.stop().await.restart().await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await.with_session(&session);
    assert_eq!(mcp.request("tools/list", json!({})).await.status, 200);
    let stranger = Mcp::connect(&gateway, &gateway.token("bob@example.org").await, Revision::V2025).await;
    assert_eq!(stranger.with_session(&session).request("tools/list", json!({})).await.status, 403);
    let another = Gateway::start().await;
    let mcp = Mcp::connect(&another, &another.token("ada@example.org").await, Revision::V2025).await;
    assert_eq!(mcp.with_session(&session).request("tools/list", json!({})).await.status, 404, "of another deployment");
}

#[tokio::test]
async fn a_rotated_key_opens_the_sessions_of_the_former_one() {
    let (old, new) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HxALDAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=");
    let gateway = Launch::new().env("SESSION_KEY", old).start().await;
    let token = gateway.token("ada@example.org").await;
    let session = Mcp::connect(&gateway, &token, Revision::V2025).await.session().to_owned();
    let mut ended = gateway.stop().await;
    for (keys, status) in [(format!("{new},{old}"), 200), (new.to_owned(), 404)] {
        let gateway = ended.relaunch().env("SESSION_KEY", keys).start().await;
        let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await.with_session(&session);
        assert_eq!(mcp.request("tools/list", json!({})).await.status, status);
        ended = gateway.stop().await;
    }
}

#[tokio::test]
async fn the_stateless_revision_ignores_sessions() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let answer = mcp.request("tools/list", json!({})).await;
    assert!(answer.headers.get("mcp-session-id").is_none(), "no id is issued");
    let with = mcp.with_session("no-such-session");
    let answer = with.call("habits.list", json!({})).await;
    assert_eq!(answer.structured(), json!({ "habits": [], "total": 0 }));
    assert!(answer.headers.get("mcp-session-id").is_none(), "nor echoed");
}

#[tokio::test]
async fn a_session_is_no_authentication() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let unnamed = mana_mcp_tests::http()
        .post(gateway.url("/mcp"))
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .header("Mcp-Session-Id", mcp.session())
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(Answer::read(unnamed.send().await.unwrap()).await.status, 401);
    let delete = mana_mcp_tests::http().delete(gateway.url("/mcp")).header("Mcp-Session-Id", mcp.session());
    assert_eq!(Answer::read(delete.send().await.unwrap()).await.status, 401);
    assert_eq!(mcp.request("ping", json!({})).await.status, 200, "the session is still there");
}
