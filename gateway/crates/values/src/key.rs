//! Values as keys of tables, so that lists are searched and grouped without comparing each with each.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Date, Env, Moment, Timestamp, Value, number};

/// A value that can be looked up. Two are equal exactly where `==` says so of their values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key(Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kind {
    Null,
    Bool(bool),
    /// The bits of the double, which a whole number is equal to.
    Number(u64),
    Text(SmolStr),
    Date(Date),
    Timestamp(Timestamp),
    Moment(Arc<Moment>),
    Duration(i64),
    List(Box<[Kind]>),
    /// By name, without the members that are null.
    Map(Box<[(SmolStr, Kind)]>),
}

impl Key {
    /// The key of a value. The elements of lists and maps count as looked at; beyond the limit of a call it is that of null.
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

/// Without its content, which may be secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}
