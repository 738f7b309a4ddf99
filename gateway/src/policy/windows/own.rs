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

/// How many (user, tool) windows are kept; beyond it one goes that nobody has looked for lately, which can only forget calls.
const MAX_WINDOWS: usize = 100_000;
/// So many are looked at when a new one comes: more go than come, and nobody waits for all of them.
const LOOKED_AT: usize = 4;

/// The windows of this process. Those that nothing is in any more go when a new one comes.
#[derive(Debug)]
pub(super) struct OwnWindows {
    kept: Arc<Mutex<Kept>>,
    most: usize,
    metrics: Arc<Metrics>,
}

type Kept = LruCache<(UserId, ToolId), Arc<Window>>;

/// One user's recent calls of one tool; none once the window is kept no more.
#[derive(Debug)]
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
        if let Some(done) = taken.and_then(|taken| taken.window.with(now, &mut work)) {
            return done;
        }
        loop {
            let window = self.find(caller.user(), tool, now);
            if let Some(done) = window.with(now, &mut work) {
                // Where the first one is kept no more, this one is looked for at each call.
                let _ = seat.map(|seat| seat.set(Seat { keeper: Arc::downgrade(&self.kept), window }));
                return done;
            }
        }
    }

    fn find(&self, user: &UserId, tool: ToolId, now: Instant) -> Arc<Window> {
        let key = (user.clone(), tool);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = kept.get(&key) {
            return Arc::clone(window);
        }
        for _ in 0..LOOKED_AT {
            let Some((key, oldest)) = kept.pop_lru() else { break };
            // One in use may be the oldest because its callers have their seats.
            if !oldest.is_ended(now) {
                kept.put(key, oldest);
            }
        }
        if kept.len() >= self.most
            && let Some((_, oldest)) = kept.pop_lru()
        {
            oldest.calls().take();
            self.metrics.evicted(Evicted::RateWindow);
        }
        let window = Arc::new(Window(Mutex::new(Some(Calls::default()))));
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

    /// Whether nothing is in it any more; then nobody puts anything into it either.
    fn is_ended(&self, now: Instant) -> bool {
        let mut calls = self.calls();
        if let Some(calls) = calls.as_mut() {
            calls.forget(now);
        }
        calls.take_if(|calls| calls.0.is_empty());
        calls.is_none()
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
        assert_eq!(call(&windows, &a, now), Rate::Admitted);
        assert_eq!(call(&windows, &b, now), Rate::Admitted);
        // What was known is forgotten, and what comes is kept where all tokens of the user find it.
        assert_eq!(call(&windows, &a, now), Rate::Admitted);
        assert!(matches!(call(&windows, &a, now), Rate::Exceeded { .. }));
        assert!(matches!(call(&windows, &Principal::for_tests("a"), now), Rate::Exceeded { .. }));
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
