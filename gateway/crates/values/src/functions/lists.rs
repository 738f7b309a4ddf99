//! Functions on lists: elements and order.

use crate::order::Rank;
use crate::{Env, Key, Value, number};
use hashbrown::HashSet;

/// The maximum length of a `range`.
const LONGEST_RANGE: i64 = 1000;

/// Returns a list of the results of an expression, one for each element.
pub fn map(env: &Env, list: &Value, of: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| Value::list(items.iter().map(of)))
}

/// Concatenates the lists in a list. Flattens one level: null elements are dropped, elements that are not lists are
/// kept.
pub fn flatten(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let elements = items.iter().fold(0, |sum: usize, item| sum.saturating_add(item.items().len()));
        if !env.look_at(elements) {
            return Value::Null;
        }
        let mut flat = Vec::with_capacity(elements);
        for item in items {
            match item {
                Value::List(inner) => flat.extend_from_slice(inner),
                Value::Null => {}
                single => flat.push(single.clone()),
            }
        }
        Value::list(flat)
    })
}

/// Returns the list without duplicates. The first of several equal elements is kept.
pub fn distinct(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let mut seen = HashSet::with_capacity(items.len());
        Value::list(items.iter().filter(|item| seen.insert(Key::of(env, item))).cloned().collect::<Vec<_>>())
    })
}

/// Returns the first element of a list, or null if it is empty.
pub fn first(_: &Env, list: &Value) -> Value {
    list.items().first().cloned().unwrap_or_default()
}

/// Returns the last element of a list, or null if it is empty.
pub fn last(_: &Env, list: &Value) -> Value {
    list.items().last().cloned().unwrap_or_default()
}

/// Sorts a list by a key, in ascending order. The sort is stable, and null keys come last.
pub fn sort_by(env: &Env, list: &Value, by: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| {
        let keys: Vec<Value> = items.iter().map(by).collect();
        let mut ranked: Vec<_> = keys.iter().map(|key| Rank::of(env, key)).zip(items).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Value::list(ranked.into_iter().map(|(_, item)| item.clone()))
    })
}

/// Returns the integers from 0 up to, but not including, `count`. At most 1,000.
pub fn range(env: &Env, count: &Value) -> Value {
    let Some(count) = count.as_int().map(|count| count.clamp(0, LONGEST_RANGE)) else { return Value::Null };
    if !env.look_at(number::place(count).unwrap_or_default()) {
        return Value::Null;
    }
    Value::list((0..count).map(Value::Int))
}

/// Applies a function to the elements of a list, after counting them.
pub(super) fn of_list(env: &Env, list: &Value, function: impl FnOnce(&[Value]) -> Value) -> Value {
    match list {
        Value::List(items) if env.look_at(items.len()) => function(items),
        _ => Value::Null,
    }
}
