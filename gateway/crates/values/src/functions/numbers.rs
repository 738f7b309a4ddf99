//! Numbers. Each keeps its type: a whole number stays one, a double stays a double.

use crate::{Env, Value, number};

/// More digits than a double has change nothing.
const MOST_DIGITS: i64 = 15;

/// The number rounded to so many digits after the point, or to a whole one where that is left out. Halves are rounded up, as
/// the web application does: -2.5 becomes -2. With a negative number of digits it is rounded to tens, hundreds and so on.
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

/// The greatest whole number that is not above the number.
pub fn floor(_: &Env, value: &Value) -> Value {
    of_number(value, |number| number, f64::floor)
}

/// The least whole number that is not below the number.
pub fn ceil(_: &Env, value: &Value) -> Value {
    of_number(value, |number| number, f64::ceil)
}

/// The number or duration without its sign.
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

/// As `Math.round(number * scale) / scale`, or the other way round for tens and hundreds.
fn round_double(number: f64, scale: f64, is_fraction: bool) -> f64 {
    if !is_fraction {
        return number::half_up(number / scale) * scale;
    }
    let scaled = number * scale;
    // A number that is too large to be scaled has no digits after the point.
    if scaled.is_finite() { number::half_up(scaled) / scale } else { number }
}
