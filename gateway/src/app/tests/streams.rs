//! Calls that are answered as streams: when one is opened, and what it carries. The clock is the
//! runtime's: it moves on when nothing else is to be done, so that these tests wait for nothing.

mod ends;

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::harness::{Call, Gateway};

const SECOND: Duration = Duration::from_secs(1);

/// A call that waits for the sync service, of a client that would read a stream.
fn list() -> Call {
    Call::modern("tools/call", json!({ "name": "habits.list", "arguments": {} })).with_progress(json!("t"))
}

fn list_in(session: &str) -> Call {
    let call = Call::legacy("tools/call", json!({ "name": "habits.list", "arguments": {} }));
    call.in_session(session).with_progress(json!("t"))
}

/// The call in both eras: stateless, and in a new session.
async fn in_both(gateway: &Gateway) -> [Call; 2] {
    [list(), list_in(&gateway.open_session("ada").await)]
}

/// One event of a stream.
#[derive(Debug, PartialEq)]
enum Event {
    Comment,
    /// Its data as it came.
    Message(String),
}

impl Event {
    fn text(self) -> String {
        match self {
            Self::Message(text) => text,
            Self::Comment => panic!("a comment, where a message was expected"),
        }
    }

    fn json(self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

/// An open stream, read as clients read it.
struct Events {
    body: Body,
    unread: String,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!((header("cache-control"), header("x-accel-buffering")), ("no-cache", "no"));
        Self { body: response.into_body(), unread: String::new() }
    }

    async fn next(&mut self) -> Option<Event> {
        let block = loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = block.to_owned();
                self.unread = rest.to_owned();
                break block;
            }
            match self.body.frame().await {
                Some(frame) => {
                    let data = frame.unwrap().into_data().unwrap();
                    self.unread.push_str(str::from_utf8(&data).unwrap());
                }
                None => {
                    assert_eq!(self.unread, "", "the stream ends within an event");
                    return None;
                }
            }
        };
        if block.starts_with(':') {
            return Some(Event::Comment);
        }
        let data = block.strip_prefix("event: message\ndata: ").unwrap_or_else(|| panic!("no event: {block}"));
        assert!(!data.contains(['\n', '\r']), "{data}");
        Some(Event::Message(data.to_owned()))
    }

    /// The progress that comes next.
    async fn progress(&mut self) -> f64 {
        let message = self.next().await.unwrap().json();
        assert_eq!(message["method"], "notifications/progress", "{message}");
        assert_eq!((&message["jsonrpc"], message.get("id")), (&json!("2.0"), None));
        let params = &message["params"];
        assert_eq!(params["progressToken"], "t");
        assert!(params["message"].as_str().unwrap().starts_with("Running for "), "{message}");
        params["progress"].as_f64().unwrap()
    }

    /// The message that ends the stream; events before it are left aside.
    async fn last(mut self) -> Option<String> {
        let mut last = None;
        while let Some(event) = self.next().await {
            last = Some(event);
        }
        last.map(Event::text)
    }

    async fn last_error(self) -> (i64, String) {
        let message: Value = serde_json::from_str(&self.last().await.unwrap()).unwrap();
        assert_eq!(message["id"], 7, "{message}");
        let error = &message["error"];
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }
}

async fn respond(gateway: &Gateway, request: Request<Body>) -> Response {
    gateway.router.clone().oneshot(request).await.unwrap()
}

/// Makes the call, which must become a stream.
async fn open(gateway: &Gateway, call: Call) -> Events {
    Events::of(respond(gateway, call.of("ada")).await)
}

/// Makes the call, which must not become a stream, and lets it end after a while.
async fn plain(gateway: &Gateway, request: Request<Body>) -> Response {
    let call = gateway.router.clone().oneshot(request);
    let release = async {
        tokio::time::sleep(5 * SECOND).await;
        gateway.pulls.permits.add_permits(1);
    };
    let (response, ()) = tokio::join!(call, release);
    let response = response.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    response
}

