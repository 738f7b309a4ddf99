//! The order of rows. What rows are compared by is made once for each, so that a cursor can hold it.

use std::{cmp::Ordering, fmt};

use jiff::tz::TimeZone;
use mana_mcp_values::{Env, Moment, Value};
use serde::{Deserialize, Serialize};

use crate::{rows::StoredRow, types::Type};

/// One of the keys of an order.
#[derive(Debug, Clone, Copy)]
pub struct Sort<'a> {
    /// What is compared.
    pub by: SortBy<'a>,
    /// Whether the greatest comes first. Rows without a value come last in either direction.
    pub descending: bool,
}

/// What rows are compared by.
#[derive(Clone, Copy)]
pub enum SortBy<'a> {
    /// A field. Words of an enum are in the order in which the catalog lists them; a date or time is the instant that it is.
    Field(&'static str),
    /// What an expression makes of these fields.
    Key(&'static [&'static str], &'a (dyn Fn(&Env, &Value) -> Value + Sync)),
}

/// What a row is compared by in one of the keys of an order.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    Bool(bool),
    Number(f64),
    Text(String),
    /// No value.
    None,
}

/// A row in its place.
pub(super) struct Placed {
    pub(super) keys: Vec<Key>,
    pub(super) row: StoredRow,
}

impl Sort<'_> {
    /// The fields that the key is made of.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let (one, several): (Option<&'static str>, &'static [&'static str]) = match self.by {
            SortBy::Field(field) => (Some(field), &[]),
            SortBy::Key(needs, _) => (None, needs),
        };
        one.into_iter().chain(several.iter().copied())
    }
}

impl Key {
    /// What a row with that value is compared by; the type is that of a field.
    pub(super) fn of(env: &Env, ty: Option<&Type>, value: &Value) -> Self {
        match (ty, value) {
            (Some(Type::Enum(words)), Value::Text(word)) => {
                let rank = words.iter().position(|known| *known == word.as_str());
                rank.and_then(|rank| u32::try_from(rank).ok()).map_or(Self::None, |rank| Self::Number(rank.into()))
            }
            (_, Value::Bool(value)) => Self::Bool(*value),
            (_, Value::Int(whole) | Value::Duration(whole)) => Self::Number(double(*whole)),
            // The two zeros are one number.
            (_, Value::Double(number)) => Self::Number(*number + 0.0),
            (_, Value::Text(text)) => Self::Text(text.to_string()),
            (_, Value::Date(date)) => Self::Text(date.to_string()),
            (_, Value::Timestamp(time)) => Self::Text(time.to_string()),
            (_, Value::Moment(moment)) => Self::Number(double(milliseconds(env, moment))),
            (_, Value::Null | Value::List(_) | Value::Map(_)) => Self::None,
        }
    }

    /// The key with no longer a text than that, so that a cursor has room for it.
    pub(super) fn cut(self, bytes: usize) -> Self {
        match self {
            Self::Text(mut text) => {
                text.truncate(text.floor_char_boundary(bytes));
                Self::Text(text)
            }
            key => key,
        }
    }

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let ascending = match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            // No value comes last in either direction.
            (Self::None, _) | (_, Self::None) => return (*self == Self::None).cmp(&(*other == Self::None)),
            _ => self.rank().cmp(&other.rank()),
        };
        if descending { ascending.reverse() } else { ascending }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::None => 3,
        }
    }
}

impl Placed {
    /// How the row stands to one with these keys and that id.
    pub(super) fn compare(&self, keys: &[Key], id: &str, sort: &[Sort<'_>]) -> Ordering {
        let pairs = sort.iter().zip(self.keys.iter().zip(keys));
        let mut compared = pairs.map(|(sort, (one, other))| one.compare(other, sort.descending));
        let asked = compared.find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
        asked.then_with(|| self.row.id().cmp(id))
    }
}

/// The instant in milliseconds. A time that is written as midnight in UTC is how the web application stores a day that was
/// chosen: it is the beginning of that day, as for `instantOf`.
fn milliseconds(env: &Env, moment: &Moment) -> i64 {
    let zone = env.zone().rules();
    let is_utc = ["Z", "+00:00", "-00:00"].iter().any(|offset| moment.as_str().ends_with(offset));
    let instant = moment.instant(zone);
    let midnight = moment.day().at(0, 0, 0, 0);
    if is_utc && TimeZone::UTC.to_datetime(instant) == midnight {
        return zone.to_ambiguous_timestamp(midnight).compatible().map_or(i64::MAX, |start| start.as_millisecond());
    }
    instant.as_millisecond()
}

#[expect(clippy::cast_precision_loss, reason = "whole numbers are within ±(2^53 − 1), and milliseconds are fewer")]
fn double(whole: i64) -> f64 {
    whole as f64
}

/// Without what it compares by.
impl fmt::Debug for SortBy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.debug_tuple("Field").field(field).finish(),
            Self::Key(needs, _) => f.debug_tuple("Key").field(needs).finish_non_exhaustive(),
        }
    }
}
