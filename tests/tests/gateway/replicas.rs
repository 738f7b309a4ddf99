//! Several gateways of one deployment: behind a plain balancer, with one Redis, which is taken from them and given back.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use mana_mcp_tests::{Backends, Balancer, Gateway, Launch, Mcp, Redis, Revision};
use serde_json::json;

use super::metrics::{Page, decisions};

const FALLBACKS: &str = "mana_mcp_redis_fallbacks_total";

/// Three gateways in front of the same services.
struct Deployment {
    backends: Backends,
    redis: Redis,
    gateways: [Gateway; 3],
    balancer: Balancer,
}

impl Deployment {
    async fn start(configure: impl Fn(Launch) -> Launch) -> Self {
        let (backends, redis) = (Backends::start().await, Redis::start().await);
        let start = || {
            let launch = replica(&backends, &redis);
            configure(launch).start()
        };
        let (one, two, three) = futures::join!(start(), start(), start());
        let balancer = Balancer::start([&one, &two, &three].map(|gateway| gateway.address).to_vec()).await;
        Self { backends, redis, gateways: [one, two, three], balancer }
    }

    /// A user's client, whose requests go to each gateway in turn.
    async fn client(&self, email: &str) -> Mcp<'_> {
        let token = self.backends.token(email).await;
        Mcp::modern(&self.gateways[0], &token).await.through(self.balancer.address)
    }

    async fn sum(&self, of: impl Fn(&Page) -> f64) -> f64 {
        let mut sum = 0.0;
        for gateway in &self.gateways {
            sum += of(&Page::of(gateway).await);
        }
        sum
    }

    async fn fallbacks(&self, purpose: &str) -> f64 {
        self.sum(|page| page.get(FALLBACKS, &[("use", purpose)])).await
    }

    async fn printed(&self, text: &str) {
        for gateway in &self.gateways {
            gateway.printed(text).await;
        }
    }
}

/// A gateway that waits for Redis long enough for a busy machine.
pub(super) fn replica(backends: &Backends, redis: &Redis) -> Launch {
    backends
        .gateway()
        .env("REDIS_URL", redis.url())
        .env("MANA_MCP_REDIS_TIMEOUT_MS", 2000)
        .env("SESSION_KEY", BASE64_STANDARD.encode([9; 32]))
        .env("POLICY_MODE", "enforce")
}

/// How many of `calls` calls at once succeed; the others must be denied for the limit.
async fn admitted(mcp: &Mcp<'_>, calls: usize) -> usize {
    let answers = futures::future::join_all((0..calls).map(|_| mcp.call("spaces.list", json!({})))).await;
    let mut admitted = 0;
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        if answer.result()["isError"] == true {
            let text = answer.tool_error();
            assert!(text.contains("called too often, or read too much. Wait "), "{text}");
        } else {
            admitted += 1;
        }
    }
    admitted
}

#[tokio::test]
async fn a_user_gets_exactly_30_calls_of_a_tool_in_a_minute_whatever_the_spread() {
    let deployment = Deployment::start(|launch| launch).await;
    let (ada, bob) = (deployment.client("ada@example.org").await, deployment.client("bob@example.org").await);
    let (of_ada, of_bob) = futures::join!(admitted(&ada, 50), admitted(&bob, 35));
    assert_eq!((of_ada, of_bob), (30, 30));
    // Straight to one of them, which has admitted a part of the calls.
    let token = ada.token().to_owned();
    for gateway in &deployment.gateways {
        assert_eq!(admitted(&Mcp::modern(gateway, &token).await, 3).await, 0);
        let page = Page::of(gateway).await;
        assert!(decisions(&page, "allow", "clean", "enforce") < 30.0, "each gateway had its share");
    }
    let denied = deployment.sum(|page| decisions(page, "deny", "rate-limit-exceeded", "enforce")).await;
    assert_eq!(denied, 20.0 + 5.0 + 9.0);
    assert_eq!(deployment.fallbacks("rate-windows").await, 0.0);
}

