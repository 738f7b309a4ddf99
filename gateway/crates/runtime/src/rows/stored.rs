//! A value of a row, as it is stored.

use serde_json::{Number, Value};

use crate::decode::tree;

/// A value as it is stored, encrypted where its writer encrypted it.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(&'a str),
    /// The JSON of an array.
    Array(&'a str),
    /// The JSON of an object.
    Object(&'a str),
}

impl<'a> Stored<'a> {
    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value by itself.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String((*text).to_owned()),
            // It was written from a value, so it is no deeper than can be read.
            Self::Array(json) | Self::Object(json) => tree::from_str(json).unwrap_or_default(),
        }
    }
}
