//! Equality of JSON values as JSON Schema means it: `1` equals `1.0`, and the order of an object's members is nothing.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use serde_json::{Number, Value};

/// The indices of the first item that equals an earlier one, the earlier one first. Time linear in the items' size: items
/// meet by a keyed hash, which a caller cannot foresee.
pub(super) fn first_duplicate(items: &[Value]) -> Option<(usize, usize)> {
    let keys = RandomState::new();
    let mut seen: HashMap<u64, Vec<(usize, &Value)>> = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let alike = seen.entry(digest(item, &keys)).or_default();
        if let Some((earlier, _)) = alike.iter().find(|(_, other)| equal(item, other)) {
            return Some((*earlier, index));
        }
        alike.push((index, item));
    }
    None
}

/// A number by its value: whole numbers are compared as such, however they were written.
#[derive(PartialEq, Eq, Hash)]
enum Exact {
    Whole(i128),
    Float(u64),
}

fn exact(number: &Number) -> Exact {
    if let Some(whole) = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
        return Exact::Whole(whole);
    }
    let float = number.as_f64().unwrap_or(f64::NAN);
    // From 2^127 on no integer form is left to be equal to; below, the cast is exact.
    let fits = float.fract() == 0.0 && float.abs() < 2_f64.powi(127);
    if fits { Exact::Whole(float as i128) } else { Exact::Float(float.to_bits()) }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => exact(one) == exact(other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        (one, other) => one == other,
    }
}

/// Equal values have equal digests. Kinds and sizes go in, so that nesting alone makes none meet.
fn digest(value: &Value, keys: &RandomState) -> u64 {
    let mut hasher = keys.build_hasher();
    std::mem::discriminant(value).hash(&mut hasher);
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Number(number) => exact(number).hash(&mut hasher),
        Value::String(text) => text.hash(&mut hasher),
        Value::Array(items) => {
            items.len().hash(&mut hasher);
            items.iter().for_each(|item| digest(item, keys).hash(&mut hasher));
        }
        Value::Object(members) => {
            members.len().hash(&mut hasher);
            // A sum does not depend on the order.
            let sum = members
                .iter()
                .fold(0_u64, |sum, (name, value)| sum.wrapping_add(keys.hash_one((name, digest(value, keys)))));
            sum.hash(&mut hasher);
        }
    }
    hasher.finish()
}
