//! What a host sees that starts the gateway as a program.

use std::{
    collections::BTreeMap,
    io::Cursor,
    sync::{Arc, Mutex},
    time::Duration,
};

use mana_mcp_runtime::tool::Catalog;
use serde_json::{Value, json};

use super::{Line, TokenSource, messages::Conversation, next_line};
use mana_mcp_service::http::host_origin::AllowedPeers;

use crate::{app, config::Config};

/// What was written, by the test that runs on the thread.
static WRITTEN: Mutex<Vec<Value>> = Mutex::new(Vec::new());

fn write(message: &[u8]) {
    WRITTEN.lock().unwrap().push(serde_json::from_slice(message).unwrap());
}

async fn written() -> Value {
    tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Some(message) = WRITTEN.lock().unwrap().pop() {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_talks_in_either_revision() {
    let folder = tempfile::tempdir().unwrap();
    let folder: &'static str = folder.path().join("data").to_str().unwrap().to_owned().leak();
    let catalog: &'static Catalog = &mana_mcp_fixture::CATALOG;
    let mut config = Config::read(&BTreeMap::from([("DATA_DIR", folder)]), catalog).unwrap();
    config.peers = AllowedPeers { loopback: true, ..AllowedPeers::default() };
    let gateway = Arc::new(app::start_in_process(config, catalog).await.unwrap());
    let tokens = TokenSource::own(Arc::clone(&gateway), "me@localhost".to_owned());
    let host = Conversation::new(gateway.router().clone(), "/mcp".to_owned(), tokens, write);
    let say = async |message: &Value| host.take(message.to_string().into_bytes()).await;

    let client =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    say(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": client })).await;
    assert_eq!(written().await["result"]["protocolVersion"], "2025-06-18");
    say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    let create = json!({ "name": "habits_create", "arguments": { "title": "Read" } });
    say(&json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": create })).await;
    let made = written().await;
    assert_eq!((&made["id"], &made["result"]["isError"]), (&json!("a"), &json!(false)), "{made}");

    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
    });
    let list = json!({ "name": "habits.list", "arguments": {}, "_meta": meta });
    say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": list })).await;
    let listed = written().await;
    assert_eq!(listed["result"]["structuredContent"]["habits"].as_array().unwrap().len(), 1, "{listed}");

    host.take(b"not json\n".to_vec()).await;
    let refused = written().await;
    assert!(refused["error"]["code"].is_number() && refused["id"].is_null(), "{refused}");
    say(&json!({ "jsonrpc": "2.0", "id": 3, "method": "no/such", "params": {} })).await;
    let refused = written().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(3), &json!(-32601)), "{refused}");
    host.drain(Duration::from_secs(5)).await;
    assert!(WRITTEN.lock().unwrap().is_empty(), "notifications are not answered");
}

#[test]
fn lines_are_bounded() {
    let mut input = Cursor::new(b"\n  \n{}\n0123456789\n0123456789x\n[]".to_vec());
    let mut next = || match next_line(&mut input, 11).unwrap() {
        None => "end".to_owned(),
        Some(Line::TooLong) => "too long".to_owned(),
        Some(Line::Message(line)) => String::from_utf8(line).unwrap().trim().to_owned(),
    };
    assert_eq!([next(), next(), next(), next(), next()], ["{}", "0123456789", "0123456789x", "[]", "end"]);
    let long = [vec![b'x'; 200_000], b"\n{}\n".to_vec()].concat();
    let mut input = Cursor::new(long);
    assert!(matches!(next_line(&mut input, 11), Ok(Some(Line::TooLong))));
    assert!(matches!(next_line(&mut input, 11), Ok(Some(Line::Message(line))) if line == b"{}\n"));
}
