//! What people have granted to programs: registered clients, authorization codes, grants, refresh tokens, and the browsers
//! in which a person has proven to be there. Secrets are stored as digests.
//!
//! Codes and refresh tokens are used in the writer's transactions, so that of two uses at once one is the first.

mod clients;
mod codes;
mod people;
mod refresh;

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use moka::future::Cache;
use rand::{TryRng, rngs::SysRng};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use zeroize::Zeroizing;

pub use clients::Client;
pub use codes::{NewGrant, Redemption};
pub use people::{BROWSER_KNOWN_FOR, Entry, Person};
pub use refresh::Refreshment;

use super::{
    error::{StandaloneError, StoreError},
    store::Store,
    tokens::{GrantedToken, Tokens},
};
use crate::auth::{Effects, unix_now};

/// How long an access token lives.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A grant that another process ended is refused after this time at the latest.
const FRESH_FOR: Duration = Duration::from_secs(3);
/// The last use of a grant is noted this often, in seconds.
const USE_NOTED_EVERY: i64 = 60;
const MAX_REMEMBERED: u64 = 10_000;

/// Made where it is missing, in databases of earlier releases too; they do not look at it. Times are in seconds since the
/// Unix epoch; lists are JSON.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    may_refresh INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    redirect_host TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    modules TEXT,
    spaces TEXT,
    granted_at INTEGER NOT NULL,
    -- Null until the code is redeemed.
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oauth_grants_by_client ON oauth_grants (client_id);
CREATE TABLE IF NOT EXISTS oauth_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    refreshes INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    redeemed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_refresh_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    replaced_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oauth_refresh_tokens_by_grant ON oauth_refresh_tokens (grant_id);
CREATE TABLE IF NOT EXISTS oauth_entry_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_browsers (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The grants of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Grants(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    tokens: Arc<Tokens>,
    /// From which refresh tokens follow.
    secret: Zeroizing<[u8; 32]>,
    /// By id; nothing where a grant has ended.
    current: Cache<String, Option<Arc<Grant>>>,
    attempts: people::Attempts,
    /// Wakes those who wait for a person to enter.
    entered: Notify,
    clock: Clock,
}

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

/// Tokens for a program.
pub struct IssuedTokens {
    /// The access token.
    pub access: String,
    /// The refresh token, where the program gets one.
    pub refresh: Option<String>,
    /// What the access token is good for.
    pub effects: Effects,
}

/// Why no token is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ungranted {
    /// The code or the refresh token is unknown, used, expired, another client's, or does not fit what it was issued for.
    InvalidGrant,
    /// More is asked for than was granted.
    InvalidScope,
    /// It was granted for another endpoint.
    InvalidTarget,
}

/// Why a request about grants failed.
#[derive(Debug, thiserror::Error)]
#[error("the standalone services' database cannot be used now")]
pub struct Unavailable;

impl From<StoreError> for Unavailable {
    /// The store has told the operator.
    fn from(_: StoreError) -> Self {
        Self
    }
}

/// The time, which tests move.
#[derive(Debug, Default)]
struct Clock {
    #[cfg(test)]
    ahead: std::sync::atomic::AtomicI64,
}

impl Clock {
    fn now(&self) -> i64 {
        let now = i64::try_from(unix_now()).unwrap_or(i64::MAX);
        #[cfg(test)]
        let now = now + self.ahead.load(std::sync::atomic::Ordering::Relaxed);
        now
    }
}

#[cfg(test)]
impl Grants {
    /// Moves the clock, in seconds.
    pub(crate) fn advance(&self, by: i64) {
        self.0.clock.ahead.fetch_add(by, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Grants {
    pub(super) fn new(store: Arc<Store>, tokens: Arc<Tokens>) -> Self {
        let secret = store.secret("mana-mcp refresh tokens");
        let current = Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(FRESH_FOR).build();
        let (attempts, entered, clock) = Default::default();
        Self(Arc::new(Inner { store, tokens, secret, current, attempts, entered, clock }))
    }

    /// The grant of that id, unless it has ended.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn current(&self, id: &str) -> Result<Option<Arc<Grant>>, Unavailable> {
        if let Some(known) = self.0.current.get(id).await {
            return Ok(known);
        }
        let load = async {
            let wanted = id.to_owned();
            let grant = self.0.store.read(move |db| Grant::load(db, &wanted)).await?;
            self.note_use(grant.as_ref());
            Ok::<_, StoreError>(grant.map(Arc::new))
        };
        self.0.current.try_get_with_by_ref(id, load).await.map_err(|_| Unavailable)
    }

    /// The grants of a user that a program has used, the latest first.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn of_user(&self, user: &str) -> Result<Vec<Grant>, Unavailable> {
        let user = user.to_owned();
        Ok(self.0.store.read(move |db| Grant::of_user(db, &user)).await?)
    }

    /// Ends a grant of the user: its tokens are refused from now on.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn end(&self, user: &str, id: &str) -> Result<(), Unavailable> {
        let (user, wanted) = (user.to_owned(), id.to_owned());
        let ended = self.0.store.write(move |db| {
            let is_theirs = Grant::load(db, &wanted)?.is_some_and(|grant| grant.user == user);
            if is_theirs { end(db, &wanted).map(Some) } else { Ok(None) }
        });
        if ended.await?.is_some() {
            self.forget(id).await;
        }
        Ok(())
    }

