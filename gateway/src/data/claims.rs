//! Exclusive claims of a user to one thing of a table: the next place, since two rows that are stored at once would get the
//! same one, or the walk over many bytes. They are apart from the replicas, of which one may be dropped meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use mana_mcp_replica::ReplicaKey;

/// The tables that somebody claims or waits for, or has claimed since a new one came.
#[derive(Debug, Default)]
pub(super) struct Claims(std::sync::Mutex<HashMap<ReplicaKey, Weak<Mutex<()>>>>);

impl Claims {
    /// A claim to that table, once all who asked before have had theirs.
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
    async fn one_at_a_time_has_the_claim_to_a_table() {
        let claims = Claims::default();
        let ada = claims.claim(key("ada")).await;
        let bob = claims.claim(key("bob")).await;
        let next = claims.claim(key("ada"));
        tokio::pin!(next);
        assert!(next.as_mut().now_or_never().is_none());
        drop(bob);
        assert!(next.as_mut().now_or_never().is_none());
        drop(ada);
        drop(next.await);
        // Those that nobody has any more are forgotten as a new one comes.
        let _eve = claims.claim(key("eve")).await;
        assert_eq!(claims.0.lock().unwrap().len(), 1);
    }
}
