//! Windows in this process's memory.

use std::{
    collections::{HashSet, VecDeque},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use lru::LruCache;
use mana_mcp_runtime::tool::ToolId;

use super::WINDOW;
use crate::{
    auth::UserId,
    policy::rules::Rate,
    telemetry::{Evicted, Metrics},
};

/// How many (user, tool) windows are kept; beyond it the least recently used one goes, which can only forget calls.
const MAX_WINDOWS: usize = 100_000;
/// Windows that are looked at when a new one comes: those without calls that still count go.
const LOOKED_AT: usize = 4;

/// The windows of this process, by their last use.
#[derive(Debug)]
pub(super) struct OwnWindows {
    kept: Mutex<LruCache<(UserId, ToolId), Calls>>,
    most: usize,
    metrics: Arc<Metrics>,
}

/// The calls that still count, oldest first.
#[derive(Debug, Default)]
pub(super) struct Calls(VecDeque<Noted>);

/// A call that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    /// A random id, under which Redis notes it too; 0 where there is no Redis.
    pub(super) id: u64,
    pub(super) at: Instant,
    /// The connection to Redis that was told of it; 0 for none.
    pub(super) told: u64,
}

impl OwnWindows {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Self {
        Self::with_most(MAX_WINDOWS, metrics)
    }

    fn with_most(most: usize, metrics: &Arc<Metrics>) -> Self {
        Self { kept: Mutex::new(LruCache::unbounded()), most, metrics: Arc::clone(metrics) }
    }

    /// Works on the user's calls of that tool that count at that time, alone.
    pub(super) fn with<T>(&self, user: &UserId, tool: ToolId, now: Instant, work: impl FnOnce(&mut Calls) -> T) -> T {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (user.clone(), tool);
        if let Some(calls) = kept.get_mut(&key) {
            calls.forget(now);
            return work(calls);
        }
        for _ in 0..LOOKED_AT {
            let Some((key, mut calls)) = kept.pop_lru() else { break };
            calls.forget(now);
            if !calls.0.is_empty() {
                kept.put(key.clone(), calls);
                kept.demote(&key);
                break;
            }
        }
        if kept.len() >= self.most && kept.pop_lru().is_some() {
            self.metrics.evicted(Evicted::RateWindow);
        }
        work(kept.get_or_insert_mut(key, Calls::default))
    }
}

impl Calls {
    /// Admits and notes a call, unless as many as the limit count already.
    pub(super) fn admit(&mut self, id: u64, limit: NonZeroU32, now: Instant) -> Rate {
        match self.0.len().checked_sub(limit.get() as usize).and_then(|over| self.0.get(over)) {
            Some(Noted { at, .. }) => {
                Rate::Exceeded { retry_after: WINDOW.saturating_sub(now.saturating_duration_since(*at)) }
            }
            None => {
                self.0.push_back(Noted { id, at: now, told: 0 });
                Rate::Admitted
            }
        }
    }

    /// The latest calls that this connection to Redis does not know, `most` at the most.
    pub(super) fn untold(&self, connection: u64, most: usize) -> Vec<Noted> {
        self.0.iter().rev().filter(|call| call.told != connection).take(most).copied().collect()
    }

    /// Takes in that this connection was told of these calls.
    pub(super) fn note_told(&mut self, told: &[Noted], connection: u64) {
        let told: HashSet<u64> = told.iter().map(|call| call.id).collect();
        for call in self.0.iter_mut().filter(|call| told.contains(&call.id)) {
            call.told = connection;
        }
    }

    /// Notes a call that Redis admitted. No more than the limit are kept: others would change nothing.
    pub(super) fn note_admitted(&mut self, id: u64, connection: u64, limit: NonZeroU32, now: Instant) {
        if self.0.len() >= limit.get() as usize {
            self.0.pop_front();
        }
        self.0.push_back(Noted { id, at: now, told: connection });
    }

    /// Notes further places of a call, which no Redis knows yet. No more than the limit are kept.
    pub(super) fn note_weight(&mut self, places: u32, limit: NonZeroU32, now: Instant) {
        self.0.extend((0..places).map(|_| Noted { id: rand::random(), at: now, told: 0 }));
        let over = self.0.len().saturating_sub(limit.get() as usize);
        self.0.drain(..over);
    }

    /// Forgets calls that do not count any more.
    fn forget(&mut self, now: Instant) {
        while self.0.front().is_some_and(|oldest| now.saturating_duration_since(oldest.at) >= WINDOW) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{auth::Principal, call::testing::CATALOG, policy::testing::counted};

    const LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

    fn windows(most: usize) -> (OwnWindows, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new(&CATALOG).unwrap());
        (OwnWindows::with_most(most, &metrics), metrics)
    }

    fn user(name: &str) -> UserId {
        Principal::for_tests(name).user().clone()
    }

    fn tool() -> ToolId {
        CATALOG.tools()[0]
    }

    /// A call under a limit of one.
    fn call(windows: &OwnWindows, user: &UserId, now: Instant) -> Rate {
        windows.with(user, tool(), now, |calls| calls.admit(1, NonZeroU32::MIN, now))
    }

