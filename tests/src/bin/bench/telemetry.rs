//! What gate and audit cost: `tools/call spaces.list` on two gateways in turns, one with both, one without. Metrics are counted
//! on both: they cannot be switched off.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use mana_mcp_tests::{
    Gateway, Launch, Mcp,
    load::{self, Round},
};
use serde_json::json;

use super::{CONNECTIONS, ROUND, ROUNDS, median, row};

/// Measures and prints.
pub(super) async fn run() -> Result<()> {
    // The access log is no part of what is asked; the audit log is written as in production, where nobody reads it.
    let on = Launch::new().env("POLICY_MODE", "log-only").env("LOG", "off,mana_mcp::audit=info").discard_log();
    let off = Launch::new().env("POLICY_MODE", "off").env("LOG", "off").discard_log();
    let (on, off) = (on.env("LOG_FORMAT", "json").start().await, off.start().await);
    let with = Call::of(&on, &on.token("bench@example.org").await).await?;
    let without = Call::of(&off, &off.token("bench@example.org").await).await?;
    let measure_on = async || load::round(on.address, &with.to(on.address), CONNECTIONS, ROUND).await;
    let measure_off = async || load::round(off.address, &without.to(off.address), CONNECTIONS, ROUND).await;
    measure_on().await?;
    measure_off().await?;
    let (mut with, mut without): (Vec<Round>, Vec<Round>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(measure_on().await?);
        without.push(measure_off().await?);
    }
    let costs = with.iter().zip(&without).map(|(with, without)| 100.0 * (1.0 - with.rate / without.rate)).collect();
    let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate).collect());
    row("spaces.list, calls per second, gate and audit on", &format!("{:.0}", rate(&with)?), "");
    row("the same, gate and audit off", &format!("{:.0}", rate(&without)?), "");
    row("cost of gate and audit (metrics are on in both)", &format!("{:.1} %", median(costs)?), "< 5 %");
    Ok(())
}

/// `tools/call spaces.list` as it goes over the wire.
struct Call {
    token: String,
    body: String,
}

impl Call {
    /// One that the gateway answers with success.
    async fn of(gateway: &Gateway, token: &str) -> Result<Self> {
        let mcp = Mcp::modern(gateway, token).await;
        let body = mcp.body("tools/call", json!({ "name": "spaces.list", "arguments": {} })).to_string();
        let call = Self { token: token.to_owned(), body };
        let answer = load::Connection::open(gateway.address).await?.exchange(&call.to(gateway.address)).await?;
        ensure!(answer.status() == Some(200), "{}", answer.head);
        ensure!(!String::from_utf8_lossy(&answer.body).contains("isError\":true"), "the call fails");
        Ok(call)
    }

    /// The request to that address.
    fn to(&self, address: SocketAddr) -> Vec<u8> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "spaces.list"),
        ];
        load::request("POST", address, "/mcp", &headers, &self.body)
    }
}
