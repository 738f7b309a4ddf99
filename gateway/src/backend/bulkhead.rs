//! A bulkhead: how many calls may be at one thing, and how many may wait for it, so that a service that hangs holds no more
//! than its share of the process.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places at one thing, and a bounded queue before it.
#[derive(Debug)]
pub(crate) struct Bulkhead {
    /// Those at work and those who wait.
    room: Arc<Semaphore>,
    places: Arc<Semaphore>,
    patience: Duration,
    size: usize,
}

/// How full a bulkhead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Those at work and those who wait.
    pub taken: usize,
    /// How many of them there may be.
    pub limit: usize,
}

/// A place, held while at work.
#[derive(Debug)]
pub(crate) struct Place {
    _room: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Bulkhead {
    /// A bulkhead with this many places, and room for this many who wait for one, each for `patience` at most.
    pub(crate) fn new(places: usize, waiting: usize, patience: Duration) -> Self {
        let room = places.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let size = room;
        let [room, places] = [room, places.min(room)].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { room, places, patience, size }
    }

    /// How full it is.
    pub(crate) fn load(&self) -> Load {
        Load { taken: self.size.saturating_sub(self.room.available_permits()), limit: self.size }
    }

    /// A place. `None` where the queue is full, or none becomes free in time.
    pub(crate) async fn enter(&self) -> Option<Place> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let place = tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()?;
        Some(Place { _room: room, _place: place })
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
