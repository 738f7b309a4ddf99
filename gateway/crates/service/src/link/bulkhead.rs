//! A bulkhead: how many calls may be at one thing, and how many may wait for it, so that a service that hangs holds no more
//! than its share of the process.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::{
    budget::{Budget, Share, Shed},
    permits::Load,
};

/// Permits to be at one thing, and a bounded queue before it.
#[derive(Debug)]
pub struct Bulkhead {
    /// Those at work and those who wait.
    room: Budget<()>,
    turns: Arc<Semaphore>,
    patience: Duration,
}

/// A permit, held while at work.
#[derive(Debug)]
pub struct Permit {
    _room: Share<()>,
    _turn: OwnedSemaphorePermit,
}

impl Bulkhead {
    /// A bulkhead with this many permits, and room for this many who wait for one, each for `patience` at most.
    #[must_use]
    pub fn new(permits: usize, waiting: usize, patience: Duration) -> Self {
        let room = permits.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let turns = Arc::new(Semaphore::new(permits.min(room)));
        Self { room: Budget::new(room, room, Shed::default()), turns, patience }
    }

    /// How full it is: those at work and those who wait.
    #[must_use]
    pub fn load(&self) -> Load {
        self.room.load()
    }

    /// A permit. `None` where the queue is full, or none becomes free in time.
    pub async fn acquire(&self) -> Option<Permit> {
        let room = self.room.take(&(), 1).ok()?;
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await.ok()?.ok()?;
        Some(Permit { _room: room, _turn: turn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn permits_and_queue_are_bounded_and_come_back() {
        let bulkhead = Bulkhead::new(2, 1, Duration::from_millis(20));
        let (one, two) = (bulkhead.acquire().await.unwrap(), bulkhead.acquire().await.unwrap());
        // The third waits and goes; while it waits there is no room for a fourth.
        let (third, fourth) = tokio::join!(bulkhead.acquire(), bulkhead.acquire());
        assert!(third.is_none() && fourth.is_none());
        let waiting = async {
            tokio::task::yield_now().await;
            drop(one);
        };
        let (third, ()) = tokio::join!(bulkhead.acquire(), waiting);
        assert!(third.is_some());
        drop((two, third));
        let all = [bulkhead.acquire().await, bulkhead.acquire().await];
        assert!(all.iter().all(Option::is_some));
    }
}
