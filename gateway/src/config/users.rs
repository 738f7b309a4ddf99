//! The settings from which it follows what the logs call a user.

use mana_mcp_service::config::{ConfigError, Environment, Reader};

use super::{Config, Services, services::services, session_keys, tokens};
use crate::mcp::SessionKeys;

/// What the names of users in the logs follow from.
#[derive(Debug, Clone)]
pub struct UserNaming {
    /// Where the key is, unless it is set.
    pub services: Services,
    /// The keys that are set.
    pub session_keys: Option<SessionKeys>,
    /// Who issues tokens, unless several may.
    pub issuer: Option<String>,
}

impl Config {
    /// Only that.
    ///
    /// # Errors
    /// What is wrong with the settings that decide it.
    pub fn user_naming(environment: &dyn Environment) -> Result<UserNaming, ConfigError> {
        let mut reader = Reader::new(environment);
        let services = services(&mut reader);
        let session_keys = session_keys(&mut reader);
        let issuer = tokens(&mut reader, services.as_ref()).issuer;
        reader.finish(services.map(|services| UserNaming { services, session_keys, issuer }))
    }
}
