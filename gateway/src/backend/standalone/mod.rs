//! Identity and sync in this process, over one SQLite file: what a deployment without services of its own runs on.
//!
//! The routers have the wire behaviour of the real services, quirks included, so that the gateway has one code path.
//! Everything is in `mana.sqlite` in the data folder, with the users' keys wrapped under `mana.key` beside it.

mod accounts;
mod ended_sessions;
mod error;
mod folder;
mod grants;
mod identity;
mod incoming;
mod key_file;
mod log;
mod store;
mod strict;
mod sync;
mod test_mode;
mod tokens;
mod writer;

#[cfg(test)]
mod tests;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use axum::Router;
use zeroize::Zeroizing;

pub use ended_sessions::EndedSessions;
pub use error::StandaloneError;
pub use grants::{
    ACCESS_LIFETIME, BROWSER_KNOWN_FOR, Client, Entry, Grant, Grants, IssuedTokens, NewGrant, Person, Redemption,
    Refreshment, Unavailable, Ungranted,
};
pub use strict::{Manner, Strictness};
pub use test_mode::TestMode;

use self::{
    store::Store,
    strict::Behaviour,
    tokens::{Former, Tokens},
};
use mana_mcp_runtime::space::SpaceType;

/// How long a token lives where nothing else is asked for: as long as the real service's.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The two services, over one data folder. Several processes may open the same folder at the same time.
pub struct Standalone {
    /// The identity service.
    pub identity: Router,
    /// The sync service.
    pub sync: Router,
    store: Arc<Store>,
    tokens: Arc<Tokens>,
    behaviour: Arc<Behaviour>,
}

/// Opens the services of a data folder, which is created where there is none. Tokens name `issuer` as theirs, and only
/// such tokens are accepted.
///
/// # Errors
/// Where the folder or its files cannot be used; the error says what to do. Nothing that is there is overwritten.
pub fn open(data_dir: &Path, issuer: &str) -> Result<Standalone, StandaloneError> {
    let store = Arc::new(Store::open(data_dir)?);
    let tokens = Arc::new(Tokens::open(&store, issuer)?);
    let behaviour = Arc::<Behaviour>::default();
    Ok(Standalone {
        identity: identity::router(Arc::clone(&store), Arc::clone(&tokens), Arc::clone(&behaviour)),
        sync: sync::router(Arc::clone(&store), Arc::clone(&tokens), Arc::clone(&behaviour)),
        store,
        tokens,
        behaviour,
    })
}

/// Whether the folder holds data of the services. Looks, and makes nothing.
#[must_use]
pub fn is_in(data_dir: &Path) -> bool {
    store::is_in(data_dir)
}

impl Standalone {
    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.store.folder()
    }

    /// Makes both services as strict as that from now on.
    pub fn set_strictness(&self, strictness: Strictness) {
        self.behaviour.set(strictness);
    }

    /// The sessions that were ended.
    #[must_use]
    pub fn ended_sessions(&self) -> EndedSessions {
        EndedSessions::new(Arc::clone(&self.store))
    }

    /// What people have granted to programs, with tokens that `issuer` issues from now on.
    #[must_use]
    pub fn grants(&self, issuer: &str) -> Grants {
        self.tokens.also_issue_as(issuer);
        Grants::new(Arc::clone(&self.store), Arc::clone(&self.tokens))
    }

    /// A secret for one purpose, which lives as long as the data folder.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.store.secret(purpose)
    }

    /// A token for the user of that e-mail address. A new user is made, with a personal space.
    ///
    /// # Errors
    /// Where the text is no e-mail address, or the user cannot be stored.
    pub fn issue_token(&self, email: &str, lifetime: Duration) -> Result<String, StandaloneError> {
        let email = accounts::normalised(email)?;
        let user = self.store.write_blocking(move |db| accounts::user_of(db, &email))?;
        self.tokens.issue(&user, self.behaviour.lifetime(lifetime))
    }

    /// Signs tokens with a new key from now on. The former ones stay good, unless they are withdrawn.
    fn rotate_signing_key(&self, former: Former) -> Result<(), StandaloneError> {
        self.tokens.rotate(former).map_err(|_| StandaloneError::NoRandomness)
    }

    /// Gives the user of that e-mail address another master key.
    fn rotate_master_key(&self, email: &str) -> Result<(), StandaloneError> {
        let (email, keys) = (accounts::normalised(email)?, self.store.key_wrap());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            identity::rotate_master_key(db, &keys, &user.id)
        })
    }

    /// A space of that kind, owned by the user, who is made if they are new. Returns its id.
    ///
    /// # Errors
    /// Where the text is no e-mail address, or the space cannot be stored.
    pub fn create_space(&self, owner_email: &str, name: &str, kind: SpaceType) -> Result<String, StandaloneError> {
        let (email, name) = (accounts::normalised(owner_email)?, name.to_owned());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            accounts::create_space(db, &user.id, &name, kind)
        })
    }

    /// Makes a user, new or not, a member of a space.
    ///
    /// # Errors
    /// Where the text is no e-mail address, there is no such space, or it cannot be stored.
    pub fn add_member(&self, space: &str, email: &str, role: &str) -> Result<(), StandaloneError> {
        let (email, space, role) = (accounts::normalised(email)?, space.to_owned(), role.to_owned());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            accounts::add_member(db, &space, &user.id, &role)
        })
    }

    /// Takes a user out of a space.
    #[cfg(test)]
    pub(crate) fn remove_member(&self, space: &str, email: &str) -> Result<(), StandaloneError> {
        let (email, space) = (accounts::normalised(email)?, space.to_owned());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            db.execute("DELETE FROM members WHERE user_id = ?1 AND space_id = ?2", [user.id, space])?;
            Ok(())
        })
    }
}

impl fmt::Debug for Standalone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standalone").field("store", &self.store).finish_non_exhaustive()
    }
}
