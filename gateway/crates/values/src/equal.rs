//! Equality of values with a limit on the work.

use crate::{Env, Value};

/// [`PartialEq`] of [`Value`] that counts the elements it compares. Returns false once the limit is exceeded.
pub(crate) fn equal(env: &Env, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => {
            one.len() == other.len() && env.look_at_text(one.len()) && one == other
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && env.look_at(one.len())
                && one.iter().zip(other.iter()).all(|(one, other)| equal(env, one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            env.look_at(one.len().saturating_add(other.len()))
                && one.present().count() == other.present().count()
                && one.present().all(|(name, value)| other.get(name).is_some_and(|other| equal(env, value, other)))
        }
        _ => one == other,
    }
}
