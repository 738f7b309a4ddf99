//! Counters of any number of instances, folded into what happened within a window. What a process has counted that began
//! within the window is of the window, whenever it was first seen. Where no process says when it began, a counter that falls
//! has begun anew, as in Prometheus' `increase`.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    Key, SLOTS, Window,
    instance::{Instance, PARTS},
};

/// More series than any deployment has: a hundred gateways with a hundred tools each.
const MAX_SERIES: usize = 50_000;
/// More gateways than a week of rolling updates leaves behind.
const MAX_INSTANCES: usize = 1000;
/// No counter comes to more, and up to here every whole number is one.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// An invalid recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Whatever was read, it is no gateway's.
    #[error("there are more than {MAX_SERIES} series; narrow them down with --match")]
    TooManySeries,
    /// Likewise.
    #[error("there are more than {MAX_INSTANCES} gateways; narrow them down with --match")]
    TooManyInstances,
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
    /// Samples that are no counts: not numbers, negative, or beyond all measure.
    unusable: u64,
}

/// The gateway that was the longest without being looked at in `log-only` mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unseen {
    /// Its name.
    pub(super) gateway: String,
    /// For how long it ran so.
    pub(super) unseen: Duration,
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
        Self { window, longest_gap, instances: BTreeMap::new(), series: 0, sums: BTreeMap::new(), unusable: 0 }
    }

    /// Takes what an instance's process says at `at` about when it began. What it says at a time comes before the counters
    /// of that time.
    ///
    /// # Errors
    /// There are more instances than a deployment can have.
    pub fn started(&mut self, instance: &str, at: Timestamp, start: Timestamp) -> Result<(), RecordingError> {
        if self.window.contains(at) {
            let window = self.window;
            self.instance(instance)?.started(&window, at, start);
        }
        Ok(())
    }

    /// Takes samples of one instance's counter in the order of their times. Samples outside the window, and those that are
    /// no later than what was taken before, change nothing.
    ///
    /// # Errors
    /// There are more series or instances than a deployment can have.
    pub fn observe(
        &mut self,
        instance: &str,
        key: &Key,
        samples: impl IntoIterator<Item = (Timestamp, f64)>,
    ) -> Result<(), RecordingError> {
        let (window, longest_gap) = (self.window, self.longest_gap);
        let has_room = self.series.max(self.sums.len()) < MAX_SERIES;
        let of = self.instance(instance)?;
        let known = of.last.get(key).copied();
        if known.is_none() && !has_room {
            return Err(RecordingError::TooManySeries);
        }
        let (mut last, mut rises, mut unusable) = (known, Vec::new(), 0);
        for (at, value) in samples {
            if !window.contains(at) || last.is_some_and(|(before, _)| at <= before) {
                continue;
            }
            if !(0.0..=MAX_COUNT).contains(&value) {
                unusable += 1;
                continue;
            }
            let began = of.began(last.map(|(before, _)| before), at);
            let has_fallen = last.is_some_and(|(_, count)| value < count);
            if last.is_some() && (began.is_some() || has_fallen) {
                of.restarted(at);
            }
            // Since when it rose, and from where.
            let base = match (began, last) {
                (Some(began), _) => Some((began, 0.0)),
                (None, Some((before, _))) if has_fallen => Some((before, 0.0)),
                (None, last) => last,
            };
            if let Some((from, count)) = base {
                of.rose(&window, key, from..=at, value - count, longest_gap);
                rises.push((at, value - count));
            }
            last = Some((at, value));
        }
        if let Some(last) = last {
            of.last.insert(key.clone(), last);
        }
        self.series += usize::from(known.is_none() && last.is_some());
        self.unusable += unusable;
        let sum = self.sums.entry(key.clone()).or_default();
        rises.into_iter().for_each(|(at, rise)| sum.add(&window, at, rise));
        Ok(())
    }

    fn instance(&mut self, name: &str) -> Result<&mut Instance, RecordingError> {
        if self.instances.len() >= MAX_INSTANCES && !self.instances.contains_key(name) {
            return Err(RecordingError::TooManyInstances);
        }
        Ok(self.instances.entry(name.to_owned()).or_default())
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

    /// For how much of the window a gateway was looked at that evaluated its calls in `log-only` mode, if it had any.
    #[must_use]
    pub fn covered(&self) -> Duration {
        let mut covered = vec![false; PARTS];
        for instance in self.instances.values() {
            for (is_covered, is_evidence) in covered.iter_mut().zip(instance.evidence()) {
                *is_covered |= is_evidence;
            }
        }
        self.parts(covered.into_iter().filter(|is_covered| *is_covered).count())
    }

    /// The gateway of which the least was seen.
    pub(super) fn least_seen(&self) -> Option<Unseen> {
        let unseen = self.instances.iter().map(|(name, instance)| (name, instance.unseen()));
        let (name, parts) = unseen.max_by_key(|(_, parts)| *parts)?;
        Some(Unseen { gateway: name.clone(), unseen: self.parts(parts) })
    }

    fn parts(&self, count: usize) -> Duration {
        self.window.length().mul_f64(count as f64 / PARTS as f64)
    }

    /// Calls that reached their handler without an evaluation.
    pub(super) fn unevaluated(&self) -> f64 {
        self.instances.values().map(Instance::unevaluated_calls).sum()
    }

    /// How many instances there were.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.instances.len()
    }

    /// How often counters began anew.
    #[must_use]
    pub fn restarts(&self) -> usize {
        self.instances.values().map(Instance::restarts).sum()
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
