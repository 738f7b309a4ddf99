//! Ids that a user marks once, for a time: sessions that were ended, consent that was used. In this process's memory, and in
//! Redis where there is one, so that the other gateways know too; in the standalone mode also in its database. Each user has marks of their own, so nobody can push out
//! another's.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use mana_mcp_standalone::{EndedSessions, StandaloneError};
use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache};
use redis::Script;
use sha2::{Digest, Sha256};

use super::{Use, redis::RedisLink};
use crate::{
    auth::UserId,
    telemetry::{Evicted, Metrics},
};

/// Marks of one user, here and in Redis; beyond it the oldest go.
const MOST_OF_ONE: usize = 1000;
/// Marks of all users in this process; beyond it those of the user who marked least recently go. About 50 bytes each.
const MOST: u64 = 100_000;

/// An id, as the marks hold it.
pub(crate) type MarkId = [u8; 16];

/// A user, as the marks hold them: enough of a hash to tell users apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner(pub(crate) [u8; 16]);

impl Owner {
    pub(crate) fn of(user: &UserId) -> Self {
        let mut owner = [0; 16];
        owner.iter_mut().zip(Sha256::digest(user.as_str().as_bytes())).for_each(|(to, from)| *to = from);
        Self(owner)
    }
}

/// Adds an id to the set of those that are marked. Scores are the times at which they go, by Redis's own clock.
static MARK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        local added = redis.call('ZADD', KEYS[1], 'NX', now + ARGV[2], ARGV[1])
        redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
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
    kept_for: Duration,
    own: Cache<Owner, Arc<Mutex<OwnMarks>>>,
    /// Held while marks are made or stored again.
    turn: Mutex<()>,
    redis: Option<Arc<RedisLink>>,
    kept: Option<EndedSessions>,
}

/// The marks of one user, oldest first.
#[derive(Debug, Default)]
struct OwnMarks(VecDeque<(MarkId, Instant)>);

impl OwnMarks {
    fn has(&self, id: MarkId, kept_for: Duration) -> bool {
        self.0.iter().any(|(marked, at)| *marked == id && at.elapsed() < kept_for)
    }

    fn mark(&mut self, id: MarkId, kept_for: Duration) -> Mark {
        if self.has(id, kept_for) {
            return Mark::Again;
        }
        while self.0.len() >= MOST_OF_ONE || self.0.front().is_some_and(|(_, at)| at.elapsed() >= kept_for) {
            self.0.pop_front();
        }
        self.0.push_back((id, Instant::now()));
        Mark::First
    }
}

