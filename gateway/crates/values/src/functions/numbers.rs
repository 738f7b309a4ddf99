//! Functions on numbers. The type stays the same: integer to integer, double to double.

use crate::{Env, Value, number};

/// More digits than a double holds would not change the result.
const MOST_DIGITS: i64 = 15;

/// Rounds a number to `digits` decimal places, or to a whole number if `digits` is left out. Halves are rounded up,
/// as in ECMAScript: -2.5 becomes -2. Negative digits round to tens, hundreds and so on. An integer stays an integer,
/// a double stays a double.
pub fn round(_: &Env, value: &Value, digits: &Value) -> Value {
    let digits = match digits {
        Value::Int(digits) => *digits,
        Value::Null => 0,
        _ => return Value::Null,
    };
    let digits = digits.clamp(-MOST_DIGITS, MOST_DIGITS);
    let scale = 10_i64.pow(u32::try_from(digits.abs()).unwrap_or_default());
    match value {
        Value::Int(number) if digits >= 0 => Value::int(*number),
        Value::Int(number) => Value::int((number::within(*number) + scale / 2).div_euclid(scale) * scale),
        Value::Double(number) => Value::double(round_double(*number, number::to_double(scale), digits >= 0)),
        _ => Value::Null,
    }
}

/// Rounds a number down to a whole number. The type stays the same.
pub fn floor(_: &Env, value: &Value) -> Value {
    of_number(value, |number| number, f64::floor)
}

/// Rounds a number up to a whole number. The type stays the same.
pub fn ceil(_: &Env, value: &Value) -> Value {
    of_number(value, |number| number, f64::ceil)
}

/// Returns the absolute value of a number or duration.
pub fn abs(_: &Env, value: &Value) -> Value {
    match value {
        Value::Duration(span) => Value::Duration(number::within(span.saturating_abs())),
        _ => of_number(value, i64::saturating_abs, f64::abs),
    }
}

fn of_number(value: &Value, of_int: impl FnOnce(i64) -> i64, of_double: impl FnOnce(f64) -> f64) -> Value {
    match value {
        Value::Int(number) => Value::int(of_int(*number)),
        Value::Double(number) => Value::double(of_double(*number)),
        _ => Value::Null,
    }
}

/// `Math.round(number * scale) / scale` for decimal places, `Math.round(number / scale) * scale` for tens and hundreds.
fn round_double(number: f64, scale: f64, is_fraction: bool) -> f64 {
    if !is_fraction {
        return number::half_up(number / scale) * scale;
    }
    let scaled = number * scale;
    // A number that is too large to be scaled has no digits after the point.
    if scaled.is_finite() { number::half_up(scaled) / scale } else { number }
}
