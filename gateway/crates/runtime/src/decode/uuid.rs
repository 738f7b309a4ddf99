//! Ids.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Decode, Decoder, Rules, Scalar};
use crate::encode::JsonOut;

/// A UUID. Read in the hyphenated form, in either case; written in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(::uuid::Uuid);

/// The text is not a hyphenated UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in the form 00000000-0000-0000-0000-000000000000")]
pub struct NotAUuid;

impl Uuid {
    /// A new random id (version 4).
    #[must_use]
    pub fn new_v4() -> Self {
        Self(::uuid::Uuid::new_v4())
    }

    /// The id (version 4) that these bytes make, as if they were random.
    pub(crate) fn of_random(bytes: [u8; 16]) -> Self {
        Self(::uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl FromStr for Uuid {
    type Err = NotAUuid;

    fn from_str(text: &str) -> Result<Self, NotAUuid> {
        // The other forms (simple, braced, URN) have other lengths.
        let hyphenated = text.len() == ::uuid::fmt::Hyphenated::LENGTH;
        let parsed = hyphenated.then(|| ::uuid::Uuid::try_parse(text));
        parsed.and_then(Result::ok).map(Self).ok_or(NotAUuid)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_hyphenated().encode_lower(&mut ::uuid::Uuid::encode_buffer()))
    }
}

impl Decode for Uuid {
    fn expected() -> String {
        "a UUID".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_str().and_then(|text| text.parse().ok()).or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()> {
        let id = Self::of_stored(value)?;
        out.string(id.0.as_hyphenated().encode_lower(&mut ::uuid::Uuid::encode_buffer())).ok()
    }
}
