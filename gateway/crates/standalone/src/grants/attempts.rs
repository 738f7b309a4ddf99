//! A bound on wrong codes, so that nobody guesses one.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Wrong codes within a minute, at most. With as many, guessing one takes longer than any code is good.
const MAX_WRONG: usize = 10;
/// In seconds.
const WINDOW: i64 = 60;

/// Wrong codes of late, by time, and those that are being looked at.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<VecDeque<i64>>);

impl Attempts {
    /// Counts a code as wrong before it is looked at: many at once are then no more than one after the other. False where there
    /// were too many, and this one is not to be looked at.
    pub(super) fn begin(&self, now: i64) -> bool {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while wrong.front().is_some_and(|at| now - at >= WINDOW) {
            wrong.pop_front();
        }
        let is_allowed = wrong.len() < MAX_WRONG;
        if is_allowed {
            wrong.push_back(now);
        }
        is_allowed
    }

    /// The code that began then was right.
    pub(super) fn was_right(&self, begun: i64) {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = wrong.iter().position(|at| *at == begun) {
            wrong.remove(place);
        }
    }
}
