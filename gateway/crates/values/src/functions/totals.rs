//! Totals of lists. Elements that are null do not count.

use super::lists::of_list;
use crate::order::Rank;
use crate::{Env, Value, number};

/// The sum of the numbers or durations of a list; 0 where there is none. With a double among them it is one.
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

/// The mean of the numbers of a list as a double; null where there is none.
pub fn avg(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let mean = |(sum, count)| Value::double(sum / number::to_double(count));
        sum_of_doubles(items).map_or(Value::Null, mean)
    })
}

/// The least element of a list: the smallest number, the first text of the alphabet, the earliest time. Null where there is
/// none.
pub fn min(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        let least = ordered(env, items).min_by(|(one, _), (other, _)| one.cmp(other));
        least.map_or(Value::Null, |(_, item)| item.clone())
    })
}

/// The greatest element of a list: the largest number, the last text of the alphabet, the latest time. Null where there is
/// none.
pub fn max(env: &Env, list: &Value) -> Value {
    of_list(env, list, |items| {
        // Of equal ones the first, as for the least.
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

/// What whole numbers are together; an end of their range where it is beyond.
fn exact(numbers: impl Iterator<Item = i64>) -> i64 {
    number::within_wide(numbers.map(i128::from).sum())
}

/// What the numbers are together, added from left to right as ECMAScript does, and how many there are. None where there are
/// none.
fn sum_of_doubles(items: &[Value]) -> Option<(f64, i64)> {
    let add = |(sum, count): (f64, i64), number: f64| ((sum + number).clamp(f64::MIN, f64::MAX), count + 1);
    let (sum, count) = items.iter().filter_map(Value::as_double).fold((0.0, 0), add);
    (count > 0).then_some((sum, count))
}
