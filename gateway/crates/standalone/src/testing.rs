//! What elsewhere comes from other programs, or takes time: shared spaces, keys that change, metadata that owners write,
//! clocks. These doors are for tests: those of the gateway, and the services that `mana-mcp-tests` starts for gateways of
//! its own. No shipped program goes through them.
//!
//! How strictly the services behave ([`Standalone::set_strictness`]) and tokens of any length
//! ([`Standalone::issue_token`]) are for everybody.

use std::time::Duration;

use mana_mcp_runtime::space::SpaceType;
use rusqlite::params;
use serde_json::Value;

pub use super::tokens::Former;
use super::{accounts, error::StandaloneError, grants::Grants, identity, services::Standalone};

impl Standalone {
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
    ///
    /// # Errors
    /// Where the text is no e-mail address, or it cannot be stored.
    pub fn remove_member(&self, space: &str, email: &str) -> Result<(), StandaloneError> {
        let (email, space) = (accounts::normalised(email)?, space.to_owned());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            db.execute("DELETE FROM members WHERE user_id = ?1 AND space_id = ?2", params![user.id, space])?;
            Ok(())
        })
    }

    /// What an owner writes into the metadata of a space; until this process ends.
    pub fn set_metadata(&self, space: String, metadata: Value) {
        self.behaviour.set_metadata(space, metadata);
    }

    /// Sets the clock forward by which strict services keep memberships.
    pub fn advance_memberships(&self, by: Duration) {
        self.behaviour.advance(by);
    }

    /// Signs tokens with a new key from now on, until this process ends.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn rotate_signing_key(&self, former: Former) -> Result<(), StandaloneError> {
        self.tokens.rotate(former).map_err(|_| StandaloneError::NoRandomness)
    }

    /// Gives the user of that e-mail address another master key.
    ///
    /// # Errors
    /// Where the text is no e-mail address, or the key cannot be stored.
    pub fn rotate_master_key(&self, email: &str) -> Result<(), StandaloneError> {
        let (email, keys) = (accounts::normalised(email)?, self.store.key_wrap());
        self.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            identity::rotate_master_key(db, &keys, &user.id)
        })
    }
}

impl Grants {
    /// Sets the clock forward by which grants, codes and tokens end.
    pub fn advance(&self, by: Duration) {
        self.clock().advance(by);
    }
}
