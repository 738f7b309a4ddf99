//! Operators. `&&`, `||`, `?:` and members are Rust's own, and [`Value::get`].

use std::cmp::Ordering;

use super::maps::name_of;
use super::text::joined;
use crate::equal::equal as are_equal;
use crate::order::Rank;
use crate::{Env, Value, number};

/// The sum of two numbers or durations; a time that is a duration later; two texts or two lists, one after the other.
pub fn add(env: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Value::int(one.saturating_add(*other)),
        (Value::Text(one), Value::Text(other)) => joined(env, &[one, other]),
        (Value::List(one), Value::List(other)) => {
            if !env.look_at(one.len().saturating_add(other.len())) {
                return Value::Null;
            }
            Value::list(one.iter().chain(other.iter()).cloned())
        }
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time)) => {
            Value::Timestamp(time.plus_milliseconds(*span))
        }
        (Value::Duration(one), Value::Duration(other)) => Value::Duration(number::within(one.saturating_add(*other))),
        _ => of_doubles(one, other, |one, other| one + other),
    }
}

/// The difference of two numbers or durations, or a time that is a duration earlier.
pub fn sub(_: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Value::int(one.saturating_sub(*other)),
        (Value::Timestamp(time), Value::Duration(span)) => {
            Value::Timestamp(time.plus_milliseconds(span.saturating_neg()))
        }
        (Value::Duration(one), Value::Duration(other)) => Value::Duration(number::within(one.saturating_sub(*other))),
        _ => of_doubles(one, other, |one, other| one - other),
    }
}

/// The product of two numbers.
pub fn mul(_: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Value::Int(number::within_wide(i128::from(*one) * i128::from(*other))),
        _ => of_doubles(one, other, |one, other| one * other),
    }
}

/// The quotient of two numbers as a double; null where the second is 0.
pub fn div(_: &Env, one: &Value, other: &Value) -> Value {
    if is_zero(other) { Value::Null } else { of_doubles(one, other, |one, other| one / other) }
}

/// The remainder of a division, with the sign of the first number; null where the second is 0.
pub fn rem(_: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        _ if is_zero(other) => Value::Null,
        (Value::Int(one), Value::Int(other)) => Value::int(one.wrapping_rem(*other)),
        _ => of_doubles(one, other, |one, other| one % other),
    }
}

/// The number or duration with the other sign.
pub fn neg(_: &Env, value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::int(number.saturating_neg()),
        Value::Double(number) => Value::double(-number),
        Value::Duration(span) => Value::Duration(number::within(span.saturating_neg())),
        _ => Value::Null,
    }
}

/// True of false, and false of true.
pub fn not(_: &Env, value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(!value),
        _ => Value::Null,
    }
}

/// Whether two values are equal: numbers as numbers, lists by their elements, objects by their members. Null is equal to
/// null alone.
pub fn equal(env: &Env, one: &Value, other: &Value) -> Value {
    Value::Bool(are_equal(env, one, other))
}

/// Whether the first comes before the second; false where one of them is null.
pub fn less(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_lt)
}

/// Whether the first comes before the second or is at the same place; false where one of them is null.
pub fn less_equal(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_le)
}

/// Whether the first comes after the second; false where one of them is null.
pub fn greater(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_gt)
}

/// Whether the first comes after the second or is at the same place; false where one of them is null.
pub fn greater_equal(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_ge)
}

/// Whether a list has an element that is equal to the value, or a map a member of that name.
pub fn is_in(env: &Env, element: &Value, container: &Value) -> Value {
    Value::Bool(match container {
        Value::List(items) => env.has(items, element),
        Value::Map(members) => {
            name_of(element).is_some_and(|name| members.get(&name).is_some_and(|value| !value.is_null()))
        }
        _ => false,
    })
}

/// The element of a list at a place, counted from 0, or the member of a map with a name; null where there is none.
pub fn at(_: &Env, container: &Value, key: &Value) -> Value {
    match (container, key) {
        (Value::List(items), Value::Int(place)) => {
            number::place(*place).and_then(|place| items.get(place)).cloned().unwrap_or_default()
        }
        (Value::Map(members), _) => name_of(key).and_then(|name| members.get(&name).cloned()).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// The place of an enum's word among its words, which enums are ordered by; null of null and of other words.
pub fn rank(_: &Env, value: &Value, words: &[&str]) -> Value {
    let place = value.as_str().and_then(|text| words.iter().position(|word| *word == text));
    place.map_or(Value::Null, |place| Value::Int(number::count(place)))
}

fn compare(env: &Env, one: &Value, other: &Value, holds: impl FnOnce(Ordering) -> bool) -> Value {
    if let (Value::Text(one), Value::Text(other)) = (one, other)
        && !env.look_at_text(one.len().min(other.len()))
    {
        return Value::Bool(false);
    }
    Value::Bool(Rank::of(env, one).compare(Rank::of(env, other)).is_some_and(holds))
}

fn of_doubles(one: &Value, other: &Value, operator: impl FnOnce(f64, f64) -> f64) -> Value {
    match (one.as_double(), other.as_double()) {
        (Some(one), Some(other)) => Value::double(operator(one, other)),
        _ => Value::Null,
    }
}

fn is_zero(value: &Value) -> bool {
    value.as_double() == Some(0.0)
}
