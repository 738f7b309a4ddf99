//! Functions that ask a condition of the elements of a list.

use crate::{Env, Value};

/// The elements of a list for which the condition holds.
pub fn filter(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    match list {
        Value::List(items) if env.look_at(items.len()) => {
            // Collected apart first: where all of it stays, the list is shared.
            let kept: Vec<_> = items.iter().filter(|item| holds(item)).collect();
            if kept.len() == items.len() { list.clone() } else { Value::list(kept.into_iter().cloned()) }
        }
        _ => Value::Null,
    }
}

/// Whether the condition holds for an element of a list.
pub fn exists(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    Value::Bool(list.items().iter().any(|item| env.look_at(1) && holds(item)))
}

/// Whether the condition holds for each element of a list; so it does for an empty one, and not for null.
pub fn all(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    Value::Bool(match list {
        Value::List(items) => items.iter().all(|item| env.look_at(1) && holds(item)),
        _ => false,
    })
}
