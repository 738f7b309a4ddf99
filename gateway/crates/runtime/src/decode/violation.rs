//! What is wrong with a value, told without repeating it: path, what was expected, what came.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Longest scalar or property name that is shown, in characters.
const SHOWN: usize = 64;

/// One problem of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where, as a JSON Pointer; empty for the whole value.
    pub path: String,
    /// What would have been right.
    pub expected: String,
    /// What came: its shape, and for a short scalar of a field that is not sensitive the value itself.
    pub got: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the whole" } else { &self.path };
        write!(f, "{path}: expected {}, got {}", self.expected, self.got)
    }
}

/// All problems of one value, in the order of its type's fields. Never empty; a bounded number is kept, all are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations {
    kept: Vec<Violation>,
    total: usize,
}

impl Violations {
    pub(super) fn new(kept: Vec<Violation>, total: usize) -> Self {
        Self { kept, total }
    }

    /// The problems that were kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.kept.iter()
    }

    /// How many problems there are, those beyond the kept ones included.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.kept.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        match self.total.saturating_sub(self.kept.len()) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Violations {}

/// The shape of a value: its kind and size.
pub(super) fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => format!("a string of {}", plural(text.chars().count() as u64, "character")),
        Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
        Value::Array(items) => format!("an array of {}", plural(items.len() as u64, "item")),
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => format!("an object of {}", plural(members.len() as u64, "property")),
    }
}

/// The value itself where it is a short scalar, else its shape.
pub(super) fn scalar_or_shape(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) if !text.is_empty() && is_short(text) => format!("{text:?}"),
        _ => shape(value),
    }
}

/// A property's name made fit to be shown: control and invisible characters escaped, cut when long.
pub(super) fn shown_name(name: &str) -> String {
    if is_short(name) {
        return name.escape_debug().to_string();
    }
    let cut: String = name.chars().take(SHOWN).collect();
    format!("{}…", cut.escape_debug())
}

/// Whether a text is short enough to be shown. Reads no more than the shown part of it.
pub(super) fn is_short(text: &str) -> bool {
    text.chars().nth(SHOWN).is_none()
}

/// `1 item`, `3 items`, `2 properties`.
pub(super) fn plural(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}