    /// Ends the grant that a refresh token or an access token stands on, if it is that client's.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn revoke(&self, token: &str, client: &str) -> Result<(), Unavailable> {
        let (digest, client) = (digest(token), client.to_owned());
        let of_access = self.0.tokens.grant_of(token);
        let ended = self.0.store.write(move |db| {
            let sql = "SELECT grant_id FROM oauth_refresh_tokens WHERE digest = ?1";
            let of_refresh = db.query_row(sql, [digest], |row| row.get(0)).optional()?;
            let Some(id) = of_refresh.or(of_access) else { return Ok(None) };
            let is_theirs = Grant::load(db, &id)?.is_some_and(|grant| grant.client == client);
            if !is_theirs {
                return Ok(None);
            }
            end(db, &id)?;
            Ok(Some(id))
        });
        if let Some(id) = ended.await? {
            self.forget(&id).await;
        }
        Ok(())
    }

    /// A grant has ended in the database: nobody here goes by an earlier look at it.
    async fn forget(&self, id: &str) {
        self.0.current.insert(id.to_owned(), None).await;
    }

    /// Notes that a grant is used, where the last note is old.
    fn note_use(&self, grant: Option<&Grant>) {
        let now = self.0.clock.now();
        let Some(grant) = grant.filter(|grant| grant.used_at.is_none_or(|at| now - at >= USE_NOTED_EVERY)) else {
            return;
        };
        let (store, id) = (Arc::clone(&self.0.store), grant.id.clone());
        tokio::spawn(async move {
            let note = move |db: &Connection| {
                db.execute("UPDATE oauth_grants SET used_at = ?2 WHERE id = ?1", params![id, now])?;
                Ok(())
            };
            // A failure is for the operator alone, and the store has noted it.
            let _ = store.write(note).await;
        });
    }

    /// An access token for what is left of a grant after `effects`.
    fn access_token(&self, grant: &Grant, email: &str, effects: Effects) -> Result<String, StoreError> {
        let token = GrantedToken {
            user: &grant.user,
            email,
            grant: &grant.id,
            client: &grant.client,
            endpoint: &grant.endpoint,
            effects,
        };
        self.0.tokens.issue_granted(&token, ACCESS_LIFETIME).map_err(|_: StandaloneError| StoreError::Closed)
    }
}

impl Grant {
    const COLUMNS: &'static str =
        "id, user_id, client_id, client_name, redirect_host, endpoint, scopes, modules, spaces,
        granted_at, used_at";

    /// Whether tokens of both allow the same.
    pub(crate) fn has_same_rights(&self, other: &Self) -> bool {
        (self.effects, &self.modules, &self.spaces) == (other.effects, &other.modules, &other.spaces)
    }

    fn load(db: &Connection, id: &str) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {} FROM oauth_grants WHERE id = ?1", Self::COLUMNS);
        Ok(db.prepare_cached(&sql)?.query_row([id], Self::read).optional()?)
    }

    fn of_user(db: &Connection, user: &str) -> Result<Vec<Self>, StoreError> {
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
fn end(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.execute("DELETE FROM oauth_refresh_tokens WHERE grant_id = ?1", [id])?;
    db.execute("DELETE FROM oauth_grants WHERE id = ?1", [id])?;
    Ok(())
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A text that nobody guesses.
fn random_secret() -> Result<String, StoreError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(bytes.as_mut_slice()).map_err(|_| StoreError::NoRandomness)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedTokens").field("effects", &self.effects).finish_non_exhaustive()
    }
}
