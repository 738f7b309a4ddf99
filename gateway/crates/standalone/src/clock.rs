//! The time, which tests move.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A clock that tests set forward. Times are since the Unix epoch.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// In microseconds.
    ahead: AtomicU64,
}

impl Clock {
    pub(crate) fn seconds(&self) -> i64 {
        seconds(self.now())
    }

    pub(crate) fn microseconds(&self) -> i64 {
        microseconds(self.now())
    }

    /// Sets it forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        since_epoch().saturating_add(Duration::from_micros(self.ahead.load(Ordering::Relaxed)))
    }
}

/// The system's time since the Unix epoch.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Whole seconds, as the database has them.
pub(crate) fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// Whole microseconds, as the log has them.
pub(crate) fn microseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
