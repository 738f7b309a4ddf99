//! How JSON's own kinds are read: strings, numbers, booleans, arrays, objects, and null.

use serde_json::{Number, Value};

use super::rules::{expected_count, expected_range, within};
use super::violation;
use super::{Decode, Decoder, JsonObject, Rules, Scalar, unique};
use crate::encode::JsonOut;

/// The integers that every JSON reader holds exactly: ±(2^53 − 1).
const SAFE: i64 = (1 << 53) - 1;

impl Decode for String {
    fn expected() -> String {
        "a string".to_owned()
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        let Value::String(text) = value else { return at.mismatch(value) };
        if !at.checks_keywords() {
            return Some(text.clone());
        }
        let sized = length_is_within(text, rules);
        if !sized {
            let expected = || expected_count("a string", "character", rules.min_length, rules.max_length);
            at.report(expected, || violation::shape(value));
        }
        let has_nul = text.contains('\0');
        if has_nul {
            // No database takes it, and no schema says so: patterns that keep it out are refused by grammars of providers.
            at.report(|| "a string without U+0000".to_owned(), || violation::shape(value));
        }
        let unlike = rules.pattern.filter(|pattern| !pattern.is_match(text));
        if let Some(pattern) = unlike {
            at.broken(value, || format!("a string that matches `{}`", pattern.as_str()));
        }
        (sized && !has_nul && unlike.is_none()).then(|| text.clone())
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()> {
        out.string(value.as_str()?).ok()
    }
}

/// Whether the number of code points is within bounds. They are only counted where the bytes do not tell already.
fn length_is_within(text: &str, rules: &Rules) -> bool {
    let bytes = text.len() as u64;
    let settled = rules.min_length.is_none_or(|least| bytes.div_ceil(4) >= least)
        && rules.max_length.is_none_or(|most| bytes <= most);
    settled || within(text.chars().count() as u64, rules.min_length, rules.max_length)
}

impl Decode for bool {
    fn expected() -> String {
        "a boolean".to_owned()
    }

    fn decode(value: &Value, _: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_bool().or_else(|| at.mismatch(value))
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        if let Scalar::Bool(value) = value { Some(value) } else { None }
    }
}

impl Decode for i64 {
    fn expected() -> String {
        "an integer".to_owned()
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        let Some(number) = value.as_number().filter(|number| is_integer(number)) else { return at.mismatch(value) };
        let integer = safe_integer(number);
        let kept = integer.filter(|integer| !at.checks_keywords() || number_is_within(&(*integer).into(), rules));
        if kept.is_none() {
            // The safe range is part of every integer's schema; name it where it is the bound that was broken.
            let (least, most) = match integer {
                Some(_) => (rules.minimum, rules.maximum),
                None => (rules.minimum.or(Some(-SAFE as f64)), rules.maximum.or(Some(SAFE as f64))),
            };
            at.broken(value, || expected_range("an integer", least, most));
        }
        kept
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        if let Scalar::Number(number) = value { safe_integer(number).filter(|_| is_integer(number)) } else { None }
    }
}

/// JSON Schema's integers: numbers without a fraction, however they are written (`3`, `3.0`, `3e0`).
fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn safe_integer(number: &Number) -> Option<i64> {
    let integer = match number.as_i64() {
        Some(integer) => integer,
        // A float in the safe range is converted exactly, and one beyond it stays beyond it.
        None => number.as_f64()? as i64,
    };
    (-SAFE..=SAFE).contains(&integer).then_some(integer)
}

impl Decode for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        let Value::Number(number) = value else { return at.mismatch(value) };
        if at.checks_keywords() && !number_is_within(number, rules) {
            at.broken(value, || expected_range("a number", rules.minimum, rules.maximum));
            return None;
        }
        number.as_f64()
    }
}

fn number_is_within(number: &Number, rules: &Rules) -> bool {
    use std::cmp::Ordering::{Greater, Less};
    rules.minimum.is_none_or(|least| compare(number, least) != Some(Less))
        && rules.maximum.is_none_or(|most| compare(number, most) != Some(Greater))
}

/// Compares exactly: an integer beyond 2^53 is not rounded onto the bound.
fn compare(number: &Number, bound: f64) -> Option<std::cmp::Ordering> {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match integer {
        // Casts from float to integer saturate, far beyond every integer of JSON.
        Some(integer) => {
            Some(integer.cmp(&(bound.floor() as i128)).then_with(|| 0.0_f64.total_cmp(&bound.fract().abs())))
        }
        None => number.as_f64()?.partial_cmp(&bound),
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn expected() -> String {
        "an array".to_owned()
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        let Value::Array(items) = value else { return at.read_json_text(value, rules, Value::is_array) };
        let sound = !at.checks_keywords() || check_items(value, items, rules, at);
        let rules = rules.items.unwrap_or(&Rules::NONE);
        let decoded: Vec<T> =
            items.iter().enumerate().filter_map(|(index, item)| at.item(index, item, rules)).collect();
        (sound && decoded.len() == items.len()).then_some(decoded)
    }
}

fn check_items(value: &Value, items: &[Value], rules: &Rules, at: &mut Decoder) -> bool {
    let counted = within(items.len() as u64, rules.min_items, rules.max_items);
    if !counted {
        at.broken(value, || expected_count("an array", "item", rules.min_items, rules.max_items));
    }
    let duplicate = if rules.unique_items { unique::first_duplicate(items) } else { None };
    if let Some((first, second)) = duplicate {
        at.report(|| "items that all differ".to_owned(), || format!("equal items at {first} and {second}"));
    }
    counted && duplicate.is_none()
}

/// Null is `None`. A property that may be absent is no matter of its type: see [`Decoder::optional`].
impl<T: Decode> Decode for Option<T> {
    fn expected() -> String {
        format!("{} or null", T::expected())
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => at.or_null(value, rules).map(Some),
        }
    }

    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        if value == Scalar::Null { Some(None) } else { T::of_stored(value).map(Some) }
    }
}

impl Decode for JsonObject {
    fn expected() -> String {
        "an object".to_owned()
    }

    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self> {
        value.as_object().cloned().or_else(|| at.read_json_text(value, rules, Value::is_object))
    }

    fn decode_object(object: &JsonObject, _: &mut Decoder) -> Option<Self> {
        Some(object.clone())
    }
}
