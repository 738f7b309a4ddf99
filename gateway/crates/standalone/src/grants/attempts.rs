//! A bound on wrong codes, so that nobody guesses one.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Wrong codes within a minute, at most. With as many, guessing one takes longer than any code is good.
const MAX_WRONG: usize = 10;
/// In seconds.
const WINDOW: i64 = 60;

/// Wrong codes of late, by time.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<VecDeque<i64>>);

impl Attempts {
    /// Whether no more are looked at now.
    pub(super) fn are_too_many(&self, now: i64) -> bool {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while wrong.front().is_some_and(|at| now - at >= WINDOW) {
            wrong.pop_front();
        }
        wrong.len() >= MAX_WRONG
    }

    /// A wrong code came.
    pub(super) fn note(&self, now: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(now);
    }
}
