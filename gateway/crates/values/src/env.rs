//! What a call knows of time, and how much it has looked at.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lookup::Lookups;
use crate::{Date, Timestamp, Zone};

/// Elements that the functions of one call look at, at most. What comes after them is not looked at, and the call fails.
const MOST_ELEMENTS: u64 = 5_000_000;

/// Bytes of text that count as one element when they are read or built. Bounds the total size of the texts that a call
/// builds.
const BYTES_AS_ELEMENT: usize = 64;

/// The maximum size of a text that a function builds, in bytes.
const LONGEST_TEXT: usize = 10_000_000;

/// The surroundings of the expressions of one call.
pub struct Env {
    now: Timestamp,
    zone: Zone,
    today: Date,
    looked_at: AtomicU64,
    pub(crate) lookups: Mutex<Lookups>,
}

impl Env {
    /// The surroundings of a call that is made now, by a caller in that time zone.
    #[must_use]
    pub fn new(now: Timestamp, zone: Zone) -> Self {
        let today = now.date_in(&zone);
        Self { now, zone, today, looked_at: AtomicU64::new(0), lookups: Mutex::default() }
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
        // Capped, so that the sum cannot overflow.
        let elements = u64::try_from(elements).unwrap_or(u64::MAX).min(MOST_ELEMENTS + 1);
        self.looked_at.fetch_add(elements, Ordering::Relaxed).saturating_add(elements) <= MOST_ELEMENTS
    }

    /// Counts a text before it is read. Returns false if the limit is exceeded.
    #[must_use]
    pub fn look_at_text(&self, bytes: usize) -> bool {
        self.look_at(bytes / BYTES_AS_ELEMENT)
    }

    /// Counts a text before it is built. Returns false if it is too long or the limit is exceeded.
    #[must_use]
    pub fn make_text(&self, bytes: usize) -> bool {
        if bytes > LONGEST_TEXT {
            self.exhaust();
        }
        self.look_at_text(bytes)
    }

    /// Marks the call as exceeding its limit, because a result would be too large.
    pub fn exhaust(&self) {
        self.looked_at.fetch_max(MOST_ELEMENTS + 1, Ordering::Relaxed);
    }

    /// Whether the call has looked at too many elements, so that its values are worth nothing.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.looked_at.load(Ordering::Relaxed) > MOST_ELEMENTS
    }
}

/// Without the cached lists, which may be secret.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now, zone, today, looked_at, lookups: _ } = self;
        let mut env = f.debug_struct("Env");
        env.field("now", now).field("zone", zone).field("today", today).field("looked_at", looked_at);
        env.finish_non_exhaustive()
    }
}
