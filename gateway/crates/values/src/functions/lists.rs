//! Lists: their elements and their order.

use crate::order::Rank;
use crate::{Env, Key, Value, number};
use hashbrown::HashSet;

/// The longest list that `range` gives.
const LONGEST_RANGE: i64 = 1000;

/// The list of what an expression gives for each element of a list.
pub fn map(env: &Env, list: &Value, of: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| Value::list(items.iter().map(of)))
}

/// The elements of the lists in a list, one list after the other. A list that is null has none; an element that is no list
/// stays as it is.
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

/// The list without elements that are equal to an earlier one.
pub fn distinct(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let mut seen = HashSet::with_capacity(items.len());
        Value::list(items.iter().filter(|item| seen.insert(Key::of(env, item))).cloned().collect::<Vec<_>>())
    })
}

/// The first element of a list; null where it is empty.
pub fn first(_: &Env, list: &Value) -> Value {
    list.items().first().cloned().unwrap_or_default()
}

/// The last element of a list; null where it is empty.
pub fn last(_: &Env, list: &Value) -> Value {
    list.items().last().cloned().unwrap_or_default()
}

/// The list in the order of what an expression gives for its elements: the least first, null last, equal ones in the order
/// in which they were.
pub fn sort_by(env: &Env, list: &Value, by: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| {
        let keys: Vec<Value> = items.iter().map(by).collect();
        let mut ranked: Vec<_> = keys.iter().map(|key| Rank::of(env, key)).zip(items).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Value::list(ranked.into_iter().map(|(_, item)| item.clone()))
    })
}

/// The whole numbers from 0 on, so many of them; at most 1000.
pub fn range(env: &Env, count: &Value) -> Value {
    let Some(count) = count.as_int().map(|count| count.clamp(0, LONGEST_RANGE)) else { return Value::Null };
    if !env.look_at(number::place(count).unwrap_or_default()) {
        return Value::Null;
    }
    Value::list((0..count).map(Value::Int))
}

/// What a function gives of the elements, which count as looked at.
pub(super) fn of_list(env: &Env, list: &Value, function: impl FnOnce(&[Value]) -> Value) -> Value {
    match list {
        Value::List(items) if env.look_at(items.len()) => function(items),
        _ => Value::Null,
    }
}
