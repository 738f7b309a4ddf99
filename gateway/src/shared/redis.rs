//! The link to Redis. Nobody waits for it longer than a moment: a call that it does not answer in time, and every call while
//! it is away, gets that as an error and uses this process's own memory. One task looks for it meanwhile, so that its return
//! is noticed without a restart, and without a crowd at its door.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, RedisResult, Script, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Use;
use crate::telemetry::Metrics;

/// How long a call waits for Redis where nothing else is configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(50);
/// A connection, its greeting and the first write together.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// Calls in a row without an answer in time after which Redis counts as away. A connection that breaks is away at once.
const AWAY_AFTER: u32 = 3;
/// The pauses between two looks: doubled from the first to the last, each shortened or lengthened by up to a half, so that
/// gateways that lost it together do not come back together.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// Redis that stayed for so long starts over with the first pause.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// Where Redis is (`REDIS_URL`).
#[derive(Clone)]
pub struct RedisUrl(Client);

/// An invalid `REDIS_URL`. It does not repeat the value: people write passwords into addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address like redis://host:6379, rediss://host:6379 (TLS) or redis+unix:///path")]
pub struct UnusableRedisUrl;

impl FromStr for RedisUrl {
    type Err = UnusableRedisUrl;

    fn from_str(text: &str) -> Result<Self, UnusableRedisUrl> {
        Client::open(text).map(Self).map_err(|_| UnusableRedisUrl)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl([redacted])")
    }
}

/// Redis, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where it is.
    pub url: RedisUrl,
    /// How long a call waits for it.
    pub timeout: Duration,
}

impl RedisSettings {
    /// Whether Redis is there, and answers in time to what a gateway asks of it.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn probe(&self) -> Result<(), String> {
        let mut connection = open(&self.url.0).await.map_err(|error| told(&error))?;
        let asked = Instant::now();
        write_through(&mut connection).await.map_err(|error| told(&error))?;
        let (took, most) = (asked.elapsed(), self.timeout);
        if took <= most {
            Ok(())
        } else {
            Err(format!("it answers after {took:.0?}, and calls wait for {most:.0?} (MANA_MCP_REDIS_TIMEOUT_MS)"))
        }
    }
}

/// The link of one gateway, used by all its calls.
pub struct RedisLink {
    client: Client,
    timeout: Duration,
    state: Mutex<State>,
    /// Told when the connection is given up.
    lost: Notify,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Counts connections: what one of them was sent may be unknown to the next.
    generation: u64,
    /// Calls in a row without an answer.
    unanswered: u32,
}

/// Redis, for one call.
pub(crate) struct Connected<'a> {
    link: &'a RedisLink,
    connection: MultiplexedConnection,
    generation: u64,
    purpose: Use,
}

impl RedisLink {
    /// Looks for Redis once, and goes on looking in a task of its own where it is not there.
    pub async fn connect(settings: RedisSettings, metrics: Arc<Metrics>, stop: CancellationToken) -> Arc<Self> {
        let RedisSettings { url: RedisUrl(client), timeout } = settings;
        let link = Arc::new(Self { client, timeout, state: Mutex::default(), lost: Notify::new(), metrics });
        match link.open().await {
            Ok(()) => tracing::info!("Redis is there: limits and ended sessions are shared"),
            Err(error) => tell_away(&told(&error)),
        }
        tokio::spawn(Arc::clone(&link).keep(stop));
        link
    }

    /// Redis for one call. `None` while it is away, which is counted as a use of own memory.
    pub(crate) fn connected(&self, purpose: Use) -> Option<Connected<'_>> {
        let state = self.state();
        let Some(connection) = state.connection.clone() else {
            drop(state);
            self.metrics.redis_fallback(purpose);
            return None;
        };
        Some(Connected { link: self, connection, generation: state.generation, purpose })
    }

    async fn open(&self) -> RedisResult<()> {
        let connection = open(&self.client).await?;
        let mut state = self.state();
        *state = State { connection: Some(connection), generation: state.generation + 1, unanswered: 0 };
        Ok(())
    }

    /// Brings the connection back whenever it is lost.
    async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            if self.state().connection.is_some() {
                let since = Instant::now();
                tokio::select! {
                    () = self.lost.notified() => {}
                    () = stop.cancelled() => return,
                }
                if since.elapsed() >= STEADY_AFTER {
                    pause = FIRST_PAUSE;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5))) => {}
                () = stop.cancelled() => return,
            }
            pause = (pause * 2).min(LAST_PAUSE);
            if self.open().await.is_ok() {
                tracing::info!("Redis is back: limits and ended sessions are shared again");
            }
        }
    }

    /// Takes in how a call of that connection ended.
    fn answered(&self, generation: u64, failure: Option<&Failure>) {
        let mut state = self.state();
        // A call from before the connection was made anew says nothing of the new one.
        if state.generation != generation || state.connection.is_none() {
            return;
        }
        let Some(failure) = failure else {
            state.unanswered = 0;
            return;
        };
        state.unanswered += 1;
        if state.unanswered >= AWAY_AFTER || failure.is_broken() {
            state.connection = None;
            drop(state);
            match failure {
                Failure::TimedOut => tell_away("no answer in time"),
                Failure::Redis(error) => tell_away(&told(error)),
            }
            self.lost.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<'_> {
    /// Which of the link's connections this is.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Runs a script. `None` where it did not answer in time or at all, which is counted as a use of own memory: it may have
    /// run all the same.
    pub(crate) async fn run<T: FromRedisValue>(mut self, script: &ScriptInvocation<'_>) -> Option<T> {
        // Boxed: what few deployments have makes no room in what every call carries around.
        let answer = Box::pin(script.invoke_async(&mut self.connection));
        let failure = match tokio::time::timeout(self.link.timeout, answer).await {
            Ok(Ok(answer)) => {
                self.link.answered(self.generation, None);
                return Some(answer);
            }
            Ok(Err(error)) => Failure::Redis(error),
            Err(_) => Failure::TimedOut,
        };
        self.link.answered(self.generation, Some(&failure));
        self.link.metrics.redis_fallback(self.purpose);
        None
    }
}

/// Why a call has no answer.
enum Failure {
    TimedOut,
    Redis(RedisError),
}

impl Failure {
    fn is_broken(&self) -> bool {
        match self {
            Self::TimedOut => false,
            Self::Redis(error) => error.is_unrecoverable_error(),
        }
    }
}

/// Opens a connection and writes through it: Redis that loads, or takes no writes, is as good as away.
async fn open(client: &Client) -> RedisResult<MultiplexedConnection> {
    // An error means that the process has a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(Some(CONNECT_WITHIN));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    write_through(&mut connection).await?;
    Ok(connection)
}

/// By a script, as calls do.
async fn write_through(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let script = Script::new("return redis.call('SET', KEYS[1], 1, 'PX', 1000)");
    script.key("mana-mcp:probe").invoke_async(connection).await
}

/// An error in words. Of what Redis itself answers the code alone: its texts may repeat what it was sent, a password too.
fn told(error: &RedisError) -> String {
    error.code().map_or_else(|| error.to_string(), |code| format!("it answers {code}"))
}

fn tell_away(why: &str) {
    tracing::warn!(why, "Redis is away: limits and ended sessions are this process's own until it is back");
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLink").finish_non_exhaustive()
    }
}