impl Marks {
    /// No marks yet. Each is kept for that time.
    pub(crate) fn new(
        purpose: Use,
        evicted: Evicted,
        kept_for: Duration,
        redis: Option<Arc<RedisLink>>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let metrics = Arc::clone(metrics);
        let weight = |_: &Owner, marks: &Arc<Mutex<OwnMarks>>| {
            u32::try_from(marks.lock().unwrap_or_else(PoisonError::into_inner).0.len()).unwrap_or(u32::MAX)
        };
        let own = Cache::builder()
            .max_capacity(MOST)
            .weigher(weight)
            // Not the default (TinyLFU), which may refuse a new entry.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(kept_for)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    metrics.evicted(evicted);
                }
            })
            .build();
        Self { purpose, kept_for, own, turn: Mutex::default(), redis, kept: None }
    }

    /// With the marks that a data folder keeps; new ones are kept there too.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub(crate) fn kept_in(mut self, kept: EndedSessions) -> Result<Self, StandaloneError> {
        let now = Instant::now();
        for (owner, id, ago) in kept.load(self.kept_for)? {
            let at = now.checked_sub(ago).unwrap_or(now);
            let marks = self.own.entry(Owner(owner)).or_default().into_value();
            marks.lock().unwrap_or_else(PoisonError::into_inner).0.push_back((id, at));
            self.own.insert(Owner(owner), marks);
        }
        self.kept = Some(kept);
        Ok(self)
    }

    /// Marks an id of a user, in one step: of two who do so at once, one is the first.
    pub(crate) async fn mark(&self, owner: Owner, id: MarkId) -> Mark {
        if self.mark_here(owner, id) == Mark::Again {
            return Mark::Again;
        }
        if let Some(kept) = &self.kept {
            kept.keep(owner.0, id, MOST_OF_ONE).await;
        }
        let Some(redis) = self.redis.as_ref().and_then(|redis| redis.connected(self.purpose)) else {
            return Mark::First;
        };
        let mut script = MARK.key(self.key(owner));
        script.arg(id.as_slice()).arg(millis(self.kept_for)).arg(MOST_OF_ONE);
        match redis.run::<u32>(&script).await {
            Some(0) => Mark::Again,
            // Without an answer, own memory decides.
            Some(_) | None => Mark::First,
        }
    }

    /// Marks an id in this process alone.
    fn mark_here(&self, owner: Owner, id: MarkId) -> Mark {
        // A user's marks are made and stored again one at a time: of two that are made at once, one would be lost.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = self.own.entry(owner).or_default().into_value();
        let mark = marks.lock().unwrap_or_else(PoisonError::into_inner).mark(id, self.kept_for);
        if mark == Mark::First {
            // Weighed anew, and kept for as long as the newest mark.
            self.own.insert(owner, marks);
        }
        mark
    }

    /// Whether an id of a user is marked.
    pub(crate) async fn has(&self, owner: Owner, id: MarkId) -> bool {
        let own = self.own.get(&owner);
        if own.is_some_and(|marks| marks.lock().unwrap_or_else(PoisonError::into_inner).has(id, self.kept_for)) {
            return true;
        }
        let Some(redis) = self.redis.as_ref().and_then(|redis| redis.connected(self.purpose)) else {
            return false;
        };
        let mut script = LOOK.key(self.key(owner));
        script.arg(id.as_slice());
        redis.run::<u32>(&script).await == Some(1)
    }

    fn key(&self, Owner(owner): Owner) -> String {
        let mut key = format!("mana-mcp:{}:", self.purpose.label());
        for byte in owner {
            // Writing to a string cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        key
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
                    marks.mark(Owner([7; 16]), round.to_be_bytes()).await
                })
            });
            let told = futures::future::join_all(markers).await.into_iter().map(Result::unwrap);
            assert_eq!(told.filter(|mark| *mark == Mark::First).count(), 1, "{round}");
        }
    }

    #[tokio::test]
    async fn a_users_marks_push_out_their_own_alone() {
        let metrics = Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap());
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        let marks = Marks::new(Use::EndedSessions, Evicted::EndedSession, month, None, &metrics);
        let (alice, mallory) = (Owner([1; 16]), Owner([2; 16]));
        assert_eq!(marks.mark(alice, [0; 16]).await, Mark::First);
        for id in 0..5000_u128 {
            assert_eq!(marks.mark(mallory, id.to_be_bytes()).await, Mark::First);
        }
        assert!(marks.has(alice, [0; 16]).await);
        // The same id of another user is another mark; the oldest of a user go.
        assert!(!marks.has(alice, 4999_u128.to_be_bytes()).await);
        assert!(
            marks.has(mallory, 4999_u128.to_be_bytes()).await && !marks.has(mallory, 3999_u128.to_be_bytes()).await
        );
        assert_eq!(marks.mark(alice, [0; 16]).await, Mark::Again);
    }

    #[tokio::test]
    async fn marks_go_when_their_time_is_over() {
        let metrics = Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap());
        let marks = Marks::new(Use::Consent, Evicted::UsedConsent, Duration::from_millis(5), None, &metrics);
        assert_eq!(marks.mark(Owner([1; 16]), [0; 16]).await, Mark::First);
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(!marks.has(Owner([1; 16]), [0; 16]).await);
    }
}
