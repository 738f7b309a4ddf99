//! Tests of the functions, by topic. Tables are JSON; its texts `date:…`, `time:…`, `moment:…` and `span:…` (milliseconds)
//! are values of these types.

mod any;
mod cel;
mod limits;
mod lists;
mod maps;
mod null;
mod numbers;
mod operators;
mod random;
mod text;
mod times;
mod zones;

use std::sync::Arc;

use serde_json::json;

use super::call;
use crate::{Env, Value};

/// 2026-05-02 in UTC, and already the 3rd in Berlin.
const NOW: &str = "2026-05-02T22:30:00Z";

fn env() -> Env {
    env_in("UTC")
}

fn env_in(zone: &str) -> Env {
    Env::new(NOW.parse().unwrap(), zone.parse().unwrap())
}

/// A value of what a table says.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Double(number.as_f64().unwrap()), Value::Int)
        }
        serde_json::Value::String(text) => match text.split_once(':') {
            Some(("date", date)) => Value::Date(date.parse().unwrap()),
            Some(("time", time)) => Value::Timestamp(time.parse().unwrap()),
            Some(("moment", moment)) => Value::Moment(Arc::new(moment.parse().unwrap())),
            Some(("span", span)) => Value::Duration(span.parse().unwrap()),
            _ => Value::text(text),
        },
        serde_json::Value::Array(items) => Value::list(items.iter().map(value)),
        serde_json::Value::Object(members) => {
            Value::Map(Arc::new(members.iter().map(|(name, member)| (name.into(), value(member))).collect()))
        }
    }
}

/// What a table says of a value: it tells types apart, and shows what failed.
fn shown(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => json!(null),
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Text(text) => json!(text.as_str()),
        Value::Date(date) => json!(format!("date:{date}")),
        Value::Timestamp(time) => json!(format!("time:{time}")),
        Value::Moment(moment) => json!(format!("moment:{moment}")),
        Value::Duration(span) => json!(format!("span:{span}")),
        Value::List(items) => items.iter().map(shown).collect(),
        Value::Map(members) => members.iter().map(|(name, member)| (name.to_string(), shown(member))).collect(),
    }
}

/// Checks a function with rows of values and what it gives for them.
fn table(env: &Env, name: &str, rows: &serde_json::Value) {
    for row in rows.as_array().unwrap() {
        let [values, wanted] = row.as_array().unwrap().as_slice() else { panic!("{name}: {row} is no row") };
        let values: Vec<_> = values.as_array().unwrap().iter().map(value).collect();
        let found = call(name, env, &values).unwrap_or_else(|| panic!("no `{name}` of {row}"));
        assert_eq!(shown(&found), *wanted, "{name}({row})");
        assert!(!env.is_exhausted(), "{name}({row})");
    }
}
