//! What gate and audit cost: `tools/call spaces.list` on gateways in turns, one with both, one with neither, and one with
//! each. Metrics are counted on all: they cannot be switched off.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use mana_mcp_tests::{Gateway, Launch, Mcp, load};
use serde_json::json;

use super::{CONNECTIONS, ROUND, ROUNDS, median, row};

/// Measures and prints.
pub(super) async fn run() -> Result<()> {
    // The access log is no part of what is asked; the audit log is written as in production, where nobody reads it.
    const AUDIT: &str = "off,mana_mcp::audit=info";
    let mut sides = Vec::new();
    for (what, policy, log) in [
        ("gate and audit on", "log-only", AUDIT),
        ("gate and audit off", "off", "off"),
        ("gate alone", "log-only", "off"),
        ("audit alone", "off", AUDIT),
    ] {
        sides.push(Side::start(what, policy, log).await?);
    }
    for round in 0..=ROUNDS {
        for side in &mut sides {
            let rate = load::round(side.gateway.address, &side.request, CONNECTIONS, ROUND).await?.rate;
            // The first one warms up.
            if round > 0 {
                side.rates.push(rate);
            }
        }
    }
    let off = sides.iter().find(|side| side.what == "gate and audit off").context("a side without both")?;
    for side in &sides {
        let costs = side.rates.iter().zip(&off.rates).map(|(rate, off)| 100.0 * (1.0 - rate / off)).collect();
        row(
            &format!("spaces.list, calls per second, {}", side.what),
            &format!("{:.0}", median(side.rates.clone())?),
            "",
        );
        if side.what != off.what {
            let wanted = if side.what == "gate and audit on" { "< 5 %" } else { "" };
            row("cost (metrics are on in all)", &format!("{:.1} %", median(costs)?), wanted);
        }
    }
    Ok(())
}

/// One gateway, and what it was measured to do.
struct Side {
    what: &'static str,
    gateway: Gateway,
    request: Vec<u8>,
    rates: Vec<f64>,
}

impl Side {
    async fn start(what: &'static str, policy: &str, log: &str) -> Result<Self> {
        let launch = Launch::new().env("POLICY_MODE", policy).env("LOG", log).env("LOG_FORMAT", "json").discard_log();
        let gateway = launch.start().await;
        let call = Call::of(&gateway, &gateway.token("bench@example.org").await).await?;
        let request = call.to(gateway.address);
        Ok(Self { what, gateway, request, rates: Vec::new() })
    }
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
