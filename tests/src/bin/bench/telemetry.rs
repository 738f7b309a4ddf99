//! What gate, metrics and audit cost: `tools/call spaces.list` on gateways in turns, one with all, one with none, and one with
//! each.
//!
//! The gateway has one core, and the load comes from another one, which never sleeps: else the gateway would pay to wake it,
//! and pay the more the slower it is. So a rate is the work of a call and nothing else.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use mana_mcp_tests::{
    Gateway, Launch, Mcp,
    load::{self, Round},
};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::json;
use tokio::runtime::Builder;

use crate::measure::{CONNECTIONS, median, row};

/// The cores of the gateway and of the load.
const GATEWAY: usize = 0;
const LOAD: usize = 1;

/// Short and many, the sides in turns: what a machine does besides then falls on all of them.
const ROUND: Duration = Duration::from_millis(100);
const ROUNDS: usize = 10;
/// Of each side: processes of one program are not equally fast, for where their memory happens to lie.
const STARTS: usize = 24;

const ON: &str = "gate, metrics and audit on";
const OFF: &str = "gate, metrics and audit off";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let measuring = thread::spawn(|| Builder::new_current_thread().enable_all().build()?.block_on(measure()));
    measuring.join().map_err(|_| anyhow!("the benchmark panicked"))?
}

/// Keeps this thread, and the processes and threads that it starts from now on, on one core.
fn stay_on(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).with_context(|| format!("core {core} is needed"))
}

async fn measure() -> Result<()> {
    stay_on(LOAD)?;
    let restless = tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    // The access log is no part of what is asked; the audit log is written as in production, where nobody reads it.
    const AUDIT: &str = "off,mana_mcp::audit=info";
    let mut sides = [
        Side::new(OFF, "off", "off", "off"),
        Side::new("gate alone", "log-only", "off", "off"),
        Side::new("metrics alone", "off", "on", "off"),
        Side::new("audit alone", "off", "off", AUDIT),
        Side::new(ON, "log-only", "on", AUDIT),
    ];
    for _ in 0..STARTS {
        let mut started = Vec::new();
        for side in &mut sides {
            started.push((side.start().await?, side));
        }
        for round in 0..=ROUNDS {
            // Another one first in each round: what it runs after is part of what is measured.
            started.rotate_left(1);
            for (gateway, side) in &mut started {
                let measured = gateway.measure().await?;
                // The first one warms up.
                if round > 0 {
                    side.measured.push(measured);
                }
            }
        }
    }
    restless.abort();
    let off = sides.iter().find(|side| side.what == OFF).context("a side without any")?;
    for side in &sides {
        let (rate, processor) = (side.median(|measured| measured.rate)?, side.median(|measured| measured.processor)?);
        row(&format!("spaces.list, calls per second, {}", side.what), &format!("{rate:.0}"), "");
        row("processor time of the gateway for one call", &format!("{:.1} µs", processor * 1e6), "");
        if side.what != OFF {
            let wanted = if side.what == ON { "< 5 %" } else { "" };
            let pairs = || side.measured.iter().zip(&off.measured);
            let slower = median(pairs().map(|(it, off)| 100.0 * (off.rate / it.rate - 1.0)).collect())?;
            let more = median(pairs().map(|(it, off)| 100.0 * (it.processor / off.processor - 1.0)).collect())?;
            row("cost, by calls per second", &format!("{slower:.1} %"), wanted);
            row("cost, by processor time", &format!("{more:.1} %"), "");
            // Whatever else the machine does makes a round slower, and none faster.
            let quickest = 100.0 * (side.quickest()? / off.quickest()? - 1.0);
            row("cost, by processor time, of the quickest rounds", &format!("{quickest:.1} %"), "");
        }
    }
    Ok(())
}

/// Seconds that the threads of a process have had, in themselves and in the kernel for them.
pub(super) fn processor_time(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // Time on the processor comes first, to the nanosecond (the kernel's scheduler/sched-stats).
        let stat = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += stat.split_whitespace().next().context("a time")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}

/// A way to run a gateway, and what was measured of those that ran so.
struct Side {
    what: &'static str,
    policy: &'static str,
    metrics: &'static str,
    log: &'static str,
    measured: Vec<Measured>,
}

/// A gateway that runs, and the call to it.
struct Started {
    gateway: Gateway,
    request: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    /// Calls per second.
    rate: f64,
    /// Seconds of the gateway for one call.
    processor: f64,
}

impl Side {
    const fn new(what: &'static str, policy: &'static str, metrics: &'static str, log: &'static str) -> Self {
        Self { what, policy, metrics, log, measured: Vec::new() }
    }

    async fn start(&self) -> Result<Started> {
        let launch = Launch::shipped()
            .env("POLICY_MODE", self.policy)
            .env("METRICS", self.metrics)
            .env("LOG", self.log)
            .env("LOG_FORMAT", "json");
        stay_on(GATEWAY)?;
        let gateway = launch.discard_log().start().await;
        stay_on(LOAD)?;
        let call = Call::of(&gateway, &gateway.token("bench@example.org").await).await?;
        let request = call.to(gateway.address);
        Ok(Started { gateway, request })
    }

    /// The processor time of a call in the quickest of ten rounds.
    fn quickest(&self) -> Result<f64> {
        let mut times: Vec<f64> = self.measured.iter().map(|measured| measured.processor).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 10).copied().context("nothing was measured")
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> Result<f64> {
        median(self.measured.iter().map(of).collect())
    }
}

impl Started {
    async fn measure(&self) -> Result<Measured> {
        let before = processor_time(self.gateway.pid())?;
        let Round { rate, calls, .. } = load::round(self.gateway.address, &self.request, CONNECTIONS, ROUND).await?;
        let spent = processor_time(self.gateway.pid())? - before;
        Ok(Measured { rate, processor: spent / calls as f64 })
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
