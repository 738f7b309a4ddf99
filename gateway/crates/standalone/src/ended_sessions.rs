//! Sessions that their users ended, kept in the database so that a restart does not bring them back.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, params};

use super::{
    clock::{seconds, since_epoch},
    error::{StandaloneError, StoreError},
    store::Store,
};

/// An id of 16 bytes: of a session, or of its owner.
pub(crate) type Id = [u8; 16];

/// The ended sessions of a data folder.
#[derive(Debug)]
pub struct EndedSessions {
    store: Arc<Store>,
}

impl EndedSessions {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Every session that ended within that time, by owner and oldest first, and how long ago.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn load(&self, kept_for: Duration) -> Result<Vec<(Id, Id, Duration)>, StandaloneError> {
        let now = seconds(since_epoch());
        let oldest = now.saturating_sub(seconds(kept_for));
        self.store.write_blocking(move |db| {
            db.execute("DELETE FROM ended_sessions WHERE ended_at <= ?1", [oldest])?;
            let mut select = db.prepare("SELECT owner, id, ended_at FROM ended_sessions ORDER BY owner, ended_at")?;
            let rows = select.query_map([], |row| {
                let ago: i64 = now.saturating_sub(row.get(2)?);
                Ok((row.get(0)?, row.get(1)?, Duration::from_secs(ago.max(0).unsigned_abs())))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Keeps the end of a session; of each owner, the latest `most`. A failure is for the operator alone, and the store has
    /// noted it: the end counts in this process.
    pub async fn keep(&self, owner: Id, id: Id, most: usize) {
        let _ = self.store.write(move |db| insert(db, owner, id, most)).await;
    }
}

fn insert(db: &Connection, owner: Id, id: Id, most: usize) -> Result<(), StoreError> {
    db.execute("INSERT OR IGNORE INTO ended_sessions VALUES (?1, ?2, ?3)", params![owner, id, seconds(since_epoch())])?;
    let surplus = "DELETE FROM ended_sessions WHERE owner = ?1 AND id IN
        (SELECT id FROM ended_sessions WHERE owner = ?1 ORDER BY ended_at DESC LIMIT -1 OFFSET ?2)";
    db.execute(surplus, params![owner, i64::try_from(most).unwrap_or(i64::MAX)])?;
    Ok(())
}
