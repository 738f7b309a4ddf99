//! Windows in this process's memory.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use lru::LruCache;

use super::WINDOW;
use crate::{
    auth::UserId,
    catalog::ToolId,
    policy::rules::Rate,
    telemetry::{Evicted, Metrics},
};

/// How many (user, tool) windows are kept; beyond it the least recently used one goes, which can only forget calls.
const MAX_WINDOWS: usize = 100_000;

/// The windows of this process. Those that nothing is in any more go when a new one comes.
#[derive(Debug)]
pub(super) struct OwnWindows {
    kept: Mutex<LruCache<(UserId, ToolId), Arc<Window>>>,
    most: usize,
    metrics: Arc<Metrics>,
}

/// One user's recent calls of one tool.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Oldest first.
    calls: Mutex<VecDeque<Noted>>,
}

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

    pub(super) fn window(&self, user: &UserId, tool: ToolId, now: Instant) -> Arc<Window> {
        let key = (user.clone(), tool);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = kept.get(&key) {
            return Arc::clone(window);
        }
        // More go than come, and nobody waits for all of them.
        for _ in 0..2 {
            let Some((_, oldest)) = kept.peek_lru() else { break };
            let is_over = oldest.is_over(now);
            if !is_over && kept.len() < self.most {
                break;
            }
            kept.pop_lru();
            if !is_over {
                self.metrics.evicted(Evicted::RateWindow);
            }
        }
        let window = Arc::<Window>::default();
        kept.put(key, Arc::clone(&window));
        window
    }
}

impl Window {
    /// Admits and notes a call, unless as many as the limit count already.
    pub(super) fn admit(&self, id: u64, limit: NonZeroU32, now: Instant) -> Rate {
        let mut calls = self.current(now);
        match calls.len().checked_sub(limit.get() as usize).and_then(|over| calls.get(over)) {
            Some(Noted { at, .. }) => {
                Rate::Exceeded { retry_after: WINDOW.saturating_sub(now.saturating_duration_since(*at)) }
            }
            None => {
                calls.push_back(Noted { id, at: now, told: 0 });
                Rate::Admitted
            }
        }
    }

    /// The latest calls, at most so many, that this connection to Redis was not told of.
    pub(super) fn untold(&self, connection: u64, most: usize, now: Instant) -> Vec<Noted> {
        let calls = self.current(now);
        calls.iter().rev().filter(|call| call.told != connection).take(most).copied().collect()
    }

    /// Takes in that this connection was told of these calls.
    pub(super) fn note_told(&self, told: &[Noted], connection: u64, now: Instant) {
        for call in self.current(now).iter_mut().filter(|call| told.iter().any(|told| told.id == call.id)) {
            call.told = connection;
        }
    }

    /// Notes a call that Redis admitted. No more than the limit are kept: others would change nothing.
    pub(super) fn note_admitted(&self, id: u64, connection: u64, limit: NonZeroU32, now: Instant) {
        let mut calls = self.current(now);
        if calls.len() >= limit.get() as usize {
            calls.pop_front();
        }
        calls.push_back(Noted { id, at: now, told: connection });
    }

    /// Whether nothing is in it, and nobody is about to put something into it. Only its keeper may ask, who alone gives it
    /// out.
    fn is_over(self: &Arc<Self>, now: Instant) -> bool {
        Arc::strong_count(self) == 1 && self.current(now).is_empty()
    }

    /// The calls, without those that have left.
    fn current(&self, now: Instant) -> MutexGuard<'_, VecDeque<Noted>> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.front().is_some_and(|oldest| now.saturating_duration_since(oldest.at) >= WINDOW) {
            calls.pop_front();
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{auth::testing::user_id, policy::testing::counted};

    const LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

    #[test]
    fn the_window_slides() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let window = Window::default();
        assert_eq!(window.admit(1, LIMIT, at(0)), Rate::Admitted);
        assert_eq!(window.admit(2, LIMIT, at(10)), Rate::Admitted);
        assert_eq!(window.admit(3, LIMIT, at(20)), Rate::Admitted);
        assert_eq!(window.admit(4, LIMIT, at(21)), Rate::Exceeded { retry_after: Duration::from_secs(39) });
        // A refused call is not noted: one place is free as soon as the first call leaves.
        assert_eq!(
            window.admit(5, LIMIT, at(60) - Duration::from_millis(1)),
            Rate::Exceeded { retry_after: Duration::from_millis(1) }
        );
        assert_eq!(window.admit(6, LIMIT, at(60)), Rate::Admitted);
        assert_eq!(window.admit(7, LIMIT, at(60)), Rate::Exceeded { retry_after: Duration::from_secs(10) });
    }

    #[test]
    fn windows_are_bounded_and_what_goes_is_counted() {
        let metrics = Arc::new(Metrics::new().unwrap());
        let windows = OwnWindows::with_most(2, &metrics);
        let (tool, now) = (ToolId::ALL[0], Instant::now());
        for user in ["a", "b", "c", "d", "e"] {
            assert_eq!(windows.window(&user_id(user), tool, now).admit(1, NonZeroU32::MIN, now), Rate::Admitted);
        }
        assert_eq!(windows.kept.lock().unwrap().len(), 2);
        assert_eq!(counted(&metrics.render(), &["mana_mcp_evictions_total", "rate-window"]), 3);
        // The latest are kept.
        assert!(matches!(
            windows.window(&user_id("e"), tool, now).admit(2, NonZeroU32::MIN, now),
            Rate::Exceeded { .. }
        ));
        // Those that are over go first, and are not counted.
        windows.window(&user_id("f"), tool, now + WINDOW);
        assert_eq!(windows.kept.lock().unwrap().len(), 1);
        assert_eq!(counted(&metrics.render(), &["mana_mcp_evictions_total", "rate-window"]), 3);
    }

    #[test]
    fn a_clock_that_did_not_move_still_counts() {
        let (window, now) = (Window::default(), Instant::now());
        for id in 0..3 {
            assert_eq!(window.admit(id, LIMIT, now), Rate::Admitted);
        }
        assert_eq!(window.admit(4, LIMIT, now), Rate::Exceeded { retry_after: WINDOW });
        // Calls that wait for a lock may come with an earlier time than the one before them.
        let earlier = now.checked_sub(Duration::from_secs(1)).unwrap();
        assert_eq!(window.admit(5, LIMIT, earlier), Rate::Exceeded { retry_after: WINDOW });
    }

    #[test]
    fn what_redis_admitted_counts_here_too_and_is_told_to_the_next_connection() {
        let (window, now) = (Window::default(), Instant::now());
        window.note_admitted(1, 1, LIMIT, now);
        window.note_admitted(2, 1, LIMIT, now);
        assert_eq!(window.admit(3, LIMIT, now), Rate::Admitted);
        assert!(matches!(window.admit(4, LIMIT, now), Rate::Exceeded { .. }));
        let ids = |connection| window.untold(connection, 10, now).iter().map(|call| call.id).collect::<Vec<_>>();
        assert_eq!(ids(1), [3]);
        assert_eq!(ids(2), [3, 2, 1]);
        window.note_told(&window.untold(2, 2, now), 2, now);
        assert_eq!(ids(2), [1]);
        assert!(window.untold(2, 10, now + WINDOW).is_empty());
    }

    #[test]
    fn no_more_than_the_limit_are_kept() {
        let (window, now) = (Window::default(), Instant::now());
        for id in 0..100 {
            window.note_admitted(id, 1, LIMIT, now);
        }
        assert_eq!(window.untold(0, 1000, now).len(), 3);
    }
}
