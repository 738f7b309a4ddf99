//! Turns to store a row that has the number of rows in it: two at once would store the same number. They stand apart from the
//! replicas, of which one may be dropped while somebody has his turn.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::lru::ReplicaKey;

/// The tables whose turn somebody has or waits for, or has had since a new one came.
#[derive(Debug, Default)]
pub(super) struct Turns(std::sync::Mutex<HashMap<ReplicaKey, Weak<Mutex<()>>>>);

impl Turns {
    /// A turn at that table, once all who asked before have had theirs.
    pub(super) async fn next(&self, key: ReplicaKey) -> OwnedMutexGuard<()> {
        self.of(key).lock_owned().await
    }

    fn of(&self, key: ReplicaKey) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::data::{Record, tests::Note};

    fn key(user: &str) -> ReplicaKey {
        ReplicaKey::of(user, &Note::TABLE)
    }

    #[tokio::test]
    async fn one_at_a_time_has_the_turn_at_a_table() {
        let turns = Turns::default();
        let ada = turns.next(key("ada")).await;
        let bob = turns.next(key("bob")).await;
        let next = turns.next(key("ada"));
        tokio::pin!(next);
        assert!(next.as_mut().now_or_never().is_none());
        drop(bob);
        assert!(next.as_mut().now_or_never().is_none());
        drop(ada);
        drop(next.await);
        // Those that nobody has any more are forgotten as a new one comes.
        let _eve = turns.next(key("eve")).await;
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
