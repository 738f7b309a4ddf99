//! Aggregates of lists. Null elements are skipped.

use super::lists::of_list;
use crate::order::Rank;
use crate::{Env, Value, number};

/// Adds up the numbers or durations of a list. 0 if there are none; a double if any element is one. Null elements are
/// skipped.
pub fn sum(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let spans = || items.iter().filter_map(span);
        if spans().next().is_some() {
            return Value::Duration(exact(spans()));
        }
        match sum_of_doubles(items) {
            Some((sum, _)) if items.iter().any(|item| matches!(item, Value::Double(_))) => Value::Double(sum),
            _ => Value::Int(exact(items.iter().filter_map(Value::as_int))),
        }
    })
}

/// Returns the mean of the numbers of a list, as a double. Null if there are none. Null elements are skipped.
pub fn avg(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let mean = |(sum, count)| Value::double(sum / number::to_double(count));
        sum_of_doubles(items).map_or(Value::Null, mean)
    })
}

/// Returns the least element of a list, or null if there is none. Null elements are skipped.
pub fn min(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let least = ordered(env, items).min_by(|(one, _), (other, _)| one.cmp(other));
        least.map_or(Value::Null, |(_, item)| item.clone())
    })
}

/// Returns the greatest element of a list, or null if there is none. Null elements are skipped.
pub fn max(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        // Reversed, because `max_by` returns the last of several equal elements.
        let greatest = ordered(env, items).rev().max_by(|(one, _), (other, _)| one.cmp(other));
        greatest.map_or(Value::Null, |(_, item)| item.clone())
    })
}

fn ordered<'a>(env: &'a Env, items: &'a [Value]) -> impl DoubleEndedIterator<Item = (Rank<'a>, &'a Value)> {
    items.iter().map(|item| (Rank::of(env, item), item)).filter(|(rank, _)| rank.is_ordered())
}

fn span(item: &Value) -> Option<i64> {
    match item {
        Value::Duration(span) => Some(*span),
        _ => None,
    }
}

/// The exact sum of integers, clamped to their range at the end.
fn exact(numbers: impl Iterator<Item = i64>) -> i64 {
    number::within_wide(numbers.map(i128::from).sum())
}

/// The sum of the numbers, added from left to right as in ECMAScript, and their count. `None` if there are none.
fn sum_of_doubles(items: &[Value]) -> Option<(f64, i64)> {
    let add = |(sum, count): (f64, i64), number: f64| ((sum + number).clamp(f64::MIN, f64::MAX), count + 1);
    let (sum, count) = items.iter().filter_map(Value::as_double).fold((0.0, 0), add);
    (count > 0).then_some((sum, count))
}
