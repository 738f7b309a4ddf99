//! A circuit breaker: a service that has left several calls in a row unanswered is left alone for a moment, so that further
//! calls fail at once instead of after their time-outs. Then one call tries; its outcome decides for all.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Calls in a row without an answer that open the circuit.
const OPENS_AFTER: u32 = 5;
/// How long it stays open before a call may try.
const OPEN_FOR: Duration = Duration::from_secs(2);

/// The breaker of one service.
#[derive(Debug)]
pub struct Breaker(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Calls pass.
    Closed { unanswered: u32 },
    /// No call passes before that time; then one does.
    Open { until: Instant },
    /// One call is trying.
    Probing,
    /// The call that tried was given up by its caller: the next one tries.
    HalfOpen,
}

/// What the outcome of a call says about a service that was thought to be otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It leaves calls unanswered.
    Away,
    /// It answers again.
    Back,
}

/// A call that may be made, and whose outcome is to be told.
#[derive(Debug)]
pub struct Admission<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    /// One whose calls pass.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(State::Closed { unanswered: 0 }))
    }

    /// `None` while the service is left alone.
    #[must_use]
    pub fn admit(&self, now: Instant) -> Option<Admission<'_>> {
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now < until => return None,
            State::Open { .. } | State::HalfOpen => true,
            State::Probing => return None,
        };
        if is_probe {
            *state = State::Probing;
        }
        drop(state);
        Some(Admission { breaker: self, is_probe })
    }

    /// Whether the service has left calls unanswered and has not answered since. Also when the next call may try: nobody
    /// may call for a long time, and the service is away all the same.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(*self.state(), State::Closed { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

impl Admission<'_> {
    /// The service gave an answer, whatever it says.
    pub fn answered(mut self) -> Option<Change> {
        self.is_probe = false;
        let before = mem::replace(&mut *self.breaker.state(), State::Closed { unanswered: 0 });
        (!matches!(before, State::Closed { .. })).then_some(Change::Back)
    }

    /// No answer came.
    pub fn unanswered(mut self, now: Instant) -> Option<Change> {
        let is_probe = mem::take(&mut self.is_probe);
        let mut state = self.breaker.state();
        let change = match &mut *state {
            State::Closed { unanswered } if *unanswered + 1 < OPENS_AFTER => {
                *unanswered += 1;
                return None;
            }
            State::Closed { .. } => Some(Change::Away),
            // A call from before the circuit opened says nothing new.
            State::Open { .. } | State::HalfOpen | State::Probing if !is_probe => return None,
            State::Open { .. } | State::HalfOpen | State::Probing => None,
        };
        *state = State::Open { until: now + OPEN_FOR };
        change
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            *self.breaker.state() = State::HalfOpen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new();
        let told = (0..OPENS_AFTER).filter_map(|_| breaker.admit(now).unwrap().unanswered(now));
        assert_eq!(told.collect::<Vec<_>>(), [Change::Away]);
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        for _ in 0..10 {
            for _ in 1..OPENS_AFTER {
                breaker.admit(now).unwrap().unanswered(now);
            }
            assert_eq!(breaker.admit(now).unwrap().answered(), None);
        }
        // Calls that their callers gave up count neither way.
        for _ in 0..OPENS_AFTER {
            drop(breaker.admit(now).unwrap());
        }
        assert!(breaker.admit(now).is_some());
        assert!(opened(now).admit(now).is_none());
    }

    #[test]
    fn one_call_tries_and_decides_for_all() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + OPEN_FOR;
        assert!(breaker.is_open(), "as long as nothing answered");
        assert!(breaker.admit(later - Duration::from_millis(1)).is_none());
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_none(), "one at a time");
        assert_eq!(probe.unanswered(later), None, "known already");
        assert!(breaker.admit(later + OPEN_FOR - Duration::from_millis(1)).is_none(), "open again");
        assert_eq!(breaker.admit(later + OPEN_FOR).unwrap().answered(), Some(Change::Back));
        assert!(!breaker.is_open());
        let now = later + OPEN_FOR;
        let both = [breaker.admit(now).unwrap(), breaker.admit(now).unwrap()];
        // It counts from nothing again.
        assert_eq!(both.map(|call| call.unanswered(now)), [None, None]);
        assert!(breaker.admit(now).is_some());
    }

    #[test]
    fn a_try_that_is_given_up_leaves_it_to_the_next() {
        let now = Instant::now();
        let breaker = opened(now);
        drop(breaker.admit(now + OPEN_FOR).unwrap());
        let probe = breaker.admit(now + OPEN_FOR).unwrap();
        assert!(breaker.admit(now + OPEN_FOR).is_none());
        assert_eq!(probe.answered(), Some(Change::Back));
        assert!(breaker.admit(now).is_some());
    }

    #[test]
    fn an_answer_that_comes_late_is_an_answer() {
        let now = Instant::now();
        let breaker = Breaker::new();
        let slow = [breaker.admit(now).unwrap(), breaker.admit(now).unwrap()];
        for _ in 0..OPENS_AFTER {
            breaker.admit(now).unwrap().unanswered(now);
        }
        let [failed, answered] = slow;
        assert_eq!(failed.unanswered(now + OPEN_FOR), None);
        assert!(breaker.admit(now).is_none());
        assert_eq!(answered.answered(), Some(Change::Back));
        assert!(breaker.admit(now).is_some());
    }
}
