//! [`Value`]s as they are stored.

use mana_mcp_values::Value;
use serde_json::{Number, Value as Json};

use crate::{
    decode::{Id, Uuid},
    encode::whole,
    types::Type,
};

/// The integers that every JSON reader holds exactly: ±(2^53 − 1).
const SAFE: i64 = (1 << 53) - 1;

/// The JSON of a value of that type: times as they are written, objects without the members that are null. `None` where the
/// value is of another type.
pub(super) fn json_of(ty: &Type, value: &Value) -> Option<Json> {
    Some(match (ty, value) {
        (_, Value::Null) => Json::Null,
        (Type::Required(ty), value) => json_of(ty, value)?,
        (Type::Bool, Value::Bool(value)) => Json::Bool(*value),
        (Type::Int, Value::Int(number)) => safe(*number)?.into(),
        (Type::Int, Value::Double(number)) => safe(whole(*number)?)?.into(),
        (Type::Double, Value::Int(number)) => (*number).into(),
        (Type::Double, Value::Double(number)) => Json::Number(Number::from_f64(*number)?),
        (Type::Text, Value::Text(text)) => Json::String(text.to_string()),
        (Type::Id, Value::Text(text)) => Json::String(Some(text).filter(|text| Id::is_id(text))?.to_string()),
        (Type::Uuid, Value::Text(text)) => Json::String(text.parse::<Uuid>().ok()?.to_string()),
        (Type::Enum(words), Value::Text(text)) => {
            Json::String((*words.iter().find(|word| **word == text.as_str())?).to_owned())
        }
        (Type::Date | Type::Moment, Value::Date(date)) => Json::String(date.to_string()),
        (Type::Timestamp | Type::Moment, Value::Timestamp(time)) => Json::String(time.to_string()),
        (Type::Moment, Value::Moment(moment)) => Json::String(moment.to_string()),
        (Type::List(element), Value::List(items)) => {
            Json::Array(items.iter().map(|item| json_of(element, item)).collect::<Option<_>>()?)
        }
        (Type::Map(element), Value::Map(members)) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            Json::Object(
                present
                    .map(|(name, value)| Some((name.to_string(), json_of(element, value)?)))
                    .collect::<Option<_>>()?,
            )
        }
        (Type::Object(known), Value::Map(members)) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            let stored = present.map(|(name, value)| {
                let member = known.iter().find(|member| member.name == name.as_str())?;
                Some((name.to_string(), json_of(&member.ty, value)?))
            });
            Json::Object(stored.collect::<Option<_>>()?)
        }
        (Type::Json, value) => serde_json::to_value(value).ok()?,
        _ => return None,
    })
}

fn safe(number: i64) -> Option<i64> {
    (-SAFE..=SAFE).contains(&number).then_some(number)
}
