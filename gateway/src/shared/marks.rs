//! Ids that are marked once, for a time: sessions that were ended, consent that was used. In this process's memory, and in
//! Redis where there is one, so that the other gateways know too.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache};
use redis::Script;

use super::{Use, redis::RedisLink};
use crate::telemetry::{Evicted, Metrics};

/// Marks of one kind, here and in Redis; beyond it the oldest go. About 200 bytes each.
const MOST: u32 = 100_000;

/// An id, as the marks hold it.
pub(crate) type MarkId = [u8; 16];

/// Adds an id to the set of those that are marked. Scores are the times at which they go, by Redis's own clock.
static MARK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        local added = redis.call('ZADD', KEYS[1], 'NX', now + ARGV[2], ARGV[1])
        redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[4])
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return added",
    )
});

static LOOK: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0"));

/// Whether an id was marked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It was not; now it is.
    First,
    /// It was.
    Again,
}

/// Marks of one kind.
#[derive(Debug)]
pub(crate) struct Marks {
    purpose: Use,
    longest: Duration,
    own: Cache<MarkId, ()>,
    redis: Option<Arc<RedisLink>>,
}

impl Marks {
    /// No marks yet. None is kept for longer than `longest`.
    pub(crate) fn new(
        purpose: Use,
        evicted: Evicted,
        longest: Duration,
        redis: Option<Arc<RedisLink>>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let metrics = Arc::clone(metrics);
        let own = Cache::builder()
            .max_capacity(MOST.into())
            // Not the default (TinyLFU), which may refuse a new entry.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(longest)
            .eviction_listener(move |_, (), cause| {
                if cause == RemovalCause::Size {
                    metrics.evicted(evicted);
                }
            })
            .build();
        Self { purpose, longest, own, redis }
    }

    /// Marks an id for a time, in one step: of two who do so at once, one is the first.
    pub(crate) async fn mark(&self, id: MarkId, valid_for: Duration) -> Mark {
        // Not `or_insert`, which looks and inserts in two steps.
        if !self.own.entry(id).or_insert_with(|| ()).is_fresh() {
            return Mark::Again;
        }
        let Some(redis) = self.redis.as_ref().and_then(|redis| redis.connected(self.purpose)) else {
            return Mark::First;
        };
        let mut script = MARK.key(self.key());
        script.arg(id.as_slice()).arg(millis(valid_for)).arg(millis(self.longest)).arg(MOST);
        match redis.run::<u32>(&script).await {
            Some(0) => Mark::Again,
            // Without an answer, own memory decides.
            Some(_) | None => Mark::First,
        }
    }

    /// Whether an id is marked.
    pub(crate) async fn has(&self, id: MarkId) -> bool {
        if self.own.contains_key(&id) {
            return true;
        }
        let Some(redis) = self.redis.as_ref().and_then(|redis| redis.connected(self.purpose)) else {
            return false;
        };
        let mut script = LOOK.key(self.key());
        script.arg(id.as_slice());
        redis.run::<u32>(&script).await == Some(1)
    }

    fn key(&self) -> String {
        format!("mana-mcp:{}", self.purpose.label())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_many_at_once_one_is_the_first() {
        const WHILE: Duration = Duration::from_secs(60);
        let metrics = Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap());
        let marks = Arc::new(Marks::new(Use::Consent, Evicted::UsedConsent, WHILE, None, &metrics));
        for round in 0..2000_u128 {
            let ready = Arc::new(tokio::sync::Barrier::new(4));
            let markers = (0..4).map(|_| {
                let (marks, ready) = (Arc::clone(&marks), Arc::clone(&ready));
                tokio::spawn(async move {
                    ready.wait().await;
                    marks.mark(round.to_be_bytes(), WHILE).await
                })
            });
            let told = futures::future::join_all(markers).await.into_iter().map(Result::unwrap);
            assert_eq!(told.filter(|mark| *mark == Mark::First).count(), 1, "{round}");
        }
    }
}
