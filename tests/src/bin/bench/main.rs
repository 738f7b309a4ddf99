//! The benchmarks of `cargo xtask bench`, against the binary that `MANA_MCP_BIN` names. Figures that depend on the machine
//! are given as ratios too, against a server that is measured in the same run.
#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

mod abuse;
mod bare;
mod compare;
mod finding;
mod fixture;
mod measure;
mod rows;
mod service;
mod suite;
mod telemetry;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mana_mcp_tests::{Ended, Gateway, Launch, Mcp, Person, Revision, load};
use serde_json::json;

use compare::Call;
use measure::{CONNECTIONS, ROUND, ROUNDS, mebibytes, median, resident, row};

const STARTS: usize = 15;
const SESSIONS: usize = 1000;

#[tokio::main]
async fn main() -> Result<()> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if let [bare, answer] = names.as_slice()
        && bare == "bare"
    {
        return bare::serve(answer).await;
    }
    ensure!(std::env::var_os("MANA_MCP_BIN").is_some(), "MANA_MCP_BIN is not set: use `cargo xtask bench`");
    if names.is_empty() {
        names = [
            "start",
            "sessions",
            "calls",
            "granted",
            "list",
            "find",
            "service",
            "telemetry",
            "rows",
            "search",
            "suite",
            "cold",
        ]
        .map(str::to_owned)
        .to_vec();
    }
    println!("{:<52}{:>14}{:>14}", "", "measured", "wanted");
    for name in names {
        match name.as_str() {
            "start" => start().await?,
            "sessions" => sessions().await?,
            "calls" => calls().await?,
            "granted" => granted().await?,
            "list" => list().await?,
            "abuse" => abuse::run().await?,
            "find" => finding::run().await?,
            "service" => service::run().await?,
            "telemetry" => telemetry::run()?,
            "rows" => rows::lists().await?,
            "search" => rows::search().await?,
            "suite" => suite::run().await?,
            "cold" => rows::cold().await?,
            other => {
                bail!(
                    "no benchmark `{other}`: start, sessions, calls, granted, list, find, service, telemetry, rows, search, suite, cold, abuse"
                )
            }
        }
    }
    Ok(())
}

/// From the start of the process to the first success of `/ready`, and the memory that it has then.
async fn start() -> Result<()> {
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let gateway = Gateway::start_shipped().await;
        first.push(gateway.ready_after);
        memory.push(resident(gateway.pid())?);
        let ended: Ended = gateway.stop().await;
        let gateway = ended.restart().await;
        again.push(gateway.ready_after);
        gateway.stop().await;
    }
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    row("start to ready, new data folder", &milliseconds(median(first)?), "< 60 ms");
    row("start to ready, used data folder", &milliseconds(median(again)?), "< 60 ms");
    row("memory after start", &mebibytes(median(memory)?), "< 30 MiB");
    Ok(())
}

/// What an open session costs.
async fn sessions() -> Result<()> {
    let gateway = Gateway::start_shipped().await;
    let token = gateway.token("bench@example.org").await;
    let opener = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let open = async || {
        for _ in 0..SESSIONS {
            let answer = opener.initialize().await;
            ensure!(answer.status.is_success(), "{answer:?}");
        }
        anyhow::Ok(())
    };
    // The first thousand warms the allocator up.
    open().await?;
    let before = resident(gateway.pid())?;
    let thousands = 5;
    for _ in 0..thousands {
        open().await?;
    }
    let grown = (resident(gateway.pid())? - before) as f64 / f64::from(thousands);
    row("memory growth per 1000 open sessions", &format!("{grown:.0} KiB"), "0 KiB");
    Ok(())
}

/// `tools/call spaces.list` against a bare axum handler that parses the same request and sends the same bytes, in turns.
async fn calls() -> Result<()> {
    let gateway = Launch::shipped().discard_log().start().await;
    let token = gateway.token("bench@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let call = Call::new(&gateway, &mcp, "spaces.list", json!({}));
    compare::against_bare(&call, ">= 0.4").await?;
    row("memory after the calls", &mebibytes(resident(gateway.pid())?), "");
    Ok(())
}

/// `tools/call spaces.list` with the token of a program that a person signed in, and with one that the command line made, in
/// turns.
async fn granted() -> Result<()> {
    let gateway = Launch::shipped().env("LOG", "off").start().await;
    let tokens = [gateway.token("bench@example.org").await, Person::at(&gateway).await.grant(&gateway).await];
    let mut requests = Vec::new();
    for token in &tokens {
        let call = Call::new(&gateway, &Mcp::modern(&gateway, token).await, "spaces.list", json!({}));
        call.once().await?;
        requests.push(call.request(gateway.address));
    }
    let mut ratios = Vec::new();
    for round in 0..=4 * ROUNDS {
        let mut took = Vec::new();
        // The other one first in every second round.
        for turn in [round % 2, (round + 1) % 2] {
            let request = requests.get(turn).context("two requests")?;
            took.push((turn, load::round(gateway.address, request, CONNECTIONS, ROUND / 4).await?.rate));
        }
        took.sort_by_key(|(turn, _)| *turn);
        if let [(_, minted), (_, granted)] = took.as_slice()
            && round > 0
        {
            ratios.push(100.0 * (minted / granted - 1.0));
        }
    }
    row("spaces.list with a granted token, cost over a minted one", &format!("{:.1} %", median(ratios)?), "< 3 %");
    Ok(())
}

/// `tools/list` against a bare handler that sends the same bytes.
async fn list() -> Result<()> {
    let gateway = Launch::shipped().discard_log().start().await;
    let token = gateway.token("bench@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    compare::against_bare(&Call::tools_list(&gateway, &mcp), ">= 0.7").await
}
