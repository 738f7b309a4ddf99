//! JSON as values of a schema, and values as JSON: rows as they are stored, arguments, answers of services, results. `None`
//! says that a value does not fit.

use mana_mcp_values::{Date, Moment, Timestamp, Value};
use serde_json::{Map, Number, Value as Json};

use crate::ir::{Kind, MAX_SAFE_INTEGER, Presence, Property, Schema, Struct};
use crate::validate::instance::{is_id, is_uuid};
use crate::yaml::whole;

/// What is done about members that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// They are null.
    IsNull,
    /// They are their defaults: arguments.
    HasDefault,
    /// What is required must be there: the answer of a service. Nulls in lists are left out.
    IsRefused,
}

/// The value of JSON.
pub(super) fn value(schema: &Schema, json: &Json, absent: Absent) -> Option<Value> {
    Some(match (&schema.kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Boolean, Json::Bool(value)) => Value::Bool(*value),
        (Kind::Integer { .. }, Json::Number(number)) => Value::Int(whole(number).filter(is_safe)?),
        (Kind::Number { .. }, Json::Number(number)) => Value::double(number.as_f64()?),
        (Kind::String(_), Json::String(text)) => Value::text(text.as_str()),
        (Kind::Id, Json::String(text)) => Value::text(Some(text.as_str()).filter(|text| is_id(text))?),
        (Kind::Uuid, Json::String(text)) => Value::text(Some(text.to_lowercase()).filter(|text| is_uuid(text))?),
        (Kind::Date, Json::String(text)) => Value::Date(text.parse::<Date>().ok()?),
        (Kind::Timestamp, Json::String(text)) => Value::Timestamp(text.parse::<Timestamp>().ok()?),
        (Kind::Moment, Json::String(text)) => Value::Moment(text.parse::<Moment>().ok()?.into()),
        (Kind::Enum(one), Json::String(text)) => {
            Value::text(one.variants.iter().find(|variant| variant.value == *text)?.value.as_str())
        }
        (Kind::Array { items, .. }, Json::Array(all)) => {
            let there = all.iter().filter(|item| absent != Absent::IsRefused || !item.is_null());
            Value::list(there.map(|item| value(items, item, absent)).collect::<Option<Vec<_>>>()?)
        }
        (Kind::Map(values), Json::Object(members)) => {
            let members = members.iter().map(|(name, member)| Some((name.as_str(), value(values, member, absent)?)));
            Value::object(members.collect::<Option<Vec<_>>>()?)
        }
        (Kind::Struct(one), Json::Object(members)) => object(one, members, absent)?,
        (Kind::Object, json) => any(json),
        _ => return None,
    })
}

/// The value of an object.
pub(super) fn object(one: &Struct, members: &Map<String, Json>, absent: Absent) -> Option<Value> {
    let mut found = Vec::with_capacity(one.properties.len());
    for Property { name, schema, presence, .. } in &one.properties {
        let json = members.get(name).filter(|json| !json.is_null());
        let member = match (json, presence, absent) {
            (Some(json), _, _) => value(schema, json, absent)?,
            (None, Presence::Default(default), Absent::HasDefault) => value(schema, default, absent)?,
            (None, Presence::Required, Absent::IsRefused) if !schema.nullable => return None,
            (None, _, _) => Value::Null,
        };
        found.push((name.as_str(), member));
    }
    Some(Value::object(found))
}

/// The value of JSON of which nothing is known.
fn any(json: &Json) -> Value {
    match json {
        Json::Number(number) => {
            whole(number).map_or_else(|| number.as_f64().map_or(Value::Null, Value::double), Value::int)
        }
        Json::Array(items) => Value::list(items.iter().map(any)),
        Json::Object(members) => Value::object(members.iter().map(|(name, member)| (name.as_str(), any(member)))),
        json => Value::from_json(json),
    }
}

/// The JSON of a value for a field.
pub(super) fn json(schema: &Schema, value: &Value) -> Option<Json> {
    Some(match (&schema.kind, value) {
        (_, Value::Null) => Json::Null,
        (Kind::Boolean, Value::Bool(value)) => Json::Bool(*value),
        (Kind::Integer { .. }, Value::Int(number)) => Some(*number).filter(is_safe)?.into(),
        (Kind::Integer { .. }, Value::Double(number)) => whole(&Number::from_f64(*number)?).filter(is_safe)?.into(),
        (Kind::Number { .. }, Value::Int(number)) => (*number).into(),
        (Kind::Number { .. }, Value::Double(number)) => Json::Number(Number::from_f64(*number)?),
        (Kind::String(_), Value::Text(text)) => Json::from(text.as_str()),
        (Kind::Id, Value::Text(text)) => Json::from(Some(text.as_str()).filter(|text| is_id(text))?),
        (Kind::Uuid, Value::Text(text)) => Json::from(Some(text.to_lowercase()).filter(|text| is_uuid(text))?),
        (Kind::Enum(one), Value::Text(text)) => {
            Json::from(one.variants.iter().find(|variant| variant.value == text.as_str())?.value.as_str())
        }
        (Kind::Date | Kind::Moment, Value::Date(date)) => Json::from(date.to_string()),
        (Kind::Timestamp | Kind::Moment, Value::Timestamp(time)) => Json::from(time.to_string()),
        (Kind::Moment, Value::Moment(moment)) => Json::from(moment.to_string()),
        (Kind::Array { items, .. }, Value::List(all)) => {
            Json::Array(all.iter().map(|item| json(items, item)).collect::<Option<_>>()?)
        }
        (Kind::Map(values), Value::Map(members)) => {
            let members = members.present().map(|(name, member)| Some((name.to_string(), json(values, member)?)));
            Json::Object(members.collect::<Option<_>>()?)
        }
        (Kind::Struct(one), Value::Map(members)) => {
            let members = members
                .present()
                .map(|(name, member)| Some((name.to_string(), json(&one.property(name)?.schema, member)?)));
            Json::Object(members.collect::<Option<_>>()?)
        }
        (Kind::Object, value) => serde_json::to_value(value).ok()?,
        _ => return None,
    })
}

/// What of a value a schema names, as it is sent.
pub(super) fn shaped(schema: &Schema, value: &Value) -> Json {
    match (&schema.kind, value) {
        (Kind::Array { items, .. }, Value::List(all)) => {
            all.iter().filter(|item| !item.is_null()).map(|item| shaped(items, item)).collect()
        }
        (Kind::Map(values), Value::Map(members)) => {
            Json::Object(members.present().map(|(name, member)| (name.to_string(), shaped(values, member))).collect())
        }
        (Kind::Struct(one), Value::Map(_)) => Json::Object(shaped_members(one, value)),
        (_, value) => serde_json::to_value(value).unwrap_or_default(),
    }
}

/// The members of an object that a schema names, as they are sent.
pub(super) fn shaped_members(one: &Struct, value: &Value) -> Map<String, Json> {
    let there = one.properties.iter().filter(|property| !value.member(&property.name).is_null());
    there.map(|property| (property.name.clone(), shaped(&property.schema, value.member(&property.name)))).collect()
}

fn is_safe(number: &i64) -> bool {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(number)
}
