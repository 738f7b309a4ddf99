//! A value of a source at its place, and how large sources may be.

use crate::source::{Span, Spanned};

/// Nested deeper than this, a source is refused.
pub const MAX_DEPTH: usize = 32;
/// A sequence or mapping with more entries is refused.
pub const MAX_ENTRIES: usize = 1000;
/// Longer than this in bytes, a source is refused.
pub const MAX_BYTES: usize = 1 << 20;

/// A value at its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; of a mapping or sequence its whole extent.
    pub span: Span,
}

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`, or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    String(String),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in its order.
    Mapping(Vec<(Spanned<String>, Node)>),
    /// Something that was refused already.
    Broken,
}

impl Node {
    /// A value that was not written in a source, at the place that it has to do with.
    pub(crate) fn of_json(json: &serde_json::Value, span: Span) -> Self {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Boolean(*value),
            Json::Number(number) => {
                whole(number).map_or_else(|| Value::Number(number.as_f64().unwrap_or_default()), Value::Integer)
            }
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => Value::Sequence(items.iter().map(|item| Self::of_json(item, span)).collect()),
            Json::Object(members) => Value::Mapping(
                members
                    .iter()
                    .map(|(name, value)| (Spanned::new(name.clone(), span), Self::of_json(value, span)))
                    .collect(),
            ),
        };
        Self { value, span }
    }

    /// What kind of value this is, in words.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a sequence",
            Value::Mapping(_) => "a mapping",
            Value::Broken => "nothing usable",
        }
    }

    /// The value as JSON; what was refused is null.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null | Value::Broken => Json::Null,
            Value::Boolean(value) => Json::from(*value),
            Value::Integer(value) => Json::from(*value),
            Value::Number(value) => Json::from(*value),
            Value::String(value) => Json::from(value.as_str()),
            Value::Sequence(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Mapping(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.value.clone(), value.to_json())).collect())
            }
        }
    }
}

/// The integer that a number of JSON is, however it is written: 1.0 is one.
pub(crate) fn whole(number: &serde_json::Number) -> Option<i64> {
    /// 2^53: from here on, not every integer is a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    #[expect(clippy::cast_possible_truncation, reason = "within the bound the cast is exact")]
    let of_double = |number: f64| (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(of_double))
}
