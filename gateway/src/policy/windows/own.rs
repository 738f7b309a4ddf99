//! Windows in this process's memory.

use std::{
    collections::{HashSet, VecDeque},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;
use mana_mcp_runtime::tool::ToolId;

use crate::{
    auth::UserId,
    policy::rules::Rate,
    telemetry::{Evicted, Metrics},
};

/// How far back a call counts.
pub const WINDOW: Duration = Duration::from_secs(60);
/// How many (user, tool) windows are kept; beyond it the least recently used one goes, which can only forget calls.
const MAX_WINDOWS: usize = 100_000;
/// Windows that are looked at when a new one comes: those without calls that still count go.
const LOOKED_AT: usize = 4;

/// The windows of this process, by their last use.
#[derive(Debug)]
pub(super) struct OwnWindows {
    kept: Mutex<LruCache<(UserId, ToolId), Calls>>,
    most: usize,
    metrics: Arc<Metrics>,
}

/// The calls that still count, oldest first.
#[derive(Debug, Default)]
pub(super) struct Calls(VecDeque<Noted>);

/// A call that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    /// A random id, under which Redis notes it too; 0 where there is no Redis.
    pub(super) id: u64,
    pub(super) at: Instant,
    /// The connection to Redis that has it; 0 for none.
    pub(super) told: u64,
}

impl OwnWindows {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Self {
        Self::with_most(MAX_WINDOWS, metrics)
    }

    fn with_most(most: usize, metrics: &Arc<Metrics>) -> Self {
        Self { kept: Mutex::new(LruCache::unbounded()), most, metrics: Arc::clone(metrics) }
    }

    /// Works on the user's calls of that tool that count at that time, alone.
    pub(super) fn with<T>(&self, user: &UserId, tool: ToolId, now: Instant, work: impl FnOnce(&mut Calls) -> T) -> T {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (user.clone(), tool);
        if let Some(calls) = kept.get_mut(&key) {
            calls.forget(now);
            return work(calls);
        }
        for _ in 0..LOOKED_AT {
            let Some((key, mut calls)) = kept.pop_lru() else { break };
            calls.forget(now);
            if !calls.0.is_empty() {
                kept.put(key.clone(), calls);
                kept.demote(&key);
                break;
            }
        }
        if kept.len() >= self.most && kept.pop_lru().is_some() {
            self.metrics.evicted(Evicted::RateWindow);
        }
        work(kept.get_or_insert_mut(key, Calls::default))
    }
}

impl Calls {
    /// Admits and notes a call, unless as many as the limit count already.
    pub(super) fn admit(&mut self, id: u64, limit: NonZeroU32, now: Instant) -> Rate {
        match self.0.len().checked_sub(limit.get() as usize).and_then(|over| self.0.get(over)) {
            Some(Noted { at, .. }) => {
                Rate::Exceeded { retry_after: WINDOW.saturating_sub(now.saturating_duration_since(*at)) }
            }
            None => {
                self.0.push_back(Noted { id, at: now, told: 0 });
                Rate::Admitted
            }
        }
    }

    /// The latest calls that this connection to Redis does not know, `most` at the most.
    pub(super) fn untold(&self, connection: u64, most: usize) -> Vec<Noted> {
        self.0.iter().rev().filter(|call| call.told != connection).take(most).copied().collect()
    }

    /// Notes that this connection has these calls.
    pub(super) fn note_told(&mut self, told: &[Noted], connection: u64) {
        let told: HashSet<u64> = told.iter().map(|call| call.id).collect();
        for call in self.0.iter_mut().filter(|call| told.contains(&call.id)) {
            call.told = connection;
        }
    }

    /// Notes a call that Redis admitted. No more than the limit are kept: others would change nothing.
    pub(super) fn note_admitted(&mut self, id: u64, connection: u64, limit: NonZeroU32, now: Instant) {
        if self.0.len() >= limit.get() as usize {
            self.0.pop_front();
        }
        self.0.push_back(Noted { id, at: now, told: connection });
    }

    /// Notes further places of a call, which no Redis knows yet. No more than the limit are kept.
    pub(super) fn note_weight(&mut self, places: u32, limit: NonZeroU32, now: Instant) {
        self.0.extend((0..places).map(|_| Noted { id: rand::random(), at: now, told: 0 }));
        let over = self.0.len().saturating_sub(limit.get() as usize);
        self.0.drain(..over);
    }

    /// Forgets calls that do not count any more.
    fn forget(&mut self, now: Instant) {
        while self.0.front().is_some_and(|oldest| now.saturating_duration_since(oldest.at) >= WINDOW) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
