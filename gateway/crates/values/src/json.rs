//! Values of JSON, and values as JSON.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use smol_str::SmolStr;

use crate::Value;

impl Value {
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
