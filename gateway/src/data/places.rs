//! Places of new rows, which are the number of rows before them: two rows that are stored at once would have the same one. Who
//! may take the next stands apart from the replicas, of which one may be dropped meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use mana_mcp_replica::ReplicaKey;

/// The tables whose next place somebody claims or waits for, or has claimed since a new one came.
#[derive(Debug, Default)]
pub(super) struct Places(std::sync::Mutex<HashMap<ReplicaKey, Weak<Mutex<()>>>>);

impl Places {
    /// A claim to the next place in that table, once all who asked before have had theirs.
    pub(super) async fn claim(&self, key: ReplicaKey) -> OwnedMutexGuard<()> {
        self.of(key).lock_owned().await
    }

    fn of(&self, key: ReplicaKey) -> Arc<Mutex<()>> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claim) = claims.get(&key).and_then(Weak::upgrade) {
            return claim;
        }
        claims.retain(|_, claim| claim.strong_count() > 0);
        let claim = Arc::default();
        claims.insert(key, Arc::downgrade(&claim));
        claim
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::data::tests::Note;
    use mana_mcp_runtime::rows::Record;

    fn key(user: &str) -> ReplicaKey {
        ReplicaKey::of(user, &Note::TABLE)
    }

    #[tokio::test]
    async fn one_at_a_time_has_the_next_place_of_a_table() {
        let places = Places::default();
        let ada = places.claim(key("ada")).await;
        let bob = places.claim(key("bob")).await;
        let next = places.claim(key("ada"));
        tokio::pin!(next);
        assert!(next.as_mut().now_or_never().is_none());
        drop(bob);
        assert!(next.as_mut().now_or_never().is_none());
        drop(ada);
        drop(next.await);
        // Those that nobody has any more are forgotten as a new one comes.
        let _eve = places.claim(key("eve")).await;
        assert_eq!(places.0.lock().unwrap().len(), 1);
    }
}
