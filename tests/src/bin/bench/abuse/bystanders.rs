//! Users who do nothing unusual: each lists their habits twenty times a second, whether or not the answers come.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mana_mcp_tests::{
    Backends, Gateway, Mcp,
    load::{self, Connection},
};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until, timeout, timeout_at},
};

use crate::{
    compare::Call,
    fixture::{Owner, habit},
};

/// What a tool's failure has in it.
pub(super) const IS_ERROR: &[u8] = b"\"isError\":true";

const USERS: usize = 10;
const HABITS: usize = 20;
const EVERY: Duration = Duration::from_millis(50);
/// An answer that comes later than this after its call was due has not come.
const PATIENCE: Duration = Duration::from_secs(2);
const HEALTH_EVERY: Duration = Duration::from_millis(50);
/// A probe that is not answered by then counts as this long.
const HEALTH_PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bystanders {
    tokens: Vec<String>,
    calls: Vec<Call>,
}

/// What they noticed.
#[derive(Default)]
pub(crate) struct Noticed {
    due: usize,
    /// How long after it was due each call was answered well.
    took: Vec<Duration>,
    /// The slowest answer of `/health`, on a connection of its own.
    pub(crate) slowest_health: Duration,
}

impl Bystanders {
    pub(crate) async fn new(backends: &Backends) -> Result<Self> {
        let mut tokens = Vec::new();
        for user in 0..USERS {
            let owner = Owner::new(backends, &format!("bystander-{user}@example.org")).await?;
            owner.store("habits", "habits", (0..HABITS).map(|number| habit(number, false)).collect()).await;
            tokens.push(owner.token);
        }
        Ok(Self { tokens, calls: Vec::new() })
    }

    /// Calls that gateway from now on. Each user has done so once.
    pub(crate) async fn meet(&mut self, gateway: &Gateway) -> Result<()> {
        self.calls.clear();
        for token in &self.tokens {
            let call = Call::new(gateway, &Mcp::modern(gateway, token).await, "habits.list", json!({}));
            call.once().await?;
            self.calls.push(call);
        }
        Ok(())
    }

    /// Has the first of them, who is a member of the attacked space, search through their own notes. How it went.
    pub(crate) async fn search(&self, gateway: &Gateway) -> String {
        let Some(token) = self.tokens.first() else { return String::new() };
        let call = Call::new(gateway, &Mcp::modern(gateway, token).await, "notes.search", json!({}));
        let begun = Instant::now();
        match call.once().await {
            Ok(_) => format!("a member's search through their own notes took {:.0?}", begun.elapsed()),
            Err(error) => format!("a member's search through their own notes failed: {error}"),
        }
    }

    pub(crate) async fn measure(&self, gateway: &Gateway, time: Duration) -> Result<Noticed> {
        let mut users = JoinSet::new();
        let begun = Instant::now();
        for (number, call) in self.calls.iter().enumerate() {
            let first = begun + EVERY.mul_f64(number as f64 / USERS as f64);
            users.spawn(use_it(gateway.address, call.request(gateway.address), first, begun + time));
        }
        let probes = tokio::spawn(probe(gateway.address, begun + time));
        let mut all = Noticed::default();
        while let Some(noticed) = users.join_next().await {
            let Noticed { due, took, .. } = noticed?;
            all.due += due;
            all.took.extend(took);
        }
        all.took.sort_unstable();
        all.slowest_health = probes.await.context("the probes end")?;
        Ok(all)
    }
}

impl Noticed {
    /// The part of the calls that was answered well.
    pub(crate) fn goodput(&self) -> f64 {
        self.took.len() as f64 / self.due.max(1) as f64
    }

    /// The time that this share of the answers took no longer than, from when they were due.
    pub(crate) fn at(&self, share: f64) -> Duration {
        let place = (self.took.len() as f64 * share) as usize;
        self.took.get(place.min(self.took.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// One user. A call that is late delays the next ones, and all count from when they were due; one for which it is too late is
/// not made.
async fn use_it(address: SocketAddr, request: Vec<u8>, first: Instant, end: Instant) -> Noticed {
    let mut noticed = Noticed::default();
    let mut connection = None;
    let mut due = first;
    while due < end {
        sleep_until(due.into()).await;
        noticed.due += 1;
        if due.elapsed() >= PATIENCE {
            due += EVERY;
            continue;
        }
        let asked = async {
            let mut open = match connection.take() {
                Some(open) => open,
                None => Connection::open(address).await?,
            };
            let answer = open.exchange(&request).await?;
            anyhow::Ok((open, answer))
        };
        if let Ok(Ok((open, answer))) = timeout_at((due + PATIENCE).into(), asked).await {
            let is_good =
                answer.status() == Some(200) && !answer.body.windows(IS_ERROR.len()).any(|window| window == IS_ERROR);
            if is_good {
                noticed.took.push(due.elapsed());
            }
            connection = Some(open);
        }
        due += EVERY;
    }
    noticed
}

async fn probe(address: SocketAddr, end: Instant) -> Duration {
    let request = load::request("GET", address, "/health", &[], "");
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let asked = Instant::now();
        let answered =
            timeout(HEALTH_PATIENCE, async { Connection::open(address).await?.exchange(&request).await }).await;
        let is_good = matches!(&answered, Ok(Ok(answer)) if answer.status() == Some(200));
        slowest = slowest.max(if is_good { asked.elapsed() } else { HEALTH_PATIENCE });
        sleep(HEALTH_EVERY).await;
    }
    slowest
}
