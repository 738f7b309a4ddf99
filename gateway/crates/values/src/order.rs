//! The order of values, for `<`, `sortBy`, `min` and `max`.

use std::cmp::Ordering;

use crate::{Date, Env, Timestamp, Value};

/// A sort key. Values of the same type are ordered by value; null comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank<'a> {
    Bool(bool),
    Number(Number),
    Text(&'a str),
    Date(Date),
    Time(Timestamp),
    Span(i64),
    /// Lists, objects and maps are not ordered.
    Unordered,
    Null,
}

/// A number, totally ordered.
#[derive(Clone, Copy)]
pub(crate) struct Number(f64);

impl<'a> Rank<'a> {
    pub(crate) fn of(env: &Env, value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(_) | Value::Double(_) => Self::Number(Number(value.as_double().unwrap_or_default())),
            Value::Text(text) => Self::Text(text),
            Value::Date(date) => Self::Date(*date),
            Value::Timestamp(time) => Self::Time(*time),
            Value::Moment(moment) => Self::Time(moment.timestamp(env.zone())),
            Value::Duration(span) => Self::Span(*span),
            Value::List(_) | Value::Map(_) => Self::Unordered,
        }
    }

    /// Whether the value can be less or greater than another.
    pub(crate) fn is_ordered(self) -> bool {
        !matches!(self, Self::Unordered | Self::Null)
    }

    /// Compares two values of the same type. `None` if the types differ or are not ordered.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        let comparable = self.is_ordered() && std::mem::discriminant(&self) == std::mem::discriminant(&other);
        comparable.then(|| self.cmp(&other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // Zero and negative zero are equal.
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}
