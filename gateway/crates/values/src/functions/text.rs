//! Functions on texts. Positions count code points; white space is that of ECMAScript, as in the web application.

use smol_str::{SmolStr, ToSmolStr as _};

use crate::{Env, Value, number};

/// Returns whether a text starts with another.
pub fn starts_with(env: &Env, text: &Value, start: &Value) -> Value {
    of_two(env, text, start, |text, start| Value::Bool(text.starts_with(start)))
}

/// Returns whether a text ends with another.
pub fn ends_with(env: &Env, text: &Value, end: &Value) -> Value {
    of_two(env, text, end, |text, end| Value::Bool(text.ends_with(end)))
}

/// Removes white space from both ends of a text.
pub fn trim(env: &Env, text: &Value) -> Value {
    of_text(env, text, |text| Value::text(text.trim_matches(is_white_space)))
}

/// Removes white space from the end of a text.
pub fn trim_end(env: &Env, text: &Value) -> Value {
    of_text(env, text, |text| Value::text(text.trim_end_matches(is_white_space)))
}

/// Converts a text to lower case.
pub fn lower(env: &Env, text: &Value) -> Value {
    of_text(env, text, |text| made(env, text.len(), || text.to_lowercase()))
}

/// Converts a text to upper case.
pub fn upper(env: &Env, text: &Value) -> Value {
    of_text(env, text, |text| made(env, text.len(), || text.to_uppercase()))
}

/// Splits a text at each occurrence of a separator. An empty separator splits it into code points.
pub fn split(env: &Env, text: &Value, separator: &Value) -> Value {
    of_two(env, text, separator, |text, separator| {
        let parts = if separator.is_empty() { text.chars().count() } else { text.matches(separator).count() + 1 };
        if !env.look_at(parts) {
            return Value::Null;
        }
        if separator.is_empty() {
            return Value::list(text.chars().map(|character| Value::Text(SmolStr::from_iter([character]))));
        }
        Value::list(text.split(separator).map(Value::text))
    })
}

/// Replaces every occurrence of one text with another. An empty text occurs before, between and after all code
/// points.
pub fn replace(env: &Env, text: &Value, from: &Value, to: &Value) -> Value {
    let Some(to) = to.as_str() else { return Value::Null };
    of_two(env, text, from, |text, from| {
        let occurrences = text.matches(from).count();
        let kept = text.len().saturating_sub(occurrences.saturating_mul(from.len()));
        let bytes = kept.saturating_add(occurrences.saturating_mul(to.len()));
        made(env, bytes, || text.replace(from, to))
    })
}

/// Returns the part of a text from one position up to, but not including, another, or up to its end if `to` is left
/// out. Positions count code points from 0 and are clamped to the text.
pub fn substring(env: &Env, text: &Value, from: &Value, to: &Value) -> Value {
    let Some(from) = from.as_int() else { return Value::Null };
    let to = match to {
        Value::Int(to) => *to,
        Value::Null => i64::MAX,
        _ => return Value::Null,
    };
    let from = from.max(0);
    let skipped = number::place(from).unwrap_or_default();
    let taken = number::place(to.saturating_sub(from)).unwrap_or_default();
    of_text(env, text, |text| {
        let rest = after(text, skipped);
        Value::text(rest.strip_suffix(after(rest, taken)).unwrap_or_default())
    })
}

/// Returns the position of the first occurrence of a text in another, in code points from 0. Null if it does not
/// occur.
pub fn index_of(env: &Env, text: &Value, part: &Value) -> Value {
    of_two(env, text, part, |text, part| {
        let before = text.split_once(part).map(|(before, _)| before);
        before.map_or(Value::Null, |before| Value::Int(number::count(before.chars().count())))
    })
}

/// Returns the number of words of a text: runs of characters that are not white space.
pub fn word_count(env: &Env, text: &Value) -> Value {
    of_text(env, text, |text| Value::Int(number::count(words(text).count())))
}

