//! One gateway within the window: since when it ran, when somebody looked, and in which mode it decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Bound, RangeInclusive},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{Key, Window};

/// Parts of the window of which each is evidence or not.
pub(super) const PARTS: usize = 2048;
/// Restarts that are told apart; more are no soak.
const MAX_RESTARTS: usize = 10_000;
/// By how much the gateway's clock, which says when it began, may differ from that of its scraper.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// The time at which a process began is computed from the machine's clock, and moves when that is set.
const JITTER: SignedDuration = SignedDuration::from_secs(2);

/// Its counters, and what its time was worth.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) last: BTreeMap<Key, (Timestamp, f64)>,
    /// When its start was last told, and which it was.
    told: Option<(Timestamp, Timestamp)>,
    /// Where a process was seen for the first time: when it began. Only of processes that began within the window.
    starts: BTreeMap<Timestamp, Timestamp>,
    restarts: BTreeSet<Timestamp>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Default)]
struct Part {
    /// The process ran.
    lived: bool,
    /// Somebody looked before and after.
    watched: bool,
    /// Evaluations in `log-only` mode, and in `enforce`.
    soaked: f64,
    enforced: f64,
    /// Calls that reached their handler.
    handled: f64,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            last: BTreeMap::new(),
            told: None,
            starts: BTreeMap::new(),
            restarts: BTreeSet::new(),
            parts: vec![Part::default(); PARTS],
        }
    }
}

impl Instance {
    /// At `at` its process said that it began at `start`.
    pub(super) fn started(&mut self, window: &Window, at: Timestamp, start: Timestamp) {
        let is_new = match self.told {
            Some((before, _)) if at <= before => return,
            Some((_, known)) => start.duration_since(known).abs() > JITTER,
            None => start > window.start(),
        };
        // What is yet to begin is a clock that was set.
        let is_credible = start.duration_since(at) <= SKEW;
        if is_new && is_credible && self.starts.len() < MAX_RESTARTS {
            self.starts.insert(at, start.min(at));
        }
        let from = self.told.map_or(start, |(before, _)| before.max(start)).min(at);
        self.each(window, from..=at, |part| part.lived = true);
        self.told = Some((at, start));
    }

    /// When the process began that is seen at `at`, where that is after `before`, or within the window where nothing was
    /// seen before.
    pub(super) fn began(&self, before: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
        let since = before.map_or(Bound::Unbounded, Bound::Excluded);
        let (_, start) = self.starts.range((since, Bound::Included(at))).next_back()?;
        match before {
            // Another time for the same process.
            Some(before) if start.duration_since(before) <= -SKEW => None,
            Some(before) => Some((*start).max(before)),
            None => Some(*start),
        }
    }

    /// Its counters began anew.
    pub(super) fn restarted(&mut self, at: Timestamp) {
        if self.restarts.len() < MAX_RESTARTS {
            self.restarts.insert(at);
        }
    }

    pub(super) fn restarts(&self) -> usize {
        self.restarts.len()
    }

    /// Between two moments a counter rose; where they lie further apart than `longest_gap`, nobody looked.
    pub(super) fn rose(
        &mut self,
        window: &Window,
        key: &Key,
        span: RangeInclusive<Timestamp>,
        rise: f64,
        longest_gap: Duration,
    ) {
        let (from, at) = (*span.start(), *span.end());
        let is_watched = at.duration_since(from).unsigned_abs() <= longest_gap;
        self.each(window, span, |part| {
            part.lived = true;
            part.watched |= is_watched;
        });
        let Some(part) = self.parts.get_mut(window.part(at, PARTS)) else { return };
        match key {
            Key::Decision { mode, .. } => match mode.as_str() {
                "log-only" => part.soaked += rise,
                "enforce" => part.enforced += rise,
                _ => {}
            },
            Key::Invocation { outcome, .. } if outcome.as_str() != "input-invalid" => part.handled += rise,
            Key::Invocation { .. } => {}
        }
    }

    fn each(&mut self, window: &Window, span: RangeInclusive<Timestamp>, change: impl FnMut(&mut Part)) {
        let (from, to) = (window.part(*span.start(), PARTS), window.part(*span.end(), PARTS));
        self.parts.get_mut(from..=to).unwrap_or_default().iter_mut().for_each(change);
    }

    /// In each part, calls that ran without an evaluation.
    fn unevaluated(&self) -> impl Iterator<Item = f64> {
        // A call is evaluated first and counted when it has ended, which may be in the next part that has calls.
        let mut ahead = 0.0;
        self.parts.iter().map(move |part| {
            let evaluated = part.soaked + part.enforced;
            if evaluated + part.handled <= 0.0 {
                return 0.0;
            }
            let unevaluated = (part.handled - evaluated - ahead).max(0.0);
            ahead = (evaluated - part.handled).max(0.0);
            unevaluated
        })
    }

    /// Calls that ran without an evaluation.
    pub(super) fn unevaluated_calls(&self) -> f64 {
        self.unevaluated().sum()
    }

    /// For each part, whether it is evidence: somebody looked, and what was called was evaluated in `log-only` mode. A time
    /// without calls tells nothing about the mode, and is worth what its neighbours are.
    pub(super) fn evidence(&self) -> Vec<bool> {
        let modes: Vec<Option<bool>> = self
            .parts
            .iter()
            .zip(self.unevaluated())
            .map(|(part, unevaluated)| match part.enforced + unevaluated {
                others if others > part.soaked => Some(false),
                _ if part.soaked > 0.0 => Some(true),
                _ => None,
            })
            .collect();
        let mut evidence: Vec<bool> = self.parts.iter().map(|part| part.watched).collect();
        let mut is_soaking = true;
        for (is_evidence, mode) in evidence.iter_mut().zip(&modes) {
            is_soaking = mode.unwrap_or(is_soaking);
            *is_evidence &= is_soaking;
        }
        is_soaking = true;
        for (is_evidence, mode) in evidence.iter_mut().zip(&modes).rev() {
            is_soaking = mode.unwrap_or(is_soaking);
            *is_evidence &= is_soaking;
        }
        evidence
    }

    /// In how many parts it ran without being evidence.
    pub(super) fn unseen(&self) -> usize {
        let evidence = self.evidence();
        self.parts.iter().zip(evidence).filter(|(part, is_evidence)| part.lived && !is_evidence).count()
    }
}
