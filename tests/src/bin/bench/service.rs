//! What a call of a service costs the gateway: processor time of a tool that asks one, over that of a tool that asks nobody.

use anyhow::{Result, ensure};
use axum::{Json, Router, routing::post};
use mana_mcp_tests::{Launch, Mcp, load::Connection};
use serde_json::json;

use crate::{
    compare::Call,
    measure::{ROUNDS, median, row},
    telemetry::processor_time,
};

const CALLS: usize = 200;

/// Measures both in turns, one call after the other.
pub(crate) async fn run() -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let rain = json!({ "minutely": [{ "time": "2026-01-15T13:00", "precipitation": 0.4 }] });
    let answer = move || async move { Json(rain) };
    let server = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/api/v1/wetter/nowcast", post(answer))).await
    });
    let launch = Launch::shipped().env("MANA_API_URL", url).env("POLICY_MODE", "log-only").discard_log();
    let gateway = launch.start().await;
    let mcp = Mcp::modern(&gateway, &gateway.token("bench@example.org").await).await;
    let calls = [
        Call::new(&gateway, &mcp, "spaces.list", json!({})),
        Call::new(&gateway, &mcp, "wetter.getRain", json!({ "lat": 48, "lon": 7.85 })),
    ];
    let mut connection = Connection::open(gateway.address).await?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let mut spent = Vec::new();
        for call in &calls {
            let before = processor_time(gateway.pid())?;
            for _ in 0..CALLS {
                call.over(&mut connection).await?;
            }
            spent.push((processor_time(gateway.pid())? - before) / CALLS as f64 * 1e6);
        }
        // The first round warms up.
        if let ([alone, asking], true) = (spent.as_slice(), round > 0) {
            rounds.push((*alone, *asking));
        }
    }
    ensure!(!server.is_finished(), "the service ended");
    server.abort();
    let shown = |value: f64| format!("{value:.0} µs");
    row("spaces.list, processor time", &shown(median(rounds.iter().map(|(alone, _)| *alone).collect())?), "");
    row("wetter.getRain, processor time", &shown(median(rounds.iter().map(|(_, asking)| *asking).collect())?), "");
    let more = median(rounds.iter().map(|(alone, asking)| asking - alone).collect())?;
    row("what a call of a service costs", &shown(more), "< 200 µs");
    Ok(())
}