/// Shortens a text to one line of at most `most` code points. White space collapses to single spaces; a text that is
/// too long ends in `…`.
pub fn excerpt(env: &Env, text: &Value, most: &Value) -> Value {
    let Some(most) = most.as_int() else { return Value::Null };
    let most = number::place(most).unwrap_or_default();
    of_text(env, text, |text| {
        let mut line = String::new();
        // One code point more than fits, to find out whether the text is too long.
        let mut room = most.saturating_add(1);
        for word in words(text) {
            if room == 0 {
                break;
            }
            if !line.is_empty() {
                line.push(' ');
                room -= 1;
            }
            let part = word.strip_suffix(after(word, room)).unwrap_or_default();
            room = room.saturating_sub(part.chars().count());
            line.push_str(part);
        }
        if room == 0 {
            let cut = line.char_indices().nth(most.saturating_sub(1)).map_or(0, |(end, _)| end);
            line.truncate(cut);
            line.push_str(if most == 0 { "" } else { "…" });
        }
        made(env, line.len(), || line)
    })
}

/// Concatenates the elements of a list with a separator. Null elements are skipped.
pub fn join(env: &Env, list: &Value, separator: &Value) -> Value {
    let (Value::List(items), Value::Text(separator)) = (list, separator) else { return Value::Null };
    if !env.look_at(items.len()) {
        return Value::Null;
    }
    let parts: Vec<SmolStr> = items.iter().filter_map(written).collect();
    let separators = separator.len().saturating_mul(parts.len().saturating_sub(1));
    let bytes = parts.iter().fold(separators, |sum, part| sum.saturating_add(part.len()));
    made(env, bytes, || parts.join(separator.as_str()))
}

/// The value as text; `None` for values without a text form.
pub(super) fn written(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Int(number) => Some(number.to_smolstr()),
        Value::Double(number) => Some(ryu_js::Buffer::new().format(*number).into()),
        Value::Text(text) => Some(text.clone()),
        Value::Date(date) => Some(date.to_smolstr()),
        Value::Timestamp(time) => Some(time.to_smolstr()),
        Value::Moment(moment) => Some(moment.as_str().into()),
        Value::Null | Value::Duration(_) | Value::List(_) | Value::Map(_) => None,
    }
}

/// Counts a text before it is read.
pub(super) fn read_text(env: &Env, text: &str) -> bool {
    env.look_at_text(text.len())
}

/// Concatenates texts.
pub(super) fn joined(env: &Env, parts: &[&SmolStr]) -> Value {
    let bytes = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len()));
    made(env, bytes, || parts.iter().map(|part| part.as_str()).collect::<String>())
}

fn of_text(env: &Env, text: &Value, function: impl FnOnce(&str) -> Value) -> Value {
    match text {
        Value::Text(text) if read_text(env, text) => function(text),
        _ => Value::Null,
    }
}

fn of_two(env: &Env, text: &Value, other: &Value, function: impl FnOnce(&str, &str) -> Value) -> Value {
    other.as_str().map_or(Value::Null, |other| of_text(env, text, |text| function(text, other)))
}

/// Builds a text of a known size, unless it exceeds the limits.
fn made(env: &Env, bytes: usize, make: impl FnOnce() -> String) -> Value {
    if env.make_text(bytes) { Value::text(make()) } else { Value::Null }
}

/// The rest of a text after a number of code points.
fn after(text: &str, code_points: usize) -> &str {
    text.char_indices().nth(code_points).and_then(|(place, _)| text.get(place..)).unwrap_or_default()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_white_space).filter(|word| !word.is_empty())
}

/// Whether ECMAScript's `\s` matches the character. Unlike Unicode's property, it has U+FEFF and lacks U+0085.
fn is_white_space(character: char) -> bool {
    character == '\u{feff}' || character != '\u{85}' && character.is_whitespace()
}
