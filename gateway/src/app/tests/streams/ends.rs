//! What ends a stream, and the call behind it.

use http::StatusCode;
use serde_json::json;
use tower::ServiceExt;

use super::{SECOND, in_both, list, list_in, open, text_of};
use crate::app::tests::harness::{Call, Gateway, counted, ended, until};

#[tokio::test(start_paused = true)]
async fn a_stream_has_a_deadline() {
    for place in 0..2 {
        let gateway =
            Gateway::with_streams(&[("MANA_MCP_MAX_IN_FLIGHT", "1")], |streams| streams.deadline = 5 * SECOND);
        let call = in_both(&gateway).await[place].clone();
        let events = open(&gateway, call).await;
        assert_eq!(events.last_error().await, (-32603, "The call took too long.".to_owned()));
        assert_eq!(counted(&gateway, "mana_mcp_request_timeouts_total", &[]).await, 1);
        // Its work has ended too.
        until(async || ended(&gateway, "handler-error").await == 1).await;
        gateway.open_session("ada").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_streams_finish_and_opens_none() {
    for place in 0..2 {
        let gateway = Gateway::new();
        let call = in_both(&gateway).await[place].clone();
        let events = open(&gateway, call.clone()).await;
        let waiting = tokio::spawn(gateway.router.clone().oneshot(call.of("ada")));
        // It is under way before the stop, but not yet a stream.
        tokio::time::sleep(SECOND / 2).await;
        gateway.stop.cancel();
        tokio::time::sleep(3 * SECOND).await;
        gateway.pulls.permits.add_permits(2);
        assert!(events.last().await.unwrap().contains("\"result\""));
        let response = waiting.await.unwrap().unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(text_of(response).await.contains("\"result\""));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_drain_ends_streams_with_an_error() {
    for place in 0..2 {
        let gateway = Gateway::with(&[("MANA_MCP_DRAIN_SECONDS", "4")]);
        let call = in_both(&gateway).await[place].clone();
        let events = open(&gateway, call).await;
        let stopped = tokio::time::Instant::now();
        gateway.stop.cancel();
        assert_eq!(events.last_error().await, (-32603, "The gateway is stopping.".to_owned()));
        let took = stopped.elapsed();
        assert!(took >= 3 * SECOND && took < 4 * SECOND, "{took:?} of a drain of 4 s");
        until(async || ended(&gateway, "handler-error").await == 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn closing_the_stream_cancels_a_stateless_call() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "1")]);
    let mut events = open(&gateway, list()).await;
    events.progress().await;
    let other = async || gateway.send(Call::modern("tools/list", json!({})).of("bob")).await.status;
    assert_eq!(other().await, StatusCode::SERVICE_UNAVAILABLE, "a stream holds the request's place");
    drop(events);
    until(async || ended(&gateway, "handler-error").await == 1).await;
    assert_eq!(ended(&gateway, "success").await, 0);
    assert_eq!(other().await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn closing_the_stream_does_not_cancel_within_a_session() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "1")]);
    let id = gateway.open_session("ada").await;
    drop(open(&gateway, list_in(&id)).await);
    tokio::time::sleep(2 * SECOND).await;
    let other = async || gateway.send(Call::modern("tools/list", json!({})).of("bob")).await.status;
    assert_eq!(other().await, StatusCode::SERVICE_UNAVAILABLE, "the work holds the request's place");
    gateway.pulls.permits.add_permits(1);
    until(async || ended(&gateway, "success").await == 1).await;
    assert_eq!(ended(&gateway, "handler-error").await, 0);
    assert_eq!(other().await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn hanging_up_before_the_stream_opens_does_not_cancel_within_a_session() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    let call = gateway.router.clone().oneshot(list_in(&id).of("ada"));
    tokio::select! {
        response = call => panic!("answered before the sync service was: {response:?}"),
        () = gateway.until_a_pull_waits() => {}
    }
    // Long after its stream would have been opened.
    tokio::time::sleep(4 * SECOND).await;
    gateway.pulls.permits.add_permits(1);
    until(async || ended(&gateway, "success").await == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_notification_cancels_the_call_of_a_stream_within_a_session() {
    let gateway = Gateway::new();
    let id = gateway.open_session("ada").await;
    let call = list_in(&id);
    let request = call.body["id"].clone();
    let mut events = open(&gateway, call).await;
    events.progress().await;
    let mut cancelled = Call::legacy("notifications/cancelled", json!({ "requestId": request })).in_session(&id);
    cancelled.body.as_object_mut().unwrap().remove("id");
    assert_eq!(gateway.send(cancelled.of("ada")).await.status, StatusCode::ACCEPTED);
    // A cancelled request gets no answer.
    assert_eq!(events.next().await, None);
    until(async || ended(&gateway, "handler-error").await == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_stream_with_an_error() {
    let gateway = Gateway::new();
    let [modern, legacy] = in_both(&gateway).await;
    let (modern, legacy) = (open(&gateway, modern).await, open(&gateway, legacy).await);
    // The service in this process panics where there will be no permits.
    gateway.pulls.permits.close();
    for events in [modern, legacy] {
        let (code, text) = events.last_error().await;
        assert_eq!((code, text.as_str()), (-32603, "the server failed unexpectedly"));
    }
    assert_eq!(counted(&gateway, "mana_mcp_panics_total", &[]).await, 2);
}
