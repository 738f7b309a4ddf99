//! The link and what stands on it, against a real `redis-server` on a socket of its own.

use std::{
    num::NonZeroU32,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::*;
use crate::{
    auth::Principal,
    call::testing::CATALOG,
    policy::{rules::Rate, testing::counted, windows::RateWindows},
    shared::marks::{Mark, Marks, Owner},
    telemetry::Evicted,
};

/// A server that is killed with its value.
struct Server {
    child: Child,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let child = Self::spawn(&folder);
        Self { child, folder }
    }

    fn spawn(folder: &TempDir) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]);
        command.arg(folder.path().join("socket")).current_dir(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        child.expect("redis-server is installed: `cargo xtask ci servers`")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // A server that ends by itself removes it.
        let _ = std::fs::remove_file(self.socket());
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    fn settings(&self, query: &str) -> RedisSettings {
        let url = format!("redis+unix://{}{query}", self.socket().display()).parse().unwrap();
        // Long enough for a busy machine.
        RedisSettings { url, timeout: Duration::from_millis(500) }
    }

    async fn link(&self, metrics: &Arc<Metrics>) -> Arc<RedisLink> {
        let settings = self.settings("");
        let link = RedisLink::connect(settings, Arc::clone(metrics), CancellationToken::new()).await;
        until(|| link.is_up()).await;
        link
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RedisLink {
    fn is_up(&self) -> bool {
        self.state().connection.is_some()
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "it did not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new(&CATALOG).unwrap())
}

fn fallbacks(metrics: &Metrics) -> u64 {
    counted(&metrics.render(), &["mana_mcp_redis_fallbacks_total", "rate-windows"])
}

/// A gateway's windows over the server.
async fn windows(server: &Server, limit: u32, metrics: &Arc<Metrics>) -> (RateWindows, Arc<RedisLink>) {
    let link = server.link(metrics).await;
    (RateWindows::new(NonZeroU32::new(limit).unwrap(), Some(Arc::clone(&link)), metrics), link)
}

async fn admitted(windows: &RateWindows, user: &str, calls: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..calls {
        admitted += usize::from(
            windows.admit(&Principal::for_tests(user), CATALOG.tools()[0], Instant::now()).await == Rate::Admitted,
        );
    }
    admitted
}

#[tokio::test]
async fn a_probe_tells_what_is_wrong_and_no_password() {
    let mut server = Server::start();
    server.link(&Arc::new(Metrics::new(&CATALOG).unwrap())).await;
    assert_eq!(server.settings("").probe().await, Ok(()));
    let hasty = RedisSettings { timeout: Duration::ZERO, ..server.settings("") };
    assert!(hasty.probe().await.unwrap_err().contains("MANA_MCP_REDIS_TIMEOUT_MS"));
    for query in ["?pass=hunter2", "?user=ada&pass=hunter2", "?user=ada&pass=hunter2&protocol=resp3"] {
        let told = server.settings(query).probe().await.unwrap_err();
        assert!(!told.is_empty() && !told.contains("hunter2") && !told.contains("ada"), "{told}");
    }
    let command = |command: &str| {
        let mut cli = Command::new("redis-cli");
        cli.arg("-s").arg(server.socket()).args(command.split(' ')).stdout(Stdio::null());
        assert!(cli.status().unwrap().success());
    };
    command("CONFIG SET min-replicas-to-write 1");
    assert_eq!(server.settings("").probe().await.unwrap_err(), "it answers NOREPLICAS");
    server.kill();
    assert!(!server.settings("").probe().await.unwrap_err().is_empty());
}

#[tokio::test]
async fn gateways_share_one_limit_and_tell_how_long_to_wait() {
    let (server, metrics) = (Server::start(), metrics());
    let (one, _) = windows(&server, 5, &metrics).await;
    let (two, _) = windows(&server, 5, &metrics).await;
    let both = tokio::join!(admitted(&one, "ada", 8), admitted(&two, "ada", 8));
    assert_eq!(both.0 + both.1, 5, "{both:?}");
    assert_eq!(admitted(&two, "bob", 8).await, 5, "each user has his own");
    let Rate::Exceeded { retry_after } =
        one.admit(&Principal::for_tests("ada"), CATALOG.tools()[0], Instant::now()).await
    else {
        panic!()
    };
    assert!(retry_after > Duration::from_secs(30) && retry_after <= Duration::from_secs(60), "{retry_after:?}");
    assert_eq!(fallbacks(&metrics), 0);
}

#[tokio::test]
async fn keys_expire_and_name_nobody() {
    let (server, metrics) = (Server::start(), metrics());
    let (windows, link) = windows(&server, 5, &metrics).await;
    admitted(&windows, "issuer\nada", 8).await;
    let mut connection = link.state().connection.clone().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("mana-mcp:rate:*").query_async(&mut connection).await.unwrap();
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert!(!key.contains("ada"), "{key}");
    let left: i64 = redis::cmd("PTTL").arg(key).query_async(&mut connection).await.unwrap();
    assert!(left > 0 && left <= 60_000, "{left}");
    let calls: i64 = redis::cmd("ZCARD").arg(key).query_async(&mut connection).await.unwrap();
    assert_eq!(calls, 5, "refused calls are not noted");
}

#[tokio::test]
async fn a_window_slides_by_the_servers_clock() {
    let (server, metrics) = (Server::start(), metrics());
    let (windows, link) = windows(&server, 2, &metrics).await;
    assert_eq!(admitted(&windows, "ada", 3).await, 2);
    // A minute passes for what Redis has noted.
    let mut connection = link.state().connection.clone().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("mana-mcp:rate:*").query_async(&mut connection).await.unwrap();
    let calls: Vec<(String, f64)> =
        redis::cmd("ZRANGE").arg(&keys[0]).arg(0).arg(-1).arg("WITHSCORES").query_async(&mut connection).await.unwrap();
    let (oldest, at) = calls[0].clone();
    redis::cmd("ZADD").arg(&keys[0]).arg(at - 60_000.0).arg(oldest).exec_async(&mut connection).await.unwrap();
    assert_eq!(admitted(&windows, "ada", 3).await, 1, "one has left, one place is free");
}

#[tokio::test]
async fn without_redis_own_memory_goes_on_from_what_it_knows_and_tells_it_on_return() {
    let (mut server, metrics) = (Server::start(), metrics());
    let (one, link) = windows(&server, 6, &metrics).await;
    let (two, other) = windows(&server, 6, &metrics).await;
    assert_eq!(admitted(&one, "ada", 2).await, 2);
    assert_eq!(admitted(&two, "ada", 1).await, 1);
    server.kill();
    assert_eq!(admitted(&one, "ada", 1).await, 1);
    assert!(!link.is_up(), "a broken connection is away at once");
    assert!(fallbacks(&metrics) > 0);
    // Three are known here, of six.
    assert_eq!(admitted(&one, "bob", 9).await, 6);
    admitted(&two, "bob", 1).await;
    server.child = Server::spawn(&server.folder);
    until(|| link.is_up() && other.is_up()).await;
    // The server has forgotten all; both gateways tell it what they know: three and one calls.
    assert_eq!(admitted(&two, "ada", 1).await, 1);
    assert_eq!(admitted(&one, "ada", 9).await, 1);
    assert_eq!(admitted(&two, "ada", 9).await, 0);
}

#[tokio::test]
async fn a_server_that_hangs_is_left_alone_and_found_again() {
    let (server, metrics) = (Server::start(), metrics());
    let (windows, link) = windows(&server, 1000, &metrics).await;
    admitted(&windows, "ada", 1).await;
    server.signal("-STOP");
    let begun = Instant::now();
    assert_eq!(admitted(&windows, "ada", 50).await, 50, "no call fails");
    // Three waited in vain; the others did not wait.
    assert!(!link.is_up() && begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(fallbacks(&metrics), 50);
    server.signal("-CONT");
    until(|| link.is_up()).await;
    admitted(&windows, "ada", 5).await;
    assert_eq!(fallbacks(&metrics), 50);
    // The calls that waited in vain may have come to the server after all: each counts once.
    let mut connection = link.state().connection.clone().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("mana-mcp:rate:*").query_async(&mut connection).await.unwrap();
    let calls: i64 = redis::cmd("ZCARD").arg(&keys[0]).query_async(&mut connection).await.unwrap();
    assert_eq!(calls, 56);
}

#[tokio::test]
async fn a_gateway_that_starts_without_redis_finds_it_later() {
    let (mut server, metrics) = (Server::start(), metrics());
    server.kill();
    let url = format!("redis+unix://{}", server.socket().display()).parse().unwrap();
    let settings = RedisSettings { url, timeout: DEFAULT_TIMEOUT };
    let link = RedisLink::connect(settings, Arc::clone(&metrics), CancellationToken::new()).await;
    assert!(!link.is_up());
    server.child = Server::spawn(&server.folder);
    until(|| link.is_up()).await;
}

const ADA: Owner = Owner([8; 16]);

#[tokio::test]
async fn what_one_gateway_has_marked_the_other_knows() {
    let (mut server, metrics) = (Server::start(), metrics());
    let minute = Duration::from_secs(60);
    let marks = async || {
        let link = server.link(&metrics).await;
        Marks::new(Use::EndedSessions, Evicted::EndedSession, minute, Some(link), &metrics)
    };
    let (one, two) = (marks().await, marks().await);
    assert!(!two.has(ADA, [1; 16]).await);
    assert_eq!(one.mark(ADA, [1; 16]).await, Mark::First);
    assert!(two.has(ADA, [1; 16]).await && one.has(ADA, [1; 16]).await && !two.has(ADA, [2; 16]).await);
    assert_eq!(two.mark(ADA, [1; 16]).await, Mark::Again);
    let at_once = tokio::join!(one.mark(ADA, [3; 16]), two.mark(ADA, [3; 16]));
    assert!(matches!(at_once, (Mark::First, Mark::Again) | (Mark::Again, Mark::First)), "{at_once:?}");
    // Another user's marks are others.
    assert!(!two.has(Owner([9; 16]), [3; 16]).await);
    server.kill();
    assert_eq!(one.mark(ADA, [6; 16]).await, Mark::First);
    assert_eq!(one.mark(ADA, [6; 16]).await, Mark::Again);
    assert!(!two.has(ADA, [6; 16]).await);
    assert!(counted(&metrics.render(), &["mana_mcp_redis_fallbacks_total", "ended-sessions"]) > 0);
}
