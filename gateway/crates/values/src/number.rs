//! Integers and doubles: the range of integers, and conversions.

/// The greatest integer: `Number.MAX_SAFE_INTEGER`. Doubles represent every integer up to it exactly.
pub(crate) const MOST: i64 = (1 << 53) - 1;

/// Clamps a number to the range of integers.
pub(crate) fn within(number: i64) -> i64 {
    number.clamp(-MOST, MOST)
}

/// [`within`] for sums and products that may not fit into 64 bits.
pub(crate) fn within_wide(number: i128) -> i64 {
    i64::try_from(number.clamp(i128::from(-MOST), i128::from(MOST))).unwrap_or_default()
}

/// A count as an integer.
pub(crate) fn count(number: usize) -> i64 {
    within(i64::try_from(number).unwrap_or(MOST))
}

/// An integer as an index; `None` if it is negative.
pub(crate) fn place(number: i64) -> Option<usize> {
    usize::try_from(number).ok()
}

#[expect(clippy::cast_precision_loss, reason = "whole numbers are within ±(2^53 − 1)")]
pub(crate) fn to_double(number: i64) -> f64 {
    number as f64
}

/// Truncates a double, and clamps it to the range of integers.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and cutting the fraction is what is wanted")]
pub(crate) fn to_int(number: f64) -> i64 {
    within(number as i64)
}

/// Rounds half up, towards positive infinity, as ECMAScript's `Math.round`.
pub(crate) fn half_up(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}
