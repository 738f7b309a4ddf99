//! The verified caller.

use std::{fmt, sync::Arc};

use mana_mcp_service::http::budget::Owner;

use super::{BearerToken, Rights};
use crate::telemetry::log_name::LogName;

/// A user of one issuer. `sub` alone names nobody: two issuers may use the same one (RFC 7519, 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Only a verified token makes one. The separator cannot stand in an issuer: it is no character of a URL.
    pub(super) fn new(issuer: &str, subject: &str) -> Self {
        Self(Self::text(issuer, subject).into())
    }

    /// The text that distinguishes such a user from others. It proves nothing.
    pub(crate) fn text(issuer: &str, subject: &str) -> String {
        format!("{issuer}\n{subject}")
    }

    /// A stable key for maps. Not for people, and never for a log or a label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// On whose account a request of the user holds what it holds.
    pub(crate) fn owner(&self) -> Owner {
        Arc::clone(&self.0).into()
    }
}

/// A caller whose token was verified; made by [`Verifier::verify`](super::Verifier::verify) alone.
#[derive(Clone)]
pub struct Principal(Arc<Inner>);

struct Inner {
    user: UserId,
    subject: String,
    token: BearerToken,
    expires_at: u64,
    rights: Arc<Rights>,
    log_name: LogName,
}

impl Principal {
    pub(super) fn new(user: UserId, subject: String, token: BearerToken, expires_at: u64, rights: Arc<Rights>) -> Self {
        Self(Arc::new(Inner { user, subject, token, expires_at, rights, log_name: LogName::default() }))
    }

    /// The same caller with other rights.
    pub(super) fn with_rights(&self, rights: Rights) -> Self {
        let Inner { user, subject, token, expires_at, .. } = &*self.0;
        Self::new(user.clone(), subject.clone(), token.clone(), *expires_at, Arc::new(rights))
    }

    /// The user, by issuer and subject.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.0.user
    }

    /// What the audit log calls the user, for as long as the token is remembered.
    pub(crate) fn log_name(&self) -> &LogName {
        &self.0.log_name
    }

    /// The user's id at the identity service (the claim `sub`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The token that the caller presented; it goes on to identity and sync, and nowhere else.
    #[must_use]
    pub fn token(&self) -> &BearerToken {
        &self.0.token
    }

    /// What the token allows.
    #[must_use]
    pub fn rights(&self) -> &Arc<Rights> {
        &self.0.rights
    }

    /// When the token expires, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.0.expires_at
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal").field("expires_at", &self.0.expires_at).finish_non_exhaustive()
    }
}
