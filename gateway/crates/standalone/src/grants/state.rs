//! The grants of a data folder: which are current, and how they end.

use std::{fmt, sync::Arc, time::Duration};

use mana_mcp_runtime::tool::Effects;
use moka::future::Cache;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::{
    attempts::Attempts,
    grant::{self, Grant},
    outcome::Unavailable,
    secret::digest,
};
use crate::{
    clock::Clock,
    error::{StandaloneError, StoreError},
    store::Store,
    tokens::{GrantedToken, Tokens},
};

/// How long an access token lives.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A grant that another process ended is refused after this time at the latest.
const FRESH_FOR: Duration = Duration::from_secs(3);
/// The last use of a grant is noted this often, in seconds.
const USE_NOTED_EVERY: i64 = 60;
const MAX_REMEMBERED: u64 = 10_000;

/// The grants of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Grants(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<Store>,
    tokens: Arc<Tokens>,
    /// From which refresh tokens follow.
    pub(super) secret: Zeroizing<[u8; 32]>,
    /// By id; nothing where a grant has ended.
    current: Cache<String, Option<Arc<Grant>>>,
    pub(super) attempts: Attempts,
    /// Wakes those who wait for a person to enter.
    pub(super) entered: Notify,
    pub(super) clock: Clock,
}

impl Grants {
    pub(crate) fn new(store: Arc<Store>, tokens: Arc<Tokens>) -> Self {
        let secret = store.secret("mana-mcp refresh tokens");
        let current = Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(FRESH_FOR).build();
        let (attempts, entered, clock) = Default::default();
        Self(Arc::new(Inner { store, tokens, secret, current, attempts, entered, clock }))
    }

    /// The clock by which grants, codes and tokens end.
    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
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
            if is_theirs { grant::end(db, &wanted).map(Some) } else { Ok(None) }
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
            grant::end(db, &id)?;
            Ok(Some(id))
        });
        if let Some(id) = ended.await? {
            self.forget(&id).await;
        }
        Ok(())
    }

    /// A grant has ended in the database: nobody here goes by an earlier look at it.
    pub(super) async fn forget(&self, id: &str) {
        self.0.current.insert(id.to_owned(), None).await;
    }

    /// Notes that a grant is used, where the last note is old.
    fn note_use(&self, grant: Option<&Grant>) {
        let now = self.0.clock.seconds();
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
    pub(super) fn access_token(&self, grant: &Grant, email: &str, effects: Effects) -> Result<String, StoreError> {
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

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}
