//! The caller's bearer token: a secret that must reach the services and nothing else.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

/// A bearer token as it came in the `Authorization` header. Never printed; zeroed when the last clone is dropped.
#[derive(Clone)]
pub struct BearerToken(Arc<Zeroizing<String>>);

impl BearerToken {
    /// Takes the token's text.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(token.into())))
    }

    /// The token's text, for the `Authorization` header of a request to the services.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::BearerToken;

    #[test]
    fn a_token_is_not_printed() {
        assert_eq!(format!("{:?}", BearerToken::new("geheim")), "[redacted]");
    }
}