    #[test]
    fn the_window_slides() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut calls = Calls::default();
        let mut admit = |id, now| {
            calls.forget(now);
            calls.admit(id, LIMIT, now)
        };
        assert_eq!(admit(1, at(0)), Rate::Admitted);
        assert_eq!(admit(2, at(10)), Rate::Admitted);
        assert_eq!(admit(3, at(20)), Rate::Admitted);
        assert_eq!(admit(4, at(21)), Rate::Exceeded { retry_after: Duration::from_secs(39) });
        // A refused call is not noted: one place is free as soon as the first call leaves.
        let last = at(60) - Duration::from_millis(1);
        assert_eq!(admit(5, last), Rate::Exceeded { retry_after: Duration::from_millis(1) });
        assert_eq!(admit(6, at(60)), Rate::Admitted);
        assert_eq!(admit(7, at(60)), Rate::Exceeded { retry_after: Duration::from_secs(10) });
    }

    #[test]
    fn windows_are_bounded_and_what_goes_is_counted() {
        let (windows, metrics) = windows(2);
        let now = Instant::now();
        let callers = ["a", "b", "c", "d", "e"].map(user);
        for caller in &callers {
            assert_eq!(call(&windows, caller, now), Rate::Admitted);
        }
        let evicted = || counted(&metrics.render(), &["mana_mcp_evictions_total", "rate-window"]);
        assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (2, 3));
        // The latest are kept.
        assert!(matches!(call(&windows, &callers[4], now), Rate::Exceeded { .. }));
        // Those that are over go first, and are not counted.
        call(&windows, &user("f"), now + WINDOW);
        assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (1, 3));
    }

    #[test]
    fn for_want_of_room_the_least_recently_used_window_goes() {
        let (windows, _) = windows(3);
        let now = Instant::now();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(user);
        let noted = |user: &UserId| {
            windows.with(user, tool(), now, |calls| {
                calls.admit(1, LIMIT, now);
                calls.0.len()
            })
        };
        assert_eq!([noted(&a), noted(&b), noted(&c), noted(&a)], [1, 1, 1, 2]);
        assert_eq!(noted(&d), 1);
        assert_eq!([noted(&a), noted(&c)], [3, 2]);
        assert_eq!(noted(&b), 1, "that one was forgotten");
    }

    #[test]
    fn calls_of_one_token_at_once_never_exceed_the_limit_while_windows_come_and_go() {
        let (windows, _) = windows(100);
        let (caller, now) = (user("a"), Instant::now());
        let passing: Vec<_> = (0..20).map(|number: usize| user(&number.to_string())).collect();
        let admitted: usize = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        // Windows of others end at once, for they have no calls.
                        let look = |passing| windows.with(passing, tool(), now, |_| ());
                        let admit = |passing| {
                            look(passing);
                            windows.with(&caller, tool(), now, |calls| calls.admit(1, LIMIT, now))
                        };
                        passing.iter().map(admit).filter(|rate| *rate == Rate::Admitted).count()
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).sum()
        });
        assert_eq!(admitted, 3);
    }

    #[test]
    fn gateways_share_no_windows() {
        let (one, other) = (windows(10).0, windows(10).0);
        let (user, now) = (user("a"), Instant::now());
        for windows in [&one, &other] {
            assert_eq!(call(windows, &user, now), Rate::Admitted);
            assert!(matches!(call(windows, &user, now), Rate::Exceeded { .. }));
        }
    }

    #[test]
    fn a_clock_that_did_not_move_still_counts() {
        let (mut calls, now) = (Calls::default(), Instant::now());
        for id in 0..3 {
            assert_eq!(calls.admit(id, LIMIT, now), Rate::Admitted);
        }
        assert_eq!(calls.admit(4, LIMIT, now), Rate::Exceeded { retry_after: WINDOW });
        // Calls that wait for a lock may come with an earlier time than the one before them.
        let earlier = now.checked_sub(Duration::from_secs(1)).unwrap();
        calls.forget(earlier);
        assert_eq!(calls.admit(5, LIMIT, earlier), Rate::Exceeded { retry_after: WINDOW });
    }

    #[test]
    fn what_redis_admitted_counts_here_too_and_is_told_to_the_next_connection() {
        let (mut calls, now) = (Calls::default(), Instant::now());
        calls.note_admitted(1, 1, LIMIT, now);
        calls.note_admitted(2, 1, LIMIT, now);
        assert_eq!(calls.admit(3, LIMIT, now), Rate::Admitted);
        assert!(matches!(calls.admit(4, LIMIT, now), Rate::Exceeded { .. }));
        let ids =
            |calls: &Calls, connection| calls.untold(connection, 10).iter().map(|call| call.id).collect::<Vec<_>>();
        assert_eq!(ids(&calls, 1), [3]);
        assert_eq!(ids(&calls, 2), [3, 2, 1]);
        let told = calls.untold(2, 2);
        calls.note_told(&told, 2);
        assert_eq!(ids(&calls, 2), [1]);
        calls.forget(now + WINDOW);
        assert!(calls.untold(2, 10).is_empty());
    }

    #[test]
    fn no_more_than_the_limit_are_kept() {
        let (mut calls, now) = (Calls::default(), Instant::now());
        for id in 0..100 {
            calls.note_admitted(id, 1, LIMIT, now);
        }
        assert_eq!(calls.untold(0, 1000).len(), 3);
    }
}
