//! Streams by themselves: what a client accepts, and a client that does not read. The calls' part is in the tests of the
//! whole router.

use std::{future::pending, pin::Pin, sync::Arc};

use axum::http::StatusCode;
use http_body_util::BodyExt;
use rmcp::model::MetaObject;
use serde_json::{Value, json};

use super::{permit::lock, *};

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

const MINUTE: Duration = Duration::from_secs(60);

fn streams() -> (Streams, CancellationToken) {
    let (metrics, stop) = (Metrics::new(&crate::call::testing::CATALOG).unwrap(), CancellationToken::new());
    let settings = StreamSettings::new(256, Duration::from_secs(30), Duration::from_secs(10));
    (Streams::new(settings, stop.clone(), &metrics, Counter::noop()), stop)
}

fn request(user: &str) -> StreamRequest {
    StreamRequest {
        id: RequestId::Number(1),
        user: UserId::for_tests(user),
        token: Some(ProgressToken(NumberOrString::Number(5))),
        limit: None,
        on_close: OnClose::Continue,
    }
}

/// Opens a stream for work that runs longer than the delay.
async fn open(streams: &Streams, request: StreamRequest, work: Work) -> (EventStream, StreamWriter<Work>) {
    match streams.start(request, work).await {
        Start::Open(stream, writer) => (stream, writer),
        Start::Ended(outcome) => panic!("no stream: {outcome:?}"),
    }
}

fn after(time: Duration, outcome: Outcome) -> Work {
    Box::pin(async move {
        sleep(time).await;
        outcome
    })
}

async fn text(stream: EventStream) -> String {
    String::from_utf8(stream.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn headers(accept: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())])
}

#[test]
fn only_an_accepted_stream_with_a_usable_token_is_requested() {
    let token = |accept: &str, token: Value| {
        let meta = json!({ "progressToken": token });
        requested(&headers(accept), &RequestMetaObject(MetaObject(meta.as_object().unwrap().clone())))
    };
    for accept in [
        "text/event-stream",
        "application/json, text/event-stream",
        "a/b;q=0, TEXT/Event-Stream ;q=0.1",
        "text/event-stream;x=1",
    ] {
        assert_eq!(token(accept, json!("t")), Some(ProgressToken(NumberOrString::String("t".into()))), "{accept}");
        assert_eq!(token(accept, json!(7)), Some(ProgressToken(NumberOrString::Number(7))), "{accept}");
        for unusable in [json!(null), json!(1.5), json!([]), json!("x".repeat(MAX_TOKEN_BYTES + 1))] {
            assert_eq!(token(accept, unusable.clone()), None, "{unusable:.20}");
        }
    }
    for accept in [
        "",
        "*/*",
        "text/*",
        "application/json",
        "text/event-stream;q=0",
        "text/event-stream; Q=0.000",
        "text/event-streams",
    ] {
        assert_eq!(token(accept, json!("t")), None, "{accept}");
    }
    assert_eq!(requested(&headers("text/event-stream"), &RequestMetaObject::default()), None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_up_no_call_and_gets_the_message() {
    let (streams, _stop) = streams();
    let message = MessageBody::Whole(Bytes::from_static(b"the message"));
    let (stream, writer) = open(&streams, request("ada"), after(4 * MINUTE, Some(Ok(message)))).await;
    // Events of four minutes, of which nobody takes one.
    writer.run().await;
    let text = text(stream).await;
    assert_eq!(
        text.matches("notifications/progress").count() + text.matches(":\n\n").count(),
        WAITING_EVENTS,
        "{text}"
    );
    assert!(text.ends_with("event: message\ndata: the message\n\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_within_a_stream_is_its_message() {
    let (streams, _stop) = streams();
    let refusal = Refusal::of_request(StatusCode::FORBIDDEN, "not a member").answering(Some(&RequestId::Number(1)));
    let (stream, writer) = open(&streams, request("ada"), after(5 * MINUTE / 60, Some(Err(refusal)))).await;
    writer.run().await;
    let message = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a member"}}"#;
    assert!(text(stream).await.ends_with(&format!("event: message\ndata: {message}\n\n")));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_ends_its_stream_without_a_message() {
    let (streams, _stop) = streams();
    let (stream, writer) = open(&streams, request("ada"), after(2 * Duration::from_secs(1), None)).await;
    writer.run().await;
    let text = text(stream).await;
    assert_eq!(text.matches("event: message").count(), text.matches("notifications/progress").count(), "{text}");
}

#[tokio::test(start_paused = true)]
async fn streams_are_counted_as_long_as_they_are_open() {
    let (streams, stop) = streams();
    let StreamSettings { max_open, max_open_per_user, .. } = streams.settings;
    assert_eq!((max_open, max_open_per_user), (64, 16));
    let permits: Vec<Arc<Permit>> = (0..max_open)
        .map(|place| streams.open(UserId::for_tests(&format!("user{}", place / max_open_per_user))).unwrap())
        .collect();
    assert!(streams.open(UserId::for_tests("somebody")).is_none());
    drop(permits);
    assert!(lock(&streams.open).by_user.is_empty());
    let user = || UserId::for_tests("ada");
    let of_one: Vec<Arc<Permit>> = (0..max_open_per_user).map(|_| streams.open(user()).unwrap()).collect();
    assert!(streams.open(user()).is_none() && streams.open(UserId::for_tests("bob")).is_some());
    drop(of_one);
    // Writing has ended, but the client has not read it all: the stream still is open.
    let (stream, writer) = open(&streams, request("ada"), Box::pin(pending())).await;
    drop(writer);
    assert_eq!(lock(&streams.open).total, 1);
    drop(stream);
    assert_eq!(lock(&streams.open).total, 0);
    stop.cancel();
    assert!(streams.open(user()).is_none());
}
