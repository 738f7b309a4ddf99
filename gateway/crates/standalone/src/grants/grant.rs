//! A grant, as the database has it.

use std::collections::BTreeSet;

use mana_mcp_runtime::tool::Effects;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::StoreError;

/// What a person has granted to a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The user's id.
    pub user: String,
    /// The program's id.
    pub client: String,
    /// The name that the program gave itself.
    pub client_name: String,
    /// Where its codes went.
    pub redirect_host: String,
    /// The path of the MCP endpoint that it is for.
    pub endpoint: String,
    /// What tools may do.
    pub effects: Effects,
    /// All where none are named.
    pub modules: Option<BTreeSet<String>>,
    /// Ids; all where none are named.
    pub spaces: Option<BTreeSet<String>>,
    /// When it was given.
    pub granted_at: i64,
    /// When it was last used, to the minute.
    pub used_at: Option<i64>,
}

impl Grant {
    const COLUMNS: &'static str =
        "id, user_id, client_id, client_name, redirect_host, endpoint, scopes, modules, spaces,
        granted_at, used_at";

    /// Whether tokens of both allow the same.
    #[must_use]
    pub fn has_same_rights(&self, other: &Self) -> bool {
        (self.effects, &self.modules, &self.spaces) == (other.effects, &other.modules, &other.spaces)
    }

    /// The grant of that id.
    pub(super) fn load(db: &Connection, id: &str) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {} FROM oauth_grants WHERE id = ?1", Self::COLUMNS);
        Ok(db.prepare_cached(&sql)?.query_row([id], Self::read).optional()?)
    }

    /// The grants of a user that a program has used, the latest first.
    pub(super) fn of_user(db: &Connection, user: &str) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "SELECT {} FROM oauth_grants WHERE user_id = ?1 AND used_at IS NOT NULL ORDER BY used_at DESC, id LIMIT 500",
            Self::COLUMNS
        );
        let mut select = db.prepare(&sql)?;
        Ok(select.query_map([user], Self::read)?.collect::<rusqlite::Result<_>>()?)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user: row.get(1)?,
            client: row.get(2)?,
            client_name: row.get(3)?,
            redirect_host: row.get(4)?,
            endpoint: row.get(5)?,
            effects: Effects::of_scopes(&row.get::<_, String>(6)?),
            modules: list(row.get(7)?),
            spaces: list(row.get(8)?),
            granted_at: row.get(9)?,
            used_at: row.get(10)?,
        })
    }
}

/// A list that is not there is of all; one that cannot be read is of nothing.
fn list(json: Option<String>) -> Option<BTreeSet<String>> {
    json.map(|json| serde_json::from_str(&json).unwrap_or_default())
}

/// Removes a grant, with all that stands on it.
pub(super) fn end(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.execute("DELETE FROM oauth_refresh_tokens WHERE grant_id = ?1", [id])?;
    db.execute("DELETE FROM oauth_grants WHERE id = ?1", [id])?;
    Ok(())
}
