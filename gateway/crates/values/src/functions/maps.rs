//! Functions on maps. A null member counts as absent.

use std::sync::Arc;

use smol_str::SmolStr;

use super::text::written;
use crate::{Env, Members, Value};

/// Returns the map with a member added or replaced. A null value removes the member.
pub fn with(env: &Env, map: &Value, name: &Value, value: &Value) -> Value {
    let Some(name) = name_of(name) else { return Value::Null };
    if value.is_null() {
        return of_map(env, map, |members| without_name(members, &name));
    }
    of_map(env, map, |members| {
        let mut more = members.clone();
        more.insert(name, value.clone());
        more
    })
}

/// Returns the map without a member.
pub fn without(env: &Env, map: &Value, name: &Value) -> Value {
    let Some(name) = name_of(name) else { return Value::Null };
    of_map(env, map, |members| without_name(members, &name))
}

/// Returns the members of both maps. Where a name occurs in both, the second map wins.
pub fn merge(env: &Env, map: &Value, other: &Value) -> Value {
    let Value::Map(other) = other else { return Value::Null };
    if !env.look_at(other.len()) {
        return Value::Null;
    }
    of_map(env, map, |members| {
        let mut all = members.clone();
        for (name, value) in other.present() {
            all.insert(name.clone(), value.clone());
        }
        all
    })
}

/// The member name for a value used as a key. Null, durations, lists and maps have none.
pub(super) fn name_of(value: &Value) -> Option<SmolStr> {
    written(value)
}

fn without_name(members: &Members, name: &str) -> Members {
    members.present().filter(|(known, _)| *known != name).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn of_map(env: &Env, map: &Value, function: impl FnOnce(&Members) -> Members) -> Value {
    match map {
        Value::Map(members) if env.look_at(members.len()) => Value::Map(Arc::new(function(members))),
        _ => Value::Null,
    }
}
