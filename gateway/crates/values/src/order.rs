//! The order of values: what `<`, `sortBy`, `min` and `max` go by.

use std::cmp::Ordering;

use crate::{Date, Env, Timestamp, Value};

/// A value's place in the order. Values of one type are ordered among each other; null comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank<'a> {
    Bool(bool),
    Number(Number),
    Text(&'a str),
    Date(Date),
    Time(Timestamp),
    Span(i64),
    /// Lists, objects and maps have no order.
    Unordered,
    Null,
}

/// A double in the order of numbers. There is no NaN among values; were there one, it would come last.
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

    /// Whether it can be less or greater than another value.
    pub(crate) fn is_ordered(self) -> bool {
        !matches!(self, Self::Unordered | Self::Null)
    }

    /// How it compares with a value of the same type; none where one of them has no order, or the types differ.
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
