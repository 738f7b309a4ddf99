//! Why a caller was not let in: a closed list that labels metrics and logs, with a text for the caller.

use thiserror::Error;

/// Why a token was refused. Its label is the same in logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum AuthFailure {
    /// No `Authorization` header.
    #[error("this endpoint needs a bearer token in the Authorization header")]
    Missing,
    /// The header stands twice, or holds no token.
    #[error("the Authorization header must stand once and hold `Bearer <token>`")]
    Header,
    /// The token is no JWT.
    #[error("the bearer token is not a well-formed JWT")]
    Malformed,
    /// Signed with something else than EdDSA.
    #[error("the token is not signed with EdDSA")]
    Algorithm,
    /// The token is no access token.
    #[error("the token is of another kind than an access token (typ, token_use, purpose)")]
    Kind,
    /// The token's header names no key.
    #[error("the token's header has no kid")]
    KeyId,
    /// The named key is not among the identity service's.
    #[error("the token is signed with a key that the identity service does not know")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the token's signature is not valid")]
    Signature,
    /// The token is past its `exp`.
    #[error("the token has expired; get a new one and try again")]
    Expired,
    /// The token has no `exp`.
    #[error("the token has no expiry (exp)")]
    NoExpiry,
    /// The token lives too long.
    #[error("the token is valid for more than 31 days (exp, iat)")]
    Lifetime,
    /// The token's `nbf` or `iat` lies ahead, or is none.
    #[error("the token is not valid yet (nbf, iat)")]
    NotYetValid,
    /// The token was not issued for this service.
    #[error("the token was not issued for this audience (aud)")]
    Audience,
    /// The token comes from another issuer.
    #[error("the token comes from another issuer (iss)")]
    Issuer,
    /// The token names no user.
    #[error("the token names no user (sub)")]
    Subject,
    /// The identity service itself refused the token.
    #[error("the identity service does not accept this token any more; get a new one and try again")]
    Rejected,
}

impl AuthFailure {
    /// Every failure, for metrics that are created at zero.
    pub const ALL: [Self; 16] = [
        Self::Missing,
        Self::Header,
        Self::Malformed,
        Self::Algorithm,
        Self::Kind,
        Self::KeyId,
        Self::UnknownKey,
        Self::Signature,
        Self::Expired,
        Self::NoExpiry,
        Self::Lifetime,
        Self::NotYetValid,
        Self::Audience,
        Self::Issuer,
        Self::Subject,
        Self::Rejected,
    ];

    /// The label in metrics and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Header => "header",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Kind => "kind",
            Self::KeyId => "key-id",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NoExpiry => "no-expiry",
            Self::Lifetime => "lifetime",
            Self::NotYetValid => "not-yet-valid",
            Self::Audience => "audience",
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Rejected => "rejected",
        }
    }
}

/// Why a caller could not be verified.
#[derive(Debug, Error)]
pub enum AuthError {
    /// The token is not acceptable: 401.
    #[error(transparent)]
    Refused(#[from] AuthFailure),
    /// Too many wait for the identity service's keys already: 503.
    #[error("too many tokens wait to be checked; try again shortly")]
    Crowded,
    /// The identity service cannot be asked for its keys: 503.
    #[error("the identity service cannot be reached to check the token; try again shortly")]
    Unavailable,
}
