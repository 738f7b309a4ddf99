//! What programs get, and why they do not.

use std::fmt;

use mana_mcp_runtime::tool::Effects;

use crate::error::StoreError;

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

impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedTokens").field("effects", &self.effects).finish_non_exhaustive()
    }
}
