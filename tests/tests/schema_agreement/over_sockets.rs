//! Made arguments for every tool, sent over sockets as an agent sends them: whatever comes, the gateway answers, and what
//! the published schema refuses writes no row.

use std::net::SocketAddr;

use futures::future::join_all;
use mana_mcp_tests::{
    CatalogServices, Gateway, Launch, Program, http,
    load::{Connection, request},
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::made::arguments;
use super::models::as_meant;
use super::moments::{input_schema, validator};
use super::{CASES, CATALOG};

/// Calls under way at once.
const AT_ONCE: usize = 8;

/// Arguments that no schema has in mind, as text: other types, bad JSON types of the envelope, depth, size, odd names.
fn hostile() -> Vec<String> {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(60), "]".repeat(60));
    let wide = format!("{{{}}}", (0..2_000).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(","));
    let long = format!("{{\"id\":{:?}}}", "a".repeat(100_000));
    ["[]", "\"[]\"", "1", "true", "{\"\":null}", "{\"__proto__\":{}}", "{\"id\":\"\\u0000\"}", "{\"id\":\"\\ud800\"}"]
        .map(str::to_owned)
        .into_iter()
        .chain([deep, wide, long])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_is_answered_and_what_is_invalid_writes_nothing() {
    let services = CatalogServices::start().await;
    let launch = Launch::of(Program::Examples).env("POLICY_MODE", "off").discard_log();
    let gateway = services.settings.iter().fold(launch, |launch, (name, url)| launch.env(name, url)).start().await;
    let ada = Caller::new(&gateway).await;
    let mut runner = TestRunner::deterministic();
    let (mut valid, mut invalid) = (0, 0);
    for tool in CATALOG.tools() {
        let (name, schema) = (tool.name(), input_schema(*tool));
        let (validator, made) = (validator(&schema), arguments(&schema));
        let made = (0..CASES).map(|_| made.new_tree(&mut runner).unwrap().current());
        let (sound, refused): (Vec<Value>, Vec<Value>) =
            made.partition(|input| validator.is_valid(&as_meant(&schema, input)));
        let texts = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>();
        let before = pushes(&gateway).await;
        let answers = ada.call(name, &texts(&refused)).await;
        let taken = refused.iter().zip(answers).find(|(_, is_refused)| !is_refused);
        assert!(taken.is_none(), "{name} took {taken:?}");
        ada.call(name, &hostile()).await;
        assert_eq!(pushes(&gateway).await, before, "{name} wrote a row for arguments that its schema refuses");
        // A few of the sound ones: what they do is the subject of other tests.
        ada.call(name, &texts(&sound[..sound.len().min(10)])).await;
        (valid, invalid) = (valid + sound.len(), invalid + refused.len());
    }
    assert!(pushes(&gateway).await > 0.0, "rows that are written are counted");
    assert!(valid > 0 && invalid > 50 * CATALOG.tools().len(), "{valid} valid, {invalid} invalid");
    assert_eq!(count(&gateway, "mana_mcp_panics_total", "").await, 0.0);
}

/// One caller, with some connections at a time.
struct Caller {
    address: SocketAddr,
    token: String,
}

impl Caller {
    async fn new(gateway: &Gateway) -> Self {
        Self { address: gateway.address, token: gateway.token("ada@example.org").await }
    }

    /// Calls a tool with each of the arguments, which are sent as they stand. Tells of each whether it was refused.
    async fn call(&self, tool: &str, arguments: &[String]) -> Vec<bool> {
        let (address, authorization) = (self.address, format!("Bearer {}", self.token));
        let shares = arguments.chunks(arguments.len().div_ceil(AT_ONCE).max(1));
        let calls = shares.map(async |share| {
            let (mut connection, mut refused) = (Connection::open(address).await.unwrap(), Vec::new());
            for arguments in share {
                refused.push(is_refused(&mut connection, address, &authorization, tool, arguments).await);
            }
            refused
        });
        join_all(calls).await.concat()
    }
}

/// Makes a call. No answer, or one that speaks of a fault of the gateway's, fails the test.
async fn is_refused(
    connection: &mut Connection,
    address: SocketAddr,
    authorization: &str,
    tool: &str,
    arguments: &str,
) -> bool {
    let headers = [
        ("Authorization", authorization),
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    ];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{meta},"name":"{tool}","arguments":{arguments}}}}}"#
    );
    let answer = connection.exchange(&request("POST", address, "/mcp/all", &headers, &body)).await.unwrap();
    let shown: String = arguments.chars().take(300).collect();
    let text = String::from_utf8_lossy(&answer.body);
    assert!(answer.status().is_some_and(|status| status < 500), "{tool} {shown}: {} {text}", answer.head);
    // Long calls come as events: the last one has the answer.
    let message = text.lines().rev().find_map(|line| serde_json::from_str(line.trim_start_matches("data: ")).ok());
    let message: Value = message.unwrap_or_else(|| panic!("{tool} {shown}: {} {text}", answer.head));
    assert_ne!(message["error"]["code"], json!(-32603), "{tool} {shown}: {message}");
    message["error"].is_object() || message["result"]["isError"] == json!(true)
}

/// How often the gateway asked the sync service to store rows.
async fn pushes(gateway: &Gateway) -> f64 {
    count(gateway, "mana_mcp_backend_calls_total{", "route=\"/sync/{app}\"").await
}

/// The sum of a family's samples that have this label.
async fn count(gateway: &Gateway, family: &str, label: &str) -> f64 {
    let page = http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let samples = page.lines().filter(|line| line.starts_with(family) && line.contains(label));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}
