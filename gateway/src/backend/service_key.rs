//! The gateway's own keys for services of the suite. They belong to the deployment and speak for no user.

use std::{fmt, str::FromStr};

use http::HeaderValue;

/// The header that carries a key.
pub(super) const SERVICE_KEY_HEADER: &str = "x-service-key";

/// A key of the gateway's own (`MANA_SERVICE_KEY`, `MANA_AUTH_SERVICE_KEY`).
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceKey(HeaderValue);

/// A key that cannot stand in a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must be visible ASCII characters")]
pub struct UnusableServiceKey;

impl ServiceKey {
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for ServiceKey {
    type Err = UnusableServiceKey;

    fn from_str(text: &str) -> Result<Self, UnusableServiceKey> {
        let mut value = HeaderValue::from_str(text).map_err(|_| UnusableServiceKey)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey([redacted])")
    }
}
