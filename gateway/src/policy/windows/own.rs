//! Windows in this process's memory.

use std::{
    array,
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Instant,
};

use lru::LruCache;

use super::WINDOW;
use crate::{
    auth::{Principal, UserId},
    catalog::ToolId,
    policy::rules::Rate,
    telemetry::{Evicted, Metrics},
};

/// How many (user, tool) windows are kept; beyond it one goes, which can only forget calls.
const MAX_WINDOWS: usize = 100_000;
/// So many are looked at when a new one comes, each of them in its turn: those that are over go. Where none is and there is no
/// more room, the one goes that has admitted no call for the longest time.
const LOOKED_AT: usize = 4;

/// The windows of this process. Those that nothing is in any more go when a new one comes.
#[derive(Debug)]
pub(super) struct OwnWindows {
    kept: Arc<Mutex<Kept>>,
    most: usize,
    metrics: Arc<Metrics>,
}

type Kept = LruCache<(UserId, ToolId), Arc<Window>>;

/// One user's recent calls of one tool; none while the window is not kept.
#[derive(Debug, Default)]
struct Window(Mutex<Option<Calls>>);

/// Where a caller's windows were found first, for as long as his token is remembered.
#[derive(Debug)]
pub struct Seats([OnceLock<Seat>; ToolId::ALL.len()]);

#[derive(Debug)]
struct Seat {
    keeper: Weak<Mutex<Kept>>,
    window: Arc<Window>,
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

impl Default for Seats {
    fn default() -> Self {
        Self(array::from_fn(|_| OnceLock::new()))
    }
}

impl OwnWindows {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Self {
        Self::with_most(MAX_WINDOWS, metrics)
    }

    fn with_most(most: usize, metrics: &Arc<Metrics>) -> Self {
        Self { kept: Arc::new(Mutex::new(LruCache::unbounded())), most, metrics: Arc::clone(metrics) }
    }

    /// Does something with the caller's calls of that tool that count at that time. Nobody else does so meanwhile.
    pub(super) fn with<T>(
        &self,
        caller: &Principal,
        tool: ToolId,
        now: Instant,
        mut work: impl FnMut(&mut Calls) -> T,
    ) -> T {
        let seat = caller.seats().0.get(tool as usize);
        let taken = seat.and_then(OnceLock::get).filter(|taken| taken.keeper.as_ptr() == Arc::as_ptr(&self.kept));
        let seated = taken.map(|taken| &taken.window);
        if let Some(done) = seated.and_then(|window| window.with(now, &mut work)) {
            return done;
        }
        loop {
            let window = self.find(caller.user(), tool, seated, now);
            if let Some(done) = window.with(now, &mut work) {
                let _ = seat.map(|seat| seat.set(Seat { keeper: Arc::downgrade(&self.kept), window }));
                return done;
            }
        }
    }

    /// The window that is kept; else a new one, in the place of one that has ended, where the caller still has his seat.
    fn find(&self, user: &UserId, tool: ToolId, ended: Option<&Arc<Window>>, now: Instant) -> Arc<Window> {
        let key = (user.clone(), tool);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = kept.get(&key) {
            return Arc::clone(window);
        }
        let mut idlest: Option<(Instant, (UserId, ToolId))> = None;
        for _ in 0..LOOKED_AT {
            let Some((key, window)) = kept.pop_lru() else { break };
            if let Some(latest) = window.latest(now) {
                if idlest.as_ref().is_none_or(|(idle, _)| latest < *idle) {
                    idlest = Some((latest, key.clone()));
                }
                kept.put(key, window);
            }
        }
        if kept.len() >= self.most
            && let Some(window) = idlest.and_then(|(_, key)| kept.pop(&key))
        {
            *window.calls() = None;
            self.metrics.evicted(Evicted::RateWindow);
        }
        let window = ended.cloned().unwrap_or_default();
        *window.calls() = Some(Calls::default());
        kept.put(key, Arc::clone(&window));
        window
    }
}

impl Window {
    fn calls(&self) -> MutexGuard<'_, Option<Calls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What that makes of the calls that count; `None` where nobody would know of it.
    fn with<T>(&self, now: Instant, work: impl FnOnce(&mut Calls) -> T) -> Option<T> {
        let mut calls = self.calls();
        let calls = calls.as_mut()?;
        calls.forget(now);
        Some(work(calls))
    }

