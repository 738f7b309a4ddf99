//! Functions that test the elements of a list against a condition.

use crate::{Env, Value};

/// Returns the elements of a list for which a condition holds.
pub fn filter(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    match list {
        Value::List(items) if env.look_at(items.len()) => {
            // If every element is kept, the list is shared instead of copied.
            let kept: Vec<_> = items.iter().filter(|item| holds(item)).collect();
            if kept.len() == items.len() { list.clone() } else { Value::list(kept.into_iter().cloned()) }
        }
        _ => Value::Null,
    }
}

/// Returns whether a condition holds for at least one element of a list.
pub fn exists(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    Value::Bool(list.items().iter().any(|item| env.look_at(1) && holds(item)))
}

/// Returns whether a condition holds for every element of a list. True for an empty list, false for null.
pub fn all(env: &Env, list: &Value, mut holds: impl FnMut(&Value) -> bool) -> Value {
    Value::Bool(match list {
        Value::List(items) => items.iter().all(|item| env.look_at(1) && holds(item)),
        _ => false,
    })
}
