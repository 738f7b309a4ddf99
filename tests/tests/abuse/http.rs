//! Smuggling and spelling: what is one request to a proxy must not be two here, and names of strangers reach nothing.

use std::time::Duration;

use futures::future::join_all;
use mana_mcp_tests::{Gateway, Mcp};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::watchdog::Watchdog;

/// How long a connection is silent after the last answer.
const SILENCE: Duration = Duration::from_secs(3);

/// Everything that comes back until the gateway closes or is silent. A client that ends its side goes, to hyper.
async fn exchange(gateway: &Gateway, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    // A reset is an end too.
    while let Ok(Ok(length @ 1..)) = tokio::time::timeout(SILENCE, stream.read(&mut piece)).await {
        answer.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answers: &str) -> Vec<&str> {
    answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect()
}

/// A request that makes a habit, to be hidden in another one.
fn hidden(gateway: &Gateway, token: &str) -> String {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "habits.create", "arguments": { "title": "smuggled" },
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    } })
    .to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n\
         Mcp-Name: habits.create\r\nContent-Length: {}\r\n\r\n{body}",
        gateway.address,
        body.len()
    )
}

#[tokio::test]
async fn no_request_hides_in_another() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let watchdog = Watchdog::over(&gateway);
    let (host, hidden) = (gateway.address, hidden(&gateway, ada.token()));
    let length = hidden.len();
    let attacks = [
        ("two lengths", format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}")),
        ("a list of lengths", format!("Content-Length: 0, {length}\r\n\r\n{hidden}")),
        ("a length with a sign", format!("Content-Length: +{length}\r\n\r\n{hidden}")),
        (
            "length and chunks",
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        ),
        ("another encoding last", format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}")),
        ("chunks in other letters", format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}")),
        ("a space before the colon", format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}")),
        ("a folded header", format!("X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}")),
        ("a bare CR", format!("X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}")),
        ("a chunk size that overflows", format!("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{hidden}")),
        ("a request in a trailer", format!("Transfer-Encoding: chunked\r\n\r\n0\r\nX: {hidden}")),
    ];
    let sent = attacks.iter().map(|(_, attack)| format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\n{attack}"));
    let sent: Vec<String> = sent.collect();
    // Nobody is authenticated in the outer request, and its connection ends with it.
    let all = join_all(sent.iter().map(|request| exchange(&gateway, request.as_bytes()))).await;
    for ((what, _), answers) in attacks.iter().zip(all) {
        assert!(!statuses(&answers).contains(&"200"), "{what}: {answers}");
    }
    let made = ada.call("habits.list", json!({})).await.structured();
    assert_eq!(made, json!({ "habits": [], "total": 0 }), "a hidden request was carried out");
    // The same request by itself is.
    assert_eq!(statuses(&exchange(&gateway, hidden.as_bytes()).await), ["200"]);
    watchdog.assert_alive();
}

#[tokio::test]
async fn pipelined_requests_are_answered_one_by_one_and_in_order() {
    let gateway = Gateway::start().await;
    let host = gateway.address;
    let requests = format!(
        "GET /health HTTP/1.1\r\nHost: {host}\r\n\r\nGET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n\
         GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(statuses(&exchange(&gateway, requests.as_bytes()).await), ["200", "404", "200"]);
}

#[tokio::test]
async fn other_protocols_and_odd_targets_reach_nothing() {
    let gateway = Gateway::start().await;
    let host = gateway.address;
    for request in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("TRACE /mcp HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET http://evil.example/health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n"),
        "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
        format!("GET /health HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\n\r\n"),
        "POST /mcp HTTP/1.1\r\nHost: localhost:+80\r\nContent-Length: 0\r\n\r\n".to_owned(),
        format!("GET /../health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /%2e%2e/health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ] {
        let answers = exchange(&gateway, request.as_bytes()).await;
        assert!(statuses(&answers).iter().all(|status| status.starts_with('4')), "{request}: {answers}");
    }
}

#[tokio::test]
async fn a_name_that_stands_twice_names_no_tool() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    for arguments in [r#"{"title":"a","title":"b"}"#, r#"{"title":"a","\u0074itle":"b"}"#] {
        let answer = ada.call_with_text("habits.create", arguments).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text.contains("twice"), "{answer:?}");
    }
    let body = ada.body("tools/call", json!({ "name": "habits.list", "arguments": {} })).to_string();
    let twice = body.replacen(r#""name":"habits.list""#, r#""name":"habits.list","name":"habits.create""#, 1);
    assert_ne!(body, twice);
    let sent = ada.builder("tools/call", Some("habits.list")).body(twice).send().await.unwrap();
    assert_eq!(sent.status(), 400);
    assert_eq!(ada.call("habits.list", json!({})).await.structured(), json!({ "habits": [], "total": 0 }));
}
