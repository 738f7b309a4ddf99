//! Sliding windows of recent calls, per user and tool, in this process's memory.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use moka::{policy::EvictionPolicy, sync::Cache};

use super::rules::Rate;
use crate::catalog::ToolId;

/// How far back a call counts.
pub const WINDOW: Duration = Duration::from_secs(60);

/// How many (user, tool) windows are kept; beyond it the least recently used one goes, which can only forget calls.
const MAX_WINDOWS: u64 = 100_000;

/// The recent calls of every user and tool.
#[derive(Debug)]
pub struct RateWindows {
    limit: NonZeroU32,
    windows: Cache<(Arc<str>, ToolId), Arc<Mutex<Window>>>,
}

impl RateWindows {
    /// Windows that admit `limit` calls of one tool by one user within [`WINDOW`].
    #[must_use]
    pub fn new(limit: NonZeroU32) -> Self {
        let windows = Cache::builder()
            .max_capacity(MAX_WINDOWS)
            // Not the default (TinyLFU), which may refuse a new entry: a new user's window must be kept.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(WINDOW)
            .build();
        Self { limit, windows }
    }

    /// Admits and notes a call, in one step, so that concurrent calls cannot share the last place.
    #[must_use]
    pub fn admit(&self, user: &str, tool: ToolId, now: Instant) -> Rate {
        let window = self.windows.get_with((Arc::from(user), tool), Arc::default);
        window.lock().unwrap_or_else(PoisonError::into_inner).admit(now, self.limit)
    }
}

/// The times of the calls that still count, oldest first.
#[derive(Debug, Default)]
struct Window {
    calls: VecDeque<Instant>,
}

impl Window {
    fn admit(&mut self, now: Instant, limit: NonZeroU32) -> Rate {
        while self.calls.front().is_some_and(|oldest| now.saturating_duration_since(*oldest) >= WINDOW) {
            self.calls.pop_front();
        }
        match self.calls.front() {
            Some(oldest) if self.calls.len() >= limit.get() as usize => {
                Rate::Exceeded { retry_after: WINDOW.saturating_sub(now.saturating_duration_since(*oldest)) }
            }
            _ => {
                self.calls.push_back(now);
                Rate::Admitted
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

    #[test]
    fn the_window_slides() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        assert_eq!(window.admit(at(0), LIMIT), Rate::Admitted);
        assert_eq!(window.admit(at(10), LIMIT), Rate::Admitted);
        assert_eq!(window.admit(at(20), LIMIT), Rate::Admitted);
        assert_eq!(window.admit(at(21), LIMIT), Rate::Exceeded { retry_after: Duration::from_secs(39) });
        // A refused call is not noted: one place is free as soon as the first call leaves.
        assert_eq!(
            window.admit(at(60) - Duration::from_millis(1), LIMIT),
            Rate::Exceeded { retry_after: Duration::from_millis(1) }
        );
        assert_eq!(window.admit(at(60), LIMIT), Rate::Admitted);
        assert_eq!(window.admit(at(60), LIMIT), Rate::Exceeded { retry_after: Duration::from_secs(10) });
    }

    #[test]
    fn users_and_tools_do_not_share_a_window() {
        let windows = RateWindows::new(NonZeroU32::MIN);
        let now = Instant::now();
        let [first, second, ..] = ToolId::ALL else { panic!("the catalog has two tools") };
        assert_eq!(windows.admit("a", *first, now), Rate::Admitted);
        assert_eq!(windows.admit("b", *first, now), Rate::Admitted);
        assert_eq!(windows.admit("a", *second, now), Rate::Admitted);
        assert!(matches!(windows.admit("a", *first, now), Rate::Exceeded { .. }));
    }

    #[test]
    fn concurrent_calls_never_exceed_the_limit() {
        let windows = RateWindows::new(NonZeroU32::new(30).unwrap());
        let now = Instant::now();
        let tool = ToolId::ALL[0];
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..20).filter(|_| windows.admit("a", tool, now) == Rate::Admitted).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 30);
    }
}
