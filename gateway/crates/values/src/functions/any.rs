//! Conversions, and functions that accept several types.

use super::text::{read_text, written};
use crate::{Env, Value, number};

/// Returns a number or a numeric text as an integer. Truncates fractions. Null if the text is not an optional sign
/// followed by digits.
pub fn int(env: &Env, value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::int(*number),
        Value::Double(number) => Value::Int(number::to_int(*number)),
        Value::Text(text) if read_text(env, text) => parse_int(text).map_or(Value::Null, Value::Int),
        _ => Value::Null,
    }
}

/// Returns a number or a numeric text such as `1.5` or `1e3` as a double. Null if the text is not a number.
pub fn double(env: &Env, value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::Double(number::to_double(*number)),
        Value::Double(number) => Value::double(*number),
        Value::Text(text) if read_text(env, text) => parse_double(text).map_or(Value::Null, Value::double),
        _ => Value::Null,
    }
}

/// Returns the value as text. Numbers are written as in JSON, whole ones without a fraction; dates and times in their
/// wire format. Null for lists, objects and durations.
pub fn string(_: &Env, value: &Value) -> Value {
    written(value).map_or(Value::Null, Value::Text)
}

/// Returns the number of code points of a text, elements of a list, or members of a map.
pub fn size(env: &Env, value: &Value) -> Value {
    match value {
        Value::Text(text) if read_text(env, text) => Value::Int(number::count(text.chars().count())),
        Value::List(items) => Value::Int(number::count(items.len())),
        Value::Map(members) if env.look_at(members.len()) => Value::Int(number::count(members.present().count())),
        _ => Value::Null,
    }
}

/// Returns the first `count` code points of a text or elements of a list, or all of them if there are fewer.
pub fn take(env: &Env, value: &Value, count: &Value) -> Value {
    let Some(count) = count.as_int() else { return Value::Null };
    let count = number::place(count).unwrap_or_default();
    match value {
        Value::Text(text) if read_text(env, text) => text
            .char_indices()
            .nth(count)
            .map_or_else(|| value.clone(), |(end, _)| Value::text(text.get(..end).unwrap_or_default())),
        Value::List(items) if count >= items.len() => value.clone(),
        Value::List(items) if env.look_at(count) => Value::list(items.iter().take(count).cloned()),
        _ => Value::Null,
    }
}

/// Returns whether a text contains another text, or a list contains an element.
pub fn contains(env: &Env, value: &Value, part: &Value) -> Value {
    match (value, part) {
        (Value::Text(text), Value::Text(part)) if read_text(env, text) => Value::Bool(text.contains(part.as_str())),
        (Value::List(items), _) => Value::Bool(env.has(items, part)),
        _ => Value::Null,
    }
}

fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let end = if text.starts_with('-') { -number::MOST } else { number::MOST };
    are_digits.then(|| text.parse().map_or(end, number::within))
}

fn parse_double(text: &str) -> Option<f64> {
    // Rust also reads `inf` and `nan`.
    let is_number = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    is_number.then(|| text.parse().ok()).flatten()
}

/// One text of several values.
pub fn template(env: &Env, parts: &[Value]) -> Value {
    let mut text = Value::from_static("");
    for part in parts {
        text = crate::functions::add(env, &text, &string(env, part));
    }
    text
}

/// The characters of a text; none where it is no text.
pub fn text_of(text: &Value) -> String {
    text.as_str().unwrap_or_default().to_owned()
}
