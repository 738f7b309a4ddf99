//! A request to the gateway against a bare handler that takes the same request and sends the same answer.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use mana_mcp_tests::{
    Gateway, Mcp,
    load::{self, Raw, Round},
};
use serde_json::Value;

use crate::{
    bare::Bare,
    measure::{CONNECTIONS, ROUND, ROUNDS, median, row},
};

/// A request, as bytes.
pub(crate) struct Call {
    /// Where the gateway listens.
    pub(crate) address: SocketAddr,
    /// The tool's name, or the method.
    pub(crate) what: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Call {
    /// A call by that caller.
    pub(crate) fn new(gateway: &Gateway, mcp: &Mcp<'_>, tool: &'static str, arguments: Value) -> Self {
        let params = serde_json::json!({ "name": tool, "arguments": arguments });
        Self::of(gateway, mcp, "tools/call", Some(tool), params)
    }

    /// A list of the endpoint's tools.
    pub(crate) fn tools_list(gateway: &Gateway, mcp: &Mcp<'_>) -> Self {
        Self::of(gateway, mcp, "tools/list", None, serde_json::json!({}))
    }

    fn of(gateway: &Gateway, mcp: &Mcp<'_>, method: &'static str, tool: Option<&'static str>, params: Value) -> Self {
        let headers = [
            ("Authorization", format!("Bearer {}", mcp.token())),
            ("Accept", "application/json, text/event-stream".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("MCP-Protocol-Version", "2026-07-28".to_owned()),
            ("Mcp-Method", method.to_owned()),
        ];
        let name = tool.map(|tool| ("Mcp-Name", tool.to_owned()));
        let headers = headers.into_iter().chain(name).collect();
        Self {
            address: gateway.address,
            what: tool.unwrap_or(method),
            headers,
            body: mcp.body(method, params).to_string(),
        }
    }

    /// The same call with one header more.
    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The request to a server at that address.
    pub(crate) fn request(&self, address: SocketAddr) -> Vec<u8> {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        load::request("POST", address, "/mcp", &headers, &self.body)
    }

    /// Makes the call once, over a connection of its own.
    pub(crate) async fn once(&self) -> Result<Raw> {
        let mut connection = load::Connection::open(self.address).await?;
        self.over(&mut connection).await
    }

    /// Makes the call once, over that connection.
    pub(crate) async fn over(&self, connection: &mut load::Connection) -> Result<Raw> {
        let answer = connection.exchange(&self.request(self.address)).await?;
        ensure!(answer.status() == Some(200), "{}", answer.head);
        ensure!(!String::from_utf8_lossy(&answer.body).contains("isError\":true"), "{} fails", self.what);
        Ok(answer)
    }
}

/// Measures the call and a bare handler with its answer in turns, and prints both and the ratio.
pub(crate) async fn against_bare(call: &Call, wanted: &str) -> Result<()> {
    let answer = call.once().await?;
    let bare = Bare::start(&answer).await?;
    let measure = async |address: SocketAddr| load::round(address, &call.request(address), CONNECTIONS, ROUND).await;
    measure(call.address).await?;
    measure(bare.address).await?;
    let (mut ours, mut theirs): (Vec<Round>, Vec<Round>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(measure(call.address).await?);
        theirs.push(measure(bare.address).await?);
    }
    let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate).collect());
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.rate / theirs.rate).collect();
    let slowest = |rounds: &[Round]| median(rounds.iter().map(|round| round.p99).collect());
    let what = call.what;
    row(&format!("{what}, calls per second at {CONNECTIONS} connections"), &format!("{:.0}", rate(&ours)?), "");
    row("bare axum handler, the same request and answer", &format!("{:.0}", rate(&theirs)?), "");
    row("ratio", &format!("{:.2}", median(ratios)?), wanted);
    row(&format!("{what}, 99 of 100 within"), &format!("{:.1?}", slowest(&ours)?), "");
    row("bare axum handler, 99 of 100 within", &format!("{:.1?}", slowest(&theirs)?), "");
    Ok(())
}