    /// The time of the latest call in it. Where there is none it ends, and nobody puts anything into it.
    fn latest(&self, now: Instant) -> Option<Instant> {
        let mut calls = self.calls();
        let latest = calls.as_mut().and_then(|calls| {
            calls.forget(now);
            calls.0.back().map(|call| call.at)
        });
        if latest.is_none() {
            *calls = None;
        }
        latest
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

    /// The latest calls, at most so many, that this connection to Redis was not told of.
    pub(super) fn untold(&self, connection: u64, most: usize) -> Vec<Noted> {
        self.0.iter().rev().filter(|call| call.told != connection).take(most).copied().collect()
    }

    /// Takes in that this connection was told of these calls.
    pub(super) fn note_told(&mut self, told: &[Noted], connection: u64) {
        for call in self.0.iter_mut().filter(|call| told.iter().any(|told| told.id == call.id)) {
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
    use crate::policy::testing::counted;

    const LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

    fn windows(most: usize) -> (OwnWindows, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new().unwrap());
        (OwnWindows::with_most(most, &metrics), metrics)
    }

    /// A call under a limit of one.
    fn call(windows: &OwnWindows, caller: &Principal, now: Instant) -> Rate {
        windows.with(caller, ToolId::ALL[0], now, |calls| calls.admit(1, NonZeroU32::MIN, now))
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
        let callers = ["a", "b", "c", "d", "e"].map(Principal::for_tests);
        for caller in &callers {
            assert_eq!(call(&windows, caller, now), Rate::Admitted);
        }
        let evicted = || counted(&metrics.render(), &["mana_mcp_evictions_total", "rate-window"]);
        assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (2, 3));
        // The latest are kept.
        assert!(matches!(call(&windows, &callers[4], now), Rate::Exceeded { .. }));
        // Those that are over go first, and are not counted.
        call(&windows, &Principal::for_tests("f"), now + WINDOW);
        assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (1, 3));
    }

    #[test]
    fn a_window_that_was_let_go_takes_no_more_calls() {
        let (windows, _) = windows(1);
        let (a, b, now) = (Principal::for_tests("a"), Principal::for_tests("b"), Instant::now());
        let other_token = Principal::for_tests("a");
        for now in [now, now + WINDOW] {
            // The first one goes because nothing is in it any more, if it is there; the others go for want of room.
            for token in [&b, &a, &b] {
                assert_eq!(call(&windows, token, now), Rate::Admitted);
                assert!(matches!(call(&windows, token, now), Rate::Exceeded { .. }));
            }
            // What was known is forgotten, and what comes is kept where all tokens of the user find it.
            assert_eq!(call(&windows, &a, now), Rate::Admitted);
            for token in [&a, &other_token, &Principal::for_tests("a")] {
                assert!(matches!(call(&windows, token, now), Rate::Exceeded { .. }));
            }
        }
        assert_eq!(
            Arc::strong_count(windows.kept.lock().unwrap().peek_lru().unwrap().1),
            3,
            "both tokens have their seats"
        );
    }

    #[test]
    fn for_want_of_room_the_one_goes_that_has_been_idle_longest() {
        let (windows, _) = windows(3);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let [a, b, c, d] = ["a", "b", "c", "d"].map(Principal::for_tests);
        let noted = |caller: &Principal, now| {
            windows.with(caller, ToolId::ALL[0], now, |calls| {
                calls.admit(1, LIMIT, now);
                calls.0.len()
            })
        };
        assert_eq!([noted(&a, at(0)), noted(&b, at(1)), noted(&c, at(2))], [1, 1, 1]);
        // Found first, and in use all the same: the caller has his seat.
        assert_eq!(noted(&a, at(3)), 2);
        assert_eq!(noted(&d, at(4)), 1);
        assert_eq!([noted(&a, at(5)), noted(&c, at(5))], [3, 2]);
        assert_eq!(noted(&b, at(6)), 1, "that one was forgotten");
    }

    #[test]
    fn calls_of_one_token_at_once_never_exceed_the_limit_while_windows_come_and_go() {
        let (windows, _) = windows(100);
        let (caller, now) = (Principal::for_tests("a"), Instant::now());
        let passing: Vec<_> = (0..20).map(|user| Principal::for_tests(&user.to_string())).collect();
        let admitted: usize = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        // Windows of others end at once, for they have no calls.
                        let look = |passing| windows.with(passing, ToolId::ALL[0], now, |_| ());
                        let admit = |passing| {
                            look(passing);
                            windows.with(&caller, ToolId::ALL[0], now, |calls| calls.admit(1, LIMIT, now))
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
    fn all_tokens_of_a_user_share_a_window_and_gateways_share_none() {
        let (one, other) = (windows(10).0, windows(10).0);
        let (caller, again, now) = (Principal::for_tests("a"), Principal::for_tests("a"), Instant::now());
        assert_eq!(call(&one, &caller, now), Rate::Admitted);
        assert!(matches!(call(&one, &again, now), Rate::Exceeded { .. }));
        // The token has a seat at the first one.
        assert_eq!(call(&other, &caller, now), Rate::Admitted);
        assert!(matches!(call(&other, &caller, now), Rate::Exceeded { .. }));
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
