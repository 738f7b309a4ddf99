//! The values of expressions.

use std::{fmt, sync::Arc};

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use smol_str::SmolStr;

use crate::{Date, Members, Moment, Timestamp, number};

/// A value of an expression. Cheap to clone. The compiler knows the type of each, so functions take what is of another type
/// for null.
#[derive(Clone, Default)]
pub enum Value {
    /// What is absent.
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number within ±(2^53 − 1).
    Int(i64),
    /// Any number; always finite.
    Double(f64),
    /// A text, an id, or a word of an enum.
    Text(SmolStr),
    /// A day.
    Date(Date),
    /// An instant.
    Timestamp(Timestamp),
    /// A day or a time, as it was written.
    Moment(Arc<Moment>),
    /// A span of time in milliseconds.
    Duration(i64),
    /// Values in an order.
    List(Arc<[Value]>),
    /// An object or a map.
    Map(Arc<Members>),
}

/// The null that a member of null is.
static NULL: Value = Value::Null;

impl Value {
    /// A text.
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Self::Text(text.into())
    }

    /// A text that is part of the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self::Text(SmolStr::new_static(text))
    }

    /// The place of an element.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self::int(i64::try_from(index).unwrap_or(i64::MAX))
    }

    /// An object without members.
    #[must_use]
    pub fn empty_object() -> Self {
        Self::Map(Arc::default())
    }

    /// The value of JSON. Its texts are texts, whatever they look like.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => {
                number.as_i64().map_or_else(|| number.as_f64().map_or(Self::Null, Self::double), Self::int)
            }
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json)),
            Json::Object(members) => {
                let members =
                    members.iter().map(|(name, value)| (SmolStr::from(name.as_str()), Self::from_json(value)));
                Self::Map(Arc::new(members.collect()))
            }
        }
    }

    /// The value of a text of JSON that is part of the program; null where it is none.
    #[must_use]
    pub fn from_json_text(json: &str) -> Self {
        serde_json::from_str(json).map_or(Self::Null, |json| Self::from_json(&json))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// An object, without the members that are null.
    pub fn object<N: Into<SmolStr>>(members: impl IntoIterator<Item = (N, Self)>) -> Self {
        let members = members.into_iter().filter(|(_, value)| !value.is_null());
        Self::Map(Arc::new(members.map(|(name, value)| (name.into(), value)).collect()))
    }

    /// Whether it is absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is true; null is not.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// An integer, clamped to ±(2^53 − 1).
    #[must_use]
    pub fn int(number: i64) -> Self {
        Self::Int(number::within(number))
    }

    /// A double. Infinities are clamped to the greatest finite values; NaN becomes null.
    #[must_use]
    pub fn double(number: f64) -> Self {
        if number.is_nan() { Self::Null } else { Self::Double(number.clamp(f64::MIN, f64::MAX)) }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if the value is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as a double, if the value is an integer or a double.
    #[must_use]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(number::to_double(*number)),
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements; none where it is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The members, where it is an object or a map.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// A member; of null and of what has no such member, null.
    #[must_use]
    pub fn member(&self, name: &str) -> &Self {
        self.members().and_then(|members| members.get(name)).unwrap_or(&NULL)
    }

    /// A copy of [`Self::member`].
    #[must_use]
    pub fn get(&self, name: &str) -> Self {
        self.member(name).clone()
    }

    /// The value, or a fallback if it is null.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_null() { other() } else { self }
    }
}

/// Without its content, which may be secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([redacted])")
    }
}

/// As `==` of expressions compares: numbers as numbers, whatever their type.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) | (Self::Duration(one), Self::Duration(other)) => one == other,
            (Self::Double(one), Self::Double(other)) => one == other,
            (Self::Int(whole), Self::Double(double)) | (Self::Double(double), Self::Int(whole)) => {
                number::to_double(*whole) == *double
            }
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Timestamp(one), Self::Timestamp(other)) => one == other,
            (Self::Moment(one), Self::Moment(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            _ => false,
        }
    }
}

/// As JSON: times as they are written, members that are null left out.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) | Self::Duration(value) => serializer.serialize_i64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Date(date) => date.serialize(serializer),
            Self::Timestamp(time) => time.serialize(serializer),
            Self::Moment(moment) => moment.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(members) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                    map.serialize_entry(name.as_str(), value)?;
                }
                map.end()
            }
        }
    }
}
