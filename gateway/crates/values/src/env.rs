//! What a call knows of time, and how much it has looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Date, Timestamp, Zone};

/// Elements that the functions of one call look at, at most. What comes after them is not looked at, and the call fails.
const MOST_ELEMENTS: u64 = 5_000_000;

/// The surroundings of the expressions of one call.
#[derive(Debug)]
pub struct Env {
    now: Timestamp,
    zone: Zone,
    today: Date,
    looked_at: AtomicU64,
}

impl Env {
    /// The surroundings of a call that is made now, by a caller in that time zone.
    #[must_use]
    pub fn new(now: Timestamp, zone: Zone) -> Self {
        let today = now.date_in(&zone);
        Self { now, zone, today, looked_at: AtomicU64::new(0) }
    }

    /// The time of the call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The caller's time zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The day of the call, in the caller's time zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// Counts elements that are looked at. False where they are more than a call may look at: then the caller stops.
    #[must_use]
    pub fn look_at(&self, elements: usize) -> bool {
        let elements = u64::try_from(elements).unwrap_or(u64::MAX);
        self.looked_at.fetch_add(elements, Ordering::Relaxed).saturating_add(elements) <= MOST_ELEMENTS
    }

    /// Whether the call has looked at too many elements, so that its values are worth nothing.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.looked_at.load(Ordering::Relaxed) > MOST_ELEMENTS
    }
}
