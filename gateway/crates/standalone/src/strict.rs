//! How strictly the services behave. Plain standalone use is lenient where a deployment's services are not; a strict pair
//! refuses what those refuse, so that a gateway which works with it works with them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use http::HeaderMap;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    accounts::{self, Membership},
    clock::{Clock, microseconds},
    error::StoreError,
    tokens::TOKEN_LIFETIME,
};

/// How long the sync service goes by the memberships that it knows. A user who joins a space gets its older rows after that,
/// and nothing in an answer shows that they were left out.
const MEMBERSHIPS_KEPT_FOR: Duration = Duration::from_secs(300);

/// How strictly the services behave.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Strictness {
    /// Whether they behave as a deployment's do.
    pub manner: Manner,
    /// A path at which bearers of a token get the list of spaces, besides its usual one.
    pub spaces_path: Option<String>,
    /// The key for the memberships of any user. Without one, nobody gets them.
    pub service_key: Option<String>,
}

/// Whose behaviour the services have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manner {
    /// Bearers of a token may read the list of spaces, which has roles. Members see a space's rows at once.
    #[default]
    Lenient,
    /// The list of spaces is for the browser's cookie alone, has metadata as text and no roles. Tokens live 15 minutes.
    /// The sync service keeps memberships for five minutes.
    Strict,
}

/// The manner of both services, with what they remember for it.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    rules: RwLock<Strictness>,
    /// Metadata of spaces, instead of what their kind would be.
    metadata: Mutex<HashMap<String, Value>>,
    /// By user.
    memberships: Mutex<HashMap<String, Memberships>>,
    /// The clock of memberships.
    clock: Clock,
}

/// A user's spaces, as they were at some time.
#[derive(Debug)]
struct Memberships {
    /// In microseconds since 1970.
    read_at: i64,
    spaces: Arc<[String]>,
}

impl Behaviour {
    pub(super) fn set(&self, rules: Strictness) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    fn rules(&self) -> RwLockReadGuard<'_, Strictness> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_strict(&self) -> bool {
        self.rules().manner == Manner::Strict
    }

    /// Whether bearers of a token get the list of spaces at that path; `usual` is its own.
    pub(super) fn lists_at(&self, path: &str, usual: &str) -> bool {
        let rules = self.rules();
        rules.spaces_path.as_deref() == Some(path) || (path == usual && rules.manner == Manner::Lenient)
    }

    /// Whether the headers carry the key for memberships.
    pub(super) fn takes_key(&self, headers: &HeaderMap) -> bool {
        let given = headers.get("x-service-key").map(http::HeaderValue::as_bytes);
        given.is_some() && given == self.rules().service_key.as_deref().map(str::as_bytes)
    }

    pub(super) fn set_metadata(&self, space: String, metadata: Value) {
        self.metadata.lock().unwrap_or_else(PoisonError::into_inner).insert(space, metadata);
    }

    /// A space as the list has it.
    pub(super) fn listed(&self, membership: Membership) -> Value {
        let Membership { space, name, slug, kind, role } = membership;
        let set = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).get(&space).cloned();
        let metadata = json!({ "type": kind });
        if self.is_strict() {
            let metadata = set.unwrap_or_else(|| metadata.to_string().into());
            return json!({ "id": space, "name": name, "slug": slug, "metadata": metadata });
        }
        // As on the wire of the real service, some spaces have their metadata as a string of JSON.
        let plain = if kind == "personal" { metadata } else { metadata.to_string().into() };
        json!({ "id": space, "name": name, "slug": slug, "metadata": set.unwrap_or(plain), "role": role })
    }

    /// How long a token lives for which so long is asked.
    pub(super) fn lifetime(&self, asked: Duration) -> Duration {
        if self.is_strict() { asked.min(TOKEN_LIFETIME) } else { asked }
    }

    /// Moves the clock of memberships.
    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The spaces whose rows the user may read now.
    pub(super) fn readable_spaces(&self, db: &Connection, user: &str) -> Result<Arc<[String]>, StoreError> {
        let read = || Ok(accounts::memberships(db, user)?.into_iter().map(|member| member.space).collect());
        if !self.is_strict() {
            return read();
        }
        let now = self.clock.microseconds();
        let mut known = self.memberships.lock().unwrap_or_else(PoisonError::into_inner);
        let kept_for = microseconds(MEMBERSHIPS_KEPT_FOR);
        if let Some(Memberships { read_at, spaces }) = known.get(user)
            && now.saturating_sub(*read_at) < kept_for
        {
            return Ok(Arc::clone(spaces));
        }
        let spaces: Arc<[String]> = read()?;
        known.insert(user.to_owned(), Memberships { read_at: now, spaces: Arc::clone(&spaces) });
        Ok(spaces)
    }
}
