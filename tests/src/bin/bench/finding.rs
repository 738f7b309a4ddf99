//! `catalog.find` over the whole catalog: what a caller waits for, one call after the other.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use mana_mcp_tests::{Launch, Mcp, load::Connection};
use serde_json::{Value, json};

use crate::{
    compare::Call,
    measure::{median, row},
};

const CALLS: usize = 300;

/// Queries of both languages.
const QUERIES: [&str; 4] = [
    "remind me to buy milk tomorrow",
    "welche überfälligen Aufgaben habe ich diese Woche",
    "Einkaufsliste",
    "how much money did I spend on books this month, and what is left of the budget",
];

/// Measures each query, and a call that finds nothing beside them.
pub(crate) async fn run() -> Result<()> {
    // The policy would let a user find thirty times a minute.
    let gateway = Launch::shipped().env("POLICY_MODE", "log-only").discard_log().start().await;
    let mcp = Mcp::modern(&gateway, &gateway.token("bench@example.org").await).await;
    let list = mcp.request("tools/list", json!({})).await.result();
    let tools = list.get("tools").and_then(Value::as_array).context("a list of tools")?;
    row("tools of the default list", &tools.len().to_string(), "<= 30");
    row("its tokens, at four bytes each", &(json!(tools).to_string().len() / 4).to_string(), "< 8000");
    let mut connection = Connection::open(gateway.address).await?;
    let nothing = Call::new(&gateway, &mcp, "spaces.list", json!({}));
    let first = Instant::now();
    Call::new(&gateway, &mcp, "catalog.find", json!({ "query": "first" })).over(&mut connection).await?;
    row("catalog.find, the first call", &format!("{:.1?}", first.elapsed()), "");
    let mut measure = async |call: &Call| {
        let mut took = Vec::new();
        for _ in 0..CALLS {
            let began = Instant::now();
            call.over(&mut connection).await?;
            took.push(began.elapsed());
        }
        median(took)
    };
    let rest = measure(&nothing).await?;
    row("spaces.list, round trip", &format!("{rest:.1?}"), "");
    for query in QUERIES {
        let call = Call::new(&gateway, &mcp, "catalog.find", json!({ "query": query }));
        ensure!(!call.once().await?.body.is_empty(), "an answer");
        let took = measure(&call).await?;
        row(&format!("catalog.find, {} words, round trip", query.split(' ').count()), &format!("{took:.1?}"), "< 1 ms");
    }
    Ok(())
}
