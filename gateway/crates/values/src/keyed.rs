//! The keys of values.

use std::sync::Arc;

use crate::key::Kind;
use crate::{Env, Key, Value, number};

impl Key {
    /// The key of a value. Counts the elements of lists and maps; once the limit is exceeded, they have the key of null.
    #[must_use]
    pub fn of(env: &Env, value: &Value) -> Self {
        Self(Kind::of(env, value))
    }
}

impl Kind {
    fn of(env: &Env, value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::number(number::to_double(*number)),
            Value::Double(number) => Self::number(*number),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Date(date) => Self::Date(*date),
            Value::Timestamp(time) => Self::Timestamp(*time),
            Value::Moment(moment) => Self::Moment(Arc::clone(moment)),
            Value::Duration(span) => Self::Duration(*span),
            Value::List(items) if env.look_at(items.len()) => {
                Self::List(items.iter().map(|item| Self::of(env, item)).collect())
            }
            Value::Map(members) if env.look_at(members.len()) => {
                let mut kinds: Box<[_]> =
                    members.present().map(|(name, value)| (name.clone(), Self::of(env, value))).collect();
                kinds.sort_by(|(one, _), (other, _)| one.cmp(other));
                Self::Map(kinds)
            }
            Value::List(_) | Value::Map(_) => Self::Null,
        }
    }

    fn number(number: f64) -> Self {
        // Zero and negative zero are equal.
        Self::Number((number + 0.0).to_bits())
    }
}
