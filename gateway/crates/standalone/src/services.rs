//! Both services over one data folder.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use axum::Router;
use zeroize::Zeroizing;

use super::{
    accounts,
    ended_sessions::EndedSessions,
    error::StandaloneError,
    grants::Grants,
    identity,
    store::{self, Store},
    strict::{Behaviour, Strictness},
    sync,
    tokens::Tokens,
};

/// The two services, over one data folder. Several processes may open the same folder at the same time.
pub struct Standalone {
    /// The identity service.
    pub identity: Router,
    /// The sync service.
    pub sync: Router,
    pub(crate) store: Arc<Store>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) behaviour: Arc<Behaviour>,
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
}

impl fmt::Debug for Standalone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standalone").field("store", &self.store).finish_non_exhaustive()
    }
}
