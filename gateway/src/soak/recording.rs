//! Counters of any number of instances, folded into what happened within a window. A counter that falls has begun anew, as
//! in Prometheus' `increase`: what it says after the fall is what was counted since.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{SLOTS, Window, Word};

/// More series than any deployment has: a hundred gateways with a hundred tools each.
const MAX_SERIES: usize = 50_000;
/// Restarts that are told apart; more are no soak.
const MAX_RESTARTS: usize = 10_000;
/// Parts of the window of which each is covered or not.
const COVER: usize = 2048;
/// No counter comes to more, and up to here every whole number is one.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// What a series counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Evaluations of the policy.
    Decision {
        /// `allow`, `deny` or `flagged`.
        decision: Word,
        /// The rule.
        reason: Word,
        /// `log-only` or `enforce`.
        mode: Word,
    },
    /// Calls that reached their handler or failed validation.
    Invocation {
        /// The tool's name.
        tool: Word,
        /// How the call ended.
        outcome: Word,
    },
}

/// A recording that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Whatever was read, it is no gateway's.
    #[error("there are more than {MAX_SERIES} series; narrow them down with --match")]
    TooManySeries,
}

/// What the counters say about a window.
#[derive(Debug)]
pub struct Recording {
    window: Window,
    /// Longer than this between two samples, and nobody looked.
    longest_gap: Duration,
    instances: BTreeMap<String, Instance>,
    series: usize,
    sums: BTreeMap<Key, Sum>,
    covered: Vec<bool>,
    /// Samples that are no counts: not numbers, negative, or beyond all measure.
    unusable: u64,
}

#[derive(Debug, Default)]
struct Instance {
    last: BTreeMap<Key, (Timestamp, f64)>,
    restarts: BTreeSet<Timestamp>,
}

/// What one key's counters of all instances rose by.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    pub(super) slots: [f64; SLOTS],
    pub(super) last_rise: Option<Timestamp>,
}

impl Sum {
    pub(super) fn total(&self) -> f64 {
        self.slots.iter().sum()
    }

    fn add(&mut self, window: &Window, at: Timestamp, increase: f64) {
        if let Some(slot) = self.slots.get_mut(window.part(at, SLOTS)) {
            *slot += increase;
        }
        if increase > 0.0 {
            self.last_rise = self.last_rise.max(Some(at));
        }
    }
}

impl Recording {
    /// An empty one. Two samples that lie further apart than `longest_gap` are no evidence for the time between them.
    #[must_use]
    pub fn new(window: Window, longest_gap: Duration) -> Self {
        Self {
            window,
            longest_gap,
            instances: BTreeMap::new(),
            series: 0,
            sums: BTreeMap::new(),
            covered: vec![false; COVER],
            unusable: 0,
        }
    }

    /// Takes samples of one instance's counter in the order of their times. Samples outside the window, and those that are
    /// no later than what was taken before, change nothing.
    ///
    /// # Errors
    /// There are more series than a deployment can have.
    pub fn observe(
        &mut self,
        instance: &str,
        key: &Key,
        samples: impl IntoIterator<Item = (Timestamp, f64)>,
    ) -> Result<(), RecordingError> {
        let mut last = self.instances.get(instance).and_then(|instance| instance.last.get(key)).copied();
        if last.is_none() && self.series.max(self.sums.len()).max(self.instances.len()) >= MAX_SERIES {
            return Err(RecordingError::TooManySeries);
        }
        let sum = self.sums.entry(key.clone()).or_default();
        let of = self.instances.entry(instance.to_owned()).or_default();
        for (at, value) in samples {
            if !self.window.contains(at) || last.is_some_and(|(before, _)| at <= before) {
                continue;
            }
            if !(0.0..=MAX_COUNT).contains(&value) {
                self.unusable += 1;
                continue;
            }
            if let Some((before, count)) = last {
                let has_restarted = value < count;
                if has_restarted && of.restarts.len() < MAX_RESTARTS {
                    of.restarts.insert(at);
                }
                sum.add(&self.window, at, if has_restarted { value } else { value - count });
                if at.duration_since(before).unsigned_abs() <= self.longest_gap {
                    let (from, to) = (self.window.part(before, COVER), self.window.part(at, COVER));
                    if let Some(parts) = self.covered.get_mut(from..=to) {
                        parts.fill(true);
                    }
                }
            }
            last = Some((at, value));
        }
        if let Some(last) = last
            && of.last.insert(key.clone(), last).is_none()
        {
            self.series += 1;
        }
        Ok(())
    }

    /// Says that the process behind an instance began anew, with every counter at zero.
    pub fn began_anew(&mut self, instance: &str, at: Timestamp) {
        let Some(of) = self.instances.get_mut(instance) else { return };
        let has_counted = of.last.values().any(|(_, count)| *count > 0.0);
        for (before, count) in of.last.values_mut().filter(|(before, _)| *before < at) {
            (*before, *count) = (at, 0.0);
        }
        if has_counted && of.restarts.len() < MAX_RESTARTS {
            of.restarts.insert(at);
        }
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Whether there was any counter of the policy's.
    #[must_use]
    pub fn has_decisions(&self) -> bool {
        self.sums.keys().any(|key| matches!(key, Key::Decision { .. }))
    }

    /// For how much of the window there are samples.
    #[must_use]
    pub fn covered(&self) -> Duration {
        let parts = self.covered.iter().filter(|is_covered| **is_covered).count();
        self.window.length().mul_f64(parts as f64 / COVER as f64)
    }

    /// How many instances there were.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.instances.len()
    }

    /// How often counters began anew.
    #[must_use]
    pub fn restarts(&self) -> usize {
        self.instances.values().map(|instance| instance.restarts.len()).sum()
    }

    /// How many samples were left out because they are no counts.
    #[must_use]
    pub fn unusable(&self) -> u64 {
        self.unusable
    }

    pub(super) fn sums(&self) -> impl Iterator<Item = (&Key, &Sum)> {
        self.sums.iter()
    }
}
