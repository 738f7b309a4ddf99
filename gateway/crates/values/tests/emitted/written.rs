//! Values as JSON that tells their types apart: a day is `"date:2026-05-01"`. The compiler's tests write it, the tests of the
//! emitted code read it.

use std::sync::Arc;

use mana_mcp_values::Value;
use serde_json::{Value as Json, json};

/// What is written of a value.
pub(crate) fn written(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Text(text) => json!(text.as_str()),
        Value::Date(date) => json!(format!("date:{date}")),
        Value::Timestamp(time) => json!(format!("time:{time}")),
        Value::Moment(moment) => json!(format!("moment:{moment}")),
        Value::Duration(span) => json!(format!("span:{span}")),
        Value::List(items) => items.iter().map(written).collect(),
        Value::Map(members) => members.present().map(|(name, member)| (name.to_string(), written(member))).collect(),
    }
}

/// The value of what was written.
pub(crate) fn read(json: &Json) -> Value {
    match json {
        Json::String(text) => match text.split_once(':') {
            Some(("date", date)) => Value::Date(date.parse().unwrap()),
            Some(("time", time)) => Value::Timestamp(time.parse().unwrap()),
            Some(("moment", moment)) => Value::Moment(Arc::new(moment.parse().unwrap())),
            Some(("span", span)) => Value::Duration(span.parse().unwrap()),
            _ => Value::text(text),
        },
        Json::Array(items) => Value::list(items.iter().map(read)),
        Json::Object(members) => Value::object(members.iter().map(|(name, member)| (name.as_str(), read(member)))),
        plain => Value::from_json(plain),
    }
}
