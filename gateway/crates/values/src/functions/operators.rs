//! Operators. The compiler emits `&&`, `||` and `?:` as Rust's own, and member access as [`Value::get`].

use std::cmp::Ordering;

use super::maps::name_of;
use super::text::joined;
use crate::equal::equal as are_equal;
use crate::order::Rank;
use crate::{Env, Value, number};

/// Adds two numbers or durations, adds a duration to a timestamp, or concatenates two texts or two lists.
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

/// Subtracts a number or duration from another, or a duration from a timestamp.
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

/// Multiplies two numbers.
pub fn mul(_: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Value::Int(number::within_wide(i128::from(*one) * i128::from(*other))),
        _ => of_doubles(one, other, |one, other| one * other),
    }
}

/// Divides two numbers; the result is a double. Null if the divisor is 0.
pub fn div(_: &Env, one: &Value, other: &Value) -> Value {
    if is_zero(other) { Value::Null } else { of_doubles(one, other, |one, other| one / other) }
}

/// Returns the remainder of a division, with the sign of the dividend. Null if the divisor is 0.
pub fn rem(_: &Env, one: &Value, other: &Value) -> Value {
    match (one, other) {
        _ if is_zero(other) => Value::Null,
        (Value::Int(one), Value::Int(other)) => Value::int(one.wrapping_rem(*other)),
        _ => of_doubles(one, other, |one, other| one % other),
    }
}

/// Negates a number or duration.
pub fn neg(_: &Env, value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::int(number.saturating_neg()),
        Value::Double(number) => Value::double(-number),
        Value::Duration(span) => Value::Duration(number::within(span.saturating_neg())),
        _ => Value::Null,
    }
}

/// Negates a boolean.
pub fn not(_: &Env, value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(!value),
        _ => Value::Null,
    }
}

/// Returns whether two values are equal. Integers and doubles compare as numbers; null is equal only to null.
pub fn equal(env: &Env, one: &Value, other: &Value) -> Value {
    Value::Bool(are_equal(env, one, other))
}

/// Returns whether the first value is less than the second. False if either is null.
pub fn less(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_lt)
}

/// Returns whether the first value is less than or equal to the second. False if either is null.
pub fn less_equal(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_le)
}

/// Returns whether the first value is greater than the second. False if either is null.
pub fn greater(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_gt)
}

/// Returns whether the first value is greater than or equal to the second. False if either is null.
pub fn greater_equal(env: &Env, one: &Value, other: &Value) -> Value {
    compare(env, one, other, Ordering::is_ge)
}

/// Returns whether a list contains the element, or a map has a member of that name.
pub fn is_in(env: &Env, element: &Value, container: &Value) -> Value {
    Value::Bool(match container {
        Value::List(items) => env.has(items, element),
        Value::Map(members) => {
            name_of(element).is_some_and(|name| members.get(&name).is_some_and(|value| !value.is_null()))
        }
        _ => false,
    })
}

/// Returns the element of a list at an index counted from 0, or a member of a map by its name. Null if there is none.
pub fn at(_: &Env, container: &Value, key: &Value) -> Value {
    match (container, key) {
        (Value::List(items), _) => position(key).and_then(|place| items.get(place)).cloned().unwrap_or_default(),
        (Value::Map(members), _) => name_of(key).and_then(|name| members.get(&name).cloned()).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Returns the index of an enum's word in the list of its words, by which enums are ordered. Null for null and for
/// unknown words.
pub fn rank(_: &Env, value: &Value, words: &[&str]) -> Value {
    let place = value.as_str().and_then(|text| words.iter().position(|word| *word == text));
    place.map_or(Value::Null, |place| Value::Int(number::count(place)))
}

/// The list index of a key. As in CEL, a double without a fraction is one too.
fn position(key: &Value) -> Option<usize> {
    match key {
        Value::Int(number) => number::place(*number),
        Value::Double(number) if number.fract() == 0.0 => number::place(number::to_int(*number)),
        _ => None,
    }
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
