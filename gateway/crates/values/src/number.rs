//! Whole numbers and doubles: the range of whole numbers, and the way from one to the other.

/// The greatest whole number. Up to it a double holds each one exactly, so JSON and ECMAScript keep them as they are.
pub(crate) const MOST: i64 = (1 << 53) - 1;

/// The nearest whole number in the range of whole numbers.
pub(crate) fn within(number: i64) -> i64 {
    number.clamp(-MOST, MOST)
}

/// As [`within`], of a sum or product that may be beyond 64 bits.
pub(crate) fn within_wide(number: i128) -> i64 {
    i64::try_from(number.clamp(i128::from(-MOST), i128::from(MOST))).unwrap_or_default()
}

/// A count as a whole number.
pub(crate) fn count(number: usize) -> i64 {
    within(i64::try_from(number).unwrap_or(MOST))
}

/// The place in a list or text that a number names, if there can be one.
pub(crate) fn place(number: i64) -> Option<usize> {
    usize::try_from(number).ok()
}

#[expect(clippy::cast_precision_loss, reason = "whole numbers are within ±(2^53 − 1)")]
pub(crate) fn to_double(number: i64) -> f64 {
    number as f64
}

/// The whole part; beyond the range of whole numbers its nearest end.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and cutting the fraction is what is wanted")]
pub(crate) fn to_int(number: f64) -> i64 {
    within(number as i64)
}

/// Rounds half up, towards positive infinity, as ECMAScript's `Math.round`.
pub(crate) fn half_up(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}
