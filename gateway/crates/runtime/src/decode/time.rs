//! Dates and times as arguments and as stored values.

use serde_json::Value;

use super::{Date, Decode, Decoder, Moment, Rules, Scalar, Timestamp};
use crate::encode::JsonOut;

impl Decode for Date {
    fn expected() -> String {
        "a date (YYYY-MM-DD)".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_str().and_then(|text| text.parse().ok()).or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Decode for Timestamp {
    fn expected() -> String {
        "an RFC 3339 time (such as 2026-05-01T09:00:00Z)".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_str().and_then(|text| text.parse().ok()).or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()> {
        out.string(str::from_utf8(&Self::of_stored(value)?.written()).ok()?).ok()
    }
}

impl Decode for Moment {
    fn expected() -> String {
        "a day (2026-12-24), a local time (2026-12-24T09:00) or a time with an offset (2026-12-24T09:00:00Z)".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_str().and_then(|text| text.parse().ok()).or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()> {
        let text = value.as_str().filter(|text| Self::is_one(text))?;
        out.string(text).ok()
    }
}
