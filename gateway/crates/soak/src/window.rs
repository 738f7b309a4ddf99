//! The time that a soak covers, and its division into slots.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The parts of a window of which the trend is made: a quarter of a day each in a soak of a week.
pub const SLOTS: usize = 28;

/// From one moment to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

/// A window that is empty, or begins before the calendar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the window must begin before it ends, and in this age")]
pub struct InvalidWindow;

impl Window {
    /// From `start` to `end`.
    ///
    /// # Errors
    /// Less than a second lies between them.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, InvalidWindow> {
        if end.duration_since(start) < SignedDuration::from_secs(1) {
            return Err(InvalidWindow);
        }
        Ok(Self { start, end })
    }

    /// The time of this length before `end`.
    ///
    /// # Errors
    /// There is no such time, or the length is under a second.
    pub fn before(end: Timestamp, length: Duration) -> Result<Self, InvalidWindow> {
        let length = SignedDuration::try_from(length).map_err(|_| InvalidWindow)?;
        Self::new(end.checked_sub(length).map_err(|_| InvalidWindow)?, end)
    }

    /// When it begins.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// When it ends.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.end.duration_since(self.start).unsigned_abs()
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
    }

    /// In which of `count` equal parts a moment lies; moments outside belong to the nearest.
    pub(super) fn part(&self, at: Timestamp, count: usize) -> usize {
        let into = at.duration_since(self.start).as_millis().max(0).unsigned_abs();
        let length = self.length().as_millis().max(1);
        let part = into.saturating_mul(count as u128) / length;
        usize::try_from(part).unwrap_or(usize::MAX).min(count.saturating_sub(1))
    }
}
