//! A bulkhead: how many calls may be at one thing, and how many may wait for it, so that a service that hangs holds no more
//! than its share of the process.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::{
    budget::{Budget, Share, Shed},
    places::Load,
};

/// Places at one thing, and a bounded queue before it.
#[derive(Debug)]
pub struct Bulkhead {
    /// Those at work and those who wait.
    room: Budget<()>,
    turns: Arc<Semaphore>,
    patience: Duration,
}

/// A place, held while at work.
#[derive(Debug)]
pub struct Place {
    _room: Share<()>,
    _turn: OwnedSemaphorePermit,
}

impl Bulkhead {
    /// A bulkhead with this many places, and room for this many who wait for one, each for `patience` at most.
    #[must_use]
    pub fn new(places: usize, waiting: usize, patience: Duration) -> Self {
        let room = places.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let turns = Arc::new(Semaphore::new(places.min(room)));
        Self { room: Budget::new(room, room, Shed::default()), turns, patience }
    }

    /// How full it is: those at work and those who wait.
    #[must_use]
    pub fn load(&self) -> Load {
        self.room.load()
    }

    /// A place. `None` where the queue is full, or none becomes free in time.
    pub async fn enter(&self) -> Option<Place> {
        let room = self.room.take(&(), 1).ok()?;
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await.ok()?.ok()?;
        Some(Place { _room: room, _turn: turn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_and_queue_are_bounded_and_come_back() {
        let bulkhead = Bulkhead::new(2, 1, Duration::from_millis(20));
        let (one, two) = (bulkhead.enter().await.unwrap(), bulkhead.enter().await.unwrap());
        // The third waits and goes; while it waits there is no room for a fourth.
        let (third, fourth) = tokio::join!(bulkhead.enter(), bulkhead.enter());
        assert!(third.is_none() && fourth.is_none());
        let waiting = async {
            tokio::task::yield_now().await;
            drop(one);
        };
        let (third, ()) = tokio::join!(bulkhead.enter(), waiting);
        assert!(third.is_some());
        drop((two, third));
        let all = [bulkhead.enter().await, bulkhead.enter().await];
        assert!(all.iter().all(Option::is_some));
    }
}
