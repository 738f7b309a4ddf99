//! Ids of rows.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Decode, Decoder, Rules, Scalar, Uuid};
use crate::encode::JsonOut;
use crate::tool::ids;

/// The id of a row: 1 to 128 ASCII letters, digits and `_ - : .`.
///
/// The web application gives its sample rows ids such as `habit-coffee`, and derives others from what they belong to
/// (`invoice-tx-42`). Two ids are equal where their texts are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Box<str>);

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 1 to 128 letters, digits and `_ - : .`")]
pub struct NotAnId;

impl Id {
    /// The greatest number of characters.
    pub const MAX_LENGTH: usize = 128;

    /// A new id: a UUID (version 4), random unless it follows from the call's idempotency key.
    #[expect(clippy::new_without_default, reason = "each id is another one")]
    #[must_use]
    pub fn new() -> Self {
        ids::next().into()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is one.
    pub(crate) fn is_id(text: &str) -> bool {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'.');
        (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_allowed)
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if Self::is_id(text) { Ok(Self(text.into())) } else { Err(NotAnId) }
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Decode for Id {
    fn expected() -> String {
        "an id (1 to 128 letters, digits and `_ - : .`)".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_str().and_then(|text| text.parse().ok()).or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()> {
        out.string(value.as_str().filter(|text| Self::is_id(text))?).ok()
    }
}
