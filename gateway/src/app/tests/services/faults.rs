//! Services that do not do as asked: each fault has its words, is counted, and comes once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::json;

use super::{
    World, call,
    recorder::{Recorder, Reply, answer, json as json_answer, ok, status},
};

const JSON: &str = "content-type: application/json\r\n";

/// The head of an answer whose end is that of its connection.
fn unbounded(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

#[tokio::test]
async fn every_fault_has_its_words() {
    let world = World::new().await;
    let odd = "The service `fake` gave an answer that the gateway does not understand. Tell the user; calling again will not help.";
    let large = "The service `fake` answered with more than the gateway reads. Ask for less.";
    let failed = "The service `fake` failed. Call again in a moment.";
    let closed = "The service `fake` ended the connection without an answer. Call again in a moment.";
    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(10 << 20));
    let reset = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
    let window = format!("x-ratelimit-reset: {reset}\r\n");
    // What a gzip bomb looks like before anybody unpacks it.
    let packed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].repeat(100);
    let gzip = format!("{JSON}content-encoding: gzip\r\n");
    let html = "content-type: text/html\r\n";
    let faults: Vec<(Reply, &str)> = vec![
        (ok(r#"{"title":7}"#), odd),
        (ok(r#"{"other":"a"}"#), odd),
        (ok("[]"), odd),
        (ok(""), odd),
        (Reply::Bytes(answer("200 OK", html, "<html>secret words</html>")), odd),
        (Reply::Bytes(answer("200 OK", html, r#"{"title":"secret words"}"#)), odd),
        (Reply::Bytes(answer("200 OK", &gzip, packed)), odd),
        (Reply::Bytes(json_answer(long)), large),
        (Reply::Endless(unbounded(JSON), vec![b' '; 64 << 10]), large),
        (Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec()), closed),
        (Reply::Bytes(Vec::new()), closed),
        (
            status("400 Bad Request", ""),
            "The service `fake` refused the request (status 400). Tell the user; calling again will not help.",
        ),
        (
            status("402 Payment Required", ""),
            "The user has too few credits for this. Tell the user; calling again will not help before they have more.",
        ),
        (
            status("403 Forbidden", ""),
            "The service `fake` does not let this user do that: it may need another plan. Tell the user; calling again will not help.",
        ),
        (status("404 Not Found", ""), "There is no such feed."),
        (
            status("429 Too Many Requests", ""),
            "The service `fake` takes no more requests just now. Call again in a minute.",
        ),
        (
            status("429 Too Many Requests", "retry-after: 7\r\n"),
            "The service `fake` takes no more requests just now. Wait 7 s before you call again.",
        ),
        (
            status("429 Too Many Requests", &window),
            "The service `fake` takes no more requests just now. Wait 60 s before you call again.",
        ),
        (
            status("429 Too Many Requests", "retry-after: 86400\r\n"),
            "The service `fake` takes no more requests just now. Wait 60 s before you call again.",
        ),
        (
            status("429 Too Many Requests", "retry-after: -1\r\n"),
            "The service `fake` takes no more requests just now. Call again in a minute.",
        ),
        (status("500 Internal Server Error", ""), failed),
        (status("503 Service Unavailable", ""), failed),
    ];
    for (reply, words) in faults {
        world.fake.will(reply);
        assert_eq!(world.error("events.feed").await, words);
        assert_eq!(world.fake.take().len(), 1, "once: {words}");
        // Between faults it answers, so that it is not left alone.
        world.fake.will(ok(r#"{"title":"a"}"#));
        world.call("events.feed", json!({ "id": "e" })).await.result();
        world.fake.take();
    }
}

#[tokio::test]
async fn nothing_follows_a_redirect() {
    let (world, evil) = (World::new().await, Recorder::new("").await);
    for status_line in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        world.fake.will(status(status_line, &format!("location: {}/steal\r\n", evil.url)));
        assert_eq!(world.error("events.feed").await, "The service `fake` failed. Call again in a moment.");
    }
    assert!(evil.take().is_empty());
    assert_eq!(world.fake.take().len(), 4);
}

#[tokio::test]
async fn a_refused_token_is_the_clients_to_renew() {
    let world = World::new().await;
    world.fake.will(status("401 Unauthorized", ""));
    let answer = world.call("events.feed", json!({ "id": "e" })).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up_and_then_left_alone_while_others_work() {
    let world = World::new().await;
    world.fake.will(Reply::Hang);
    let begun = Instant::now();
    let calls = (0..5).map(|_| world.error("events.draw"));
    for text in futures::future::join_all(calls).await {
        assert_eq!(
            text,
            "The service `fake` did not answer in time. It may have been done nevertheless: look before you call again."
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "at once, not one after the other");
    assert_eq!(world.fake.take().len(), 5, "none is repeated");
    let text = world.error("events.feed").await;
    assert!(text.contains("left alone for a moment"), "{text}");
    assert!(world.fake.take().is_empty());
    let result = world.call("events.open", json!({})).await.result();
    assert_eq!(result["structuredContent"], json!({ "title": "a" }));
}

#[tokio::test]
async fn an_answer_that_is_cut_leaves_open_what_was_done() {
    let world = World::new().await;
    let cut = |body: &str| Reply::Bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{body}").into_bytes());
    for reply in [cut(""), cut("{\"title\":\"a\"}"), Reply::Bytes(Vec::new()), Reply::Bytes(b"HTTP/1.1 2".to_vec())] {
        world.fake.will(reply);
        let text = world.error("events.draw").await;
        assert!(text.ends_with("It may have been done nevertheless: look before you call again."), "{text}");
        assert_eq!(world.fake.take().len(), 1, "it is not repeated");
    }
}

#[tokio::test]
async fn calls_of_one_user_that_hang_keep_nobody_else_from_any_service() {
    // An eighth of the places for requests.
    const OF_USER: usize = 32;
    let world = World::new().await;
    world.fake.will(Reply::Hang);
    let hung = futures::future::join_all((0..128).map(|_| world.call("events.draw", json!({}))));
    let others = async {
        let mut hanging = 0;
        while hanging < OF_USER {
            tokio::time::sleep(Duration::from_millis(5)).await;
            hanging += world.fake.take().len();
        }
        world.fake.will(ok(r#"{"title":"a"}"#));
        let begun = Instant::now();
        for tool in ["events.open", "events.feed"] {
            for _ in 0..10 {
                let result = world.gateway.send(call(tool, json!({ "id": "e" })).of("bob")).await.result();
                assert_eq!(result["structuredContent"], json!({ "title": "a" }), "{result}");
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(6), "they waited for those that hang: {:?}", begun.elapsed());
    };
    let (hung, ()) = futures::join!(hung, others);
    let refused = hung.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(refused, 128 - OF_USER);
}

#[tokio::test]
async fn a_service_is_given_up_with_the_call() {
    let world = World::new().await;
    world.fake.will(Reply::Hang);
    let request = world.gateway.send(call("events.feed", json!({ "id": "e" })).of("ada"));
    tokio::select! {
        answer = request => panic!("{}", answer.text),
        () = world.fake.until_asked() => {}
    }
    world.fake.until_abandoned().await;
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let world = World::new().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: &'static str = Box::leak(format!("http://{}", nobody.local_addr().unwrap()).into_boxed_str());
    drop(nobody);
    let gateway = super::Gateway::of(&super::CATALOG, &[("FAKE_URL", url)]);
    let result = gateway.send(call("events.draw", json!({})).of("ada")).await.result();
    assert_eq!(result["content"][0]["text"], "The service `fake` cannot be reached. Call again in a moment.");
    drop(world);
}
