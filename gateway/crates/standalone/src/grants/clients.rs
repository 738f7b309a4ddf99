//! Programs that registered themselves. Anybody on this machine can register any number, so there is a bound.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{outcome::Unavailable, state::Grants};
use crate::error::StoreError;

/// Registered clients, at most; beyond that, the one that was unused longest goes, but none that has a grant.
const MAX_CLIENTS: i64 = 1000;
/// A client without a grant is forgotten after this time, in seconds.
const UNUSED_FOR: i64 = 30 * 24 * 60 * 60;

/// A program that registered itself. Nothing that it says of itself is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Where codes may go.
    pub redirect_uris: Vec<String>,
    /// Whether it said that it uses refresh tokens.
    pub may_refresh: bool,
}

impl Grants {
    /// Registers a program under a new id. `None` where there is no room: every registered one has a grant.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn register(
        &self,
        name: String,
        redirect_uris: Vec<String>,
        may_refresh: bool,
    ) -> Result<Option<Client>, Unavailable> {
        let client = Client { id: Uuid::new_v4().to_string(), name, redirect_uris, may_refresh };
        let now = self.0.clock.seconds();
        Ok(self.0.store.write(move |db| insert(db, client, now)).await?)
    }

    /// The client of that id.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn client(&self, id: &str) -> Result<Option<Client>, Unavailable> {
        let id = id.to_owned();
        Ok(self.0.store.read(move |db| load(db, id)).await?)
    }
}

fn insert(db: &Connection, client: Client, now: i64) -> Result<Option<Client>, StoreError> {
    let without_grant = "NOT EXISTS (SELECT 1 FROM oauth_grants WHERE client_id = oauth_clients.id)";
    db.execute(&format!("DELETE FROM oauth_clients WHERE used_at < ?1 AND {without_grant}"), [now - UNUSED_FOR])?;
    let count: i64 = db.query_row("SELECT count(*) FROM oauth_clients", [], |row| row.get(0))?;
    if count >= MAX_CLIENTS {
        let oldest = format!(
            "DELETE FROM oauth_clients WHERE id =
                 (SELECT id FROM oauth_clients WHERE {without_grant} ORDER BY used_at, id LIMIT 1)"
        );
        if db.execute(&oldest, [])? == 0 {
            return Ok(None);
        }
    }
    let redirect_uris = serde_json::to_string(&client.redirect_uris).unwrap_or_default();
    let sql = "INSERT INTO oauth_clients (id, name, redirect_uris, may_refresh, used_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.execute(sql, params![client.id, client.name, redirect_uris, client.may_refresh, now])?;
    Ok(Some(client))
}

fn load(db: &Connection, id: String) -> Result<Option<Client>, StoreError> {
    let sql = "SELECT name, redirect_uris, may_refresh FROM oauth_clients WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?));
    let found = db.prepare_cached(sql)?.query_row([&id], read).optional()?;
    Ok(found.map(|(name, redirect_uris, may_refresh)| {
        let redirect_uris = serde_json::from_str(&redirect_uris).unwrap_or_default();
        Client { id, name, redirect_uris, may_refresh }
    }))
}