#[tokio::test]
async fn redis_killed_under_load_fails_no_call_and_brought_back_there_is_one_limit_again() {
    const CALLS: usize = 25;
    let deployment = Deployment::start(|launch| launch).await;
    let redis = &deployment.redis;
    let mut users = Vec::new();
    for user in 0..6 {
        users.push(deployment.client(&format!("user{user}@example.org")).await);
    }
    let done = AtomicUsize::new(0);
    let load = async |mcp: &Mcp<'_>| {
        for _ in 0..CALLS {
            mcp.call("spaces.list", json!({})).await.structured();
            done.fetch_add(1, Ordering::SeqCst);
        }
    };
    let all = users.len() * CALLS;
    let (_, ()) = futures::join!(futures::future::join_all(users.iter().map(load)), async {
        while done.load(Ordering::SeqCst) < all / 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        redis.kill().await;
        assert!(done.load(Ordering::SeqCst) < all, "it was killed under load");
    });
    assert_eq!(done.load(Ordering::SeqCst), all);
    // These come while it is away, to the last.
    let ada = deployment.client("ada@example.org").await;
    assert_eq!(admitted(&ada, 12).await, 12);
    assert!(deployment.fallbacks("rate-windows").await >= 12.0);
    redis.restart().await;
    deployment.printed("Redis is back").await;
    let before = deployment.fallbacks("rate-windows").await;
    let bob = deployment.client("bob@example.org").await;
    assert_eq!(admitted(&bob, 50).await, 30, "one limit again");
    // Three calls, one at each gateway, tell Redis what was admitted meanwhile: 12 of 30 places are taken.
    for _ in 0..3 {
        assert_eq!(admitted(&ada, 1).await, 1);
    }
    assert_eq!(admitted(&ada, 40).await, 15);
    assert_eq!(deployment.fallbacks("rate-windows").await, before, "Redis answers");
    for gateway in &deployment.gateways {
        let log = gateway.log();
        assert_eq!(log.matches("Redis is away").count(), 1, "one line for each change:\n{log}");
        assert_eq!(log.matches("Redis is back").count(), 1, "one line for each change:\n{log}");
    }
}

#[tokio::test]
async fn redis_that_hangs_holds_no_call_for_long() {
    let deployment = Deployment::start(|launch| launch.env("MANA_MCP_REDIS_TIMEOUT_MS", 50)).await;
    let ada = deployment.client("ada@example.org").await;
    ada.call("spaces.list", json!({})).await.structured();
    deployment.redis.hang();
    for _ in 0..20 {
        let asked = Instant::now();
        ada.call("spaces.list", json!({})).await.structured();
        assert!(asked.elapsed() < Duration::from_secs(2), "took {:?}", asked.elapsed());
    }
    deployment.printed("Redis is away").await;
    deployment.redis.go_on();
    deployment.printed("Redis is back").await;
}

#[tokio::test]
async fn a_gateway_starts_without_redis() {
    let (backends, redis) = (Backends::start().await, Redis::start().await);
    redis.kill().await;
    let gateway = replica(&backends, &redis).start().await;
    let ada = Mcp::modern(&gateway, &backends.token("ada@example.org").await).await;
    ada.call("spaces.list", json!({})).await.structured();
    redis.restart().await;
    gateway.printed("Redis is back").await;
    assert!(!gateway.stop().await.log.contains("redis://"), "an address may hold a password");
}

#[tokio::test]
async fn a_session_that_was_ended_at_one_gateway_is_ended_at_all() {
    let deployment = Deployment::start(|launch| launch).await;
    let [one, two, _] = &deployment.gateways;
    let token = deployment.backends.token("ada@example.org").await;
    let here = Mcp::connect(one, &token, Revision::V2025).await;
    let there = Mcp::connect(two, &token, Revision::V2025).await.with_session(here.session());
    there.call("spaces.list", json!({})).await.structured();
    assert_eq!(here.end().await.status, 204);
    assert_eq!(there.call("spaces.list", json!({})).await.status, 404);
    assert_eq!(there.end().await.status, 404);
    assert_eq!(deployment.fallbacks("ended-sessions").await, 0.0);
}