async fn text_of(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_becomes_a_stream_that_ends_with_the_message() {
    let gateway = Gateway::new();
    for call in in_both(&gateway).await {
        let whole = text_of(plain(&gateway, call.clone().with("accept", "application/json").of("ada")).await).await;
        let began = tokio::time::Instant::now();
        let mut events = open(&gateway, call).await;
        assert!(began.elapsed() >= SECOND, "a stream after {:?}", began.elapsed());
        assert_eq!(events.progress().await, 1.0);
        gateway.pulls.permits.add_permits(1);
        assert_eq!(events.next().await, Some(Event::Message(whole)));
        assert_eq!(events.next().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn progress_only_increases() {
    let gateway = Gateway::with_streams(&[], |streams| streams.progress = Duration::from_millis(30));
    for call in in_both(&gateway).await {
        let mut events = open(&gateway, call).await;
        let mut last = 0.0;
        for _ in 0..30 {
            let progress = events.progress().await;
            assert!(progress > last, "{progress} after {last}");
            last = progress;
        }
        gateway.pulls.permits.add_permits(1);
        assert!(events.last().await.unwrap().contains("\"result\""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fast_call_is_one_json_body() {
    let gateway = Gateway::new();
    for call in in_both(&gateway).await {
        gateway.pulls.permits.add_permits(1);
        let answer = gateway.send(call.of("ada")).await;
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.result()["isError"], false);
    }
}

#[tokio::test(start_paused = true)]
async fn without_accept_or_token_a_slow_call_is_one_json_body() {
    let gateway = Gateway::new();
    for call in in_both(&gateway).await {
        for accept in ["application/json", "*/*", "application/json, text/*", "application/json, text/event-stream;q=0"]
        {
            plain(&gateway, call.clone().with("accept", accept).of("ada")).await;
        }
        plain(&gateway, call.clone().without("accept").of("ada")).await;
        for token in [json!(null), json!(1.5), json!({}), json!(true), json!("x".repeat(1000))] {
            plain(&gateway, call.clone().with_progress(token).of("ada")).await;
        }
        let mut without = call.clone();
        without.body["params"]["_meta"].as_object_mut().unwrap().remove("progressToken");
        plain(&gateway, without.of("ada")).await;
        // Written otherwise, it means the same.
        let accept = "application/json;q=0.5,Text/Event-Stream; q=0.1";
        let mut events = open(&gateway, call.with("accept", accept).with_progress(json!(-7))).await;
        assert_eq!(events.next().await.unwrap().json()["params"]["progressToken"], -7);
        gateway.pulls.permits.add_permits(1);
        events.last().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn at_a_bound_a_slow_call_is_one_json_body() {
    for bound in ["of a user", "of the gateway"] {
        let gateway = Gateway::with_streams(&[], |streams| match bound {
            "of a user" => streams.max_open_per_user = 1,
            _ => streams.max_open = 1,
        });
        let first = open(&gateway, list()).await;
        plain(&gateway, list().of("ada")).await;
        let bob = list().of("bob");
        if bound == "of a user" {
            drop(Events::of(respond(&gateway, bob).await));
        } else {
            plain(&gateway, bob).await;
        }
        // A stream that was closed makes room for another.
        drop(first);
        drop(open(&gateway, list()).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_last_longer_than_a_request_without_one() {
    let gateway = Gateway::with(&[("MANA_MCP_REQUEST_TIMEOUT_SECONDS", "2")]);
    for call in in_both(&gateway).await {
        let events = open(&gateway, call.clone()).await;
        tokio::time::sleep(4 * SECOND).await;
        gateway.pulls.permits.add_permits(1);
        assert!(events.last().await.unwrap().contains("\"result\""));
        let answer = gateway.send(call.with("accept", "application/json").of("ada")).await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    }
}

#[tokio::test(start_paused = true)]
async fn comments_keep_a_silent_stream_alive() {
    let gateway = Gateway::with_streams(&[], |streams| {
        streams.heartbeat = 2 * SECOND;
        streams.progress = 1000 * SECOND;
    });
    for call in in_both(&gateway).await {
        let mut events = open(&gateway, call).await;
        events.progress().await;
        let began = tokio::time::Instant::now();
        for _ in 0..2 {
            assert_eq!(events.next().await, Some(Event::Comment));
        }
        assert!(began.elapsed() >= 3 * SECOND, "{:?}", began.elapsed());
        gateway.pulls.permits.add_permits(1);
        assert!(events.last().await.unwrap().contains("\"result\""));
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_leaves_its_request_id_and_place_as_they_were() {
    let gateway = Gateway::with(&[("MANA_MCP_MAX_IN_FLIGHT", "2")]);
    let call = list().with("x-request-id", "abc");
    let response = respond(&gateway, call.of("ada")).await;
    assert_eq!(response.headers()["x-request-id"], "abc");
    let events = Events::of(response);
    // Of two places, one user has one: the stream's.
    let refused = gateway.send(Call::modern("tools/list", json!({})).of("ada")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    gateway.pulls.permits.add_permits(1);
    events.last().await.unwrap();
    let answer = gateway.send(Call::modern("tools/list", json!({})).of("ada")).await;
    assert_eq!(answer.status, StatusCode::OK);
}
