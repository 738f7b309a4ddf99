//! Stored values as [`Value`]s of a type. `None` says that a value is of another type; null is a value of every type.

use std::sync::Arc;

use mana_mcp_values::{Date, Members, Moment, SmolStr, Timestamp, Value};
use serde_json::{Number, Value as Json};

use super::info::{Field, TableInfo};
use crate::{
    decode::{Decode as _, Id, Scalar, Uuid},
    rows::{Found, RowReader, Stored},
    types::Type,
};

impl Field {
    /// What the field is where it is absent or cannot be read.
    pub(super) fn absent(&self) -> Value {
        let default = self.default.and_then(|default| default.read(|value| of_scalar(self.ty, value)));
        default.unwrap_or_default()
    }

    /// The value as it is stored, not encrypted.
    pub(super) fn of_stored(&self, stored: &Stored<'_>) -> Option<Value> {
        let scalar = match stored {
            Stored::Null => Scalar::Null,
            Stored::Bool(value) => Scalar::Bool(*value),
            Stored::Number(number) => Scalar::Number(number),
            Stored::Text(text) => Scalar::Text(text),
            Stored::Array(_) | Stored::Object(_) => return of_json(self.ty, &stored.to_value()),
        };
        of_scalar(self.ty, scalar)
    }

    /// Reads the field of a row, decrypted. What cannot be read, the reader notes.
    pub(super) fn read(&self, reader: &mut RowReader<'_>) -> Value {
        let take = |found: Found<'_>| match found {
            Found::Scalar(value) => of_scalar(self.ty, value),
            Found::Tree(value) => of_json(self.ty, value),
        };
        let taken =
            if self.is_sealed { reader.take_encrypted(self.name, take) } else { reader.take_plain(self.name, take) };
        match taken {
            Some(Some(value)) if !value.is_null() => value,
            Some(_) => {
                if self.is_required && self.default.is_none() {
                    reader.lack::<()>(self.name);
                }
                self.absent()
            }
            None => self.absent(),
        }
    }
}

impl TableInfo {
    /// The fields of a row, of which some may be read already, as an object.
    pub(super) fn read(&self, reader: &mut RowReader<'_>, fields: &[&'static str], known: Option<&Members>) -> Value {
        let mut members = Members::with_capacity(fields.len());
        for name in fields {
            let value = match known.and_then(|known| known.get(name)) {
                Some(value) => value.clone(),
                None => self.field(name).map_or(Value::Null, |field| field.read(reader)),
            };
            members.append(SmolStr::new_static(name), value);
        }
        Value::Map(members.into())
    }
}

/// A JSON value as one of the type.
pub(super) fn of_json(ty: &Type, json: &Json) -> Option<Value> {
    match (ty, json) {
        (Type::Required(ty), json) => of_json(ty, json),
        (Type::List(element), Json::Array(items)) => {
            let items: Option<Arc<[Value]>> = items.iter().map(|item| of_json(element, item)).collect();
            items.map(Value::List)
        }
        // Other clients leave names behind that nobody reads any more: one that does not fit costs none of the others.
        (Type::Map(element), Json::Object(object)) => {
            let read = object.iter().filter_map(|(name, value)| Some((SmolStr::new(name), of_json(element, value)?)));
            members(read.map(|(name, value)| (name, Some(value))))
        }
        (Type::Object(known), Json::Object(object)) => members(known.iter().filter_map(|member| {
            let value = object.get(member.name)?;
            Some((SmolStr::new_static(member.name), of_json(&member.ty, value)))
        })),
        (Type::Json, Json::Array(items)) => Some(Value::list(items.iter().filter_map(|item| of_json(ty, item)))),
        (Type::Json, Json::Object(object)) => {
            members(object.iter().map(|(name, value)| (SmolStr::new(name), of_json(ty, value))))
        }
        (_, Json::Array(_) | Json::Object(_)) => None,
        (_, Json::Null) => of_scalar(ty, Scalar::Null),
        (_, Json::Bool(value)) => of_scalar(ty, Scalar::Bool(*value)),
        (_, Json::Number(number)) => of_scalar(ty, Scalar::Number(number)),
        (_, Json::String(text)) => of_scalar(ty, Scalar::Text(text)),
    }
}

fn members(all: impl Iterator<Item = (SmolStr, Option<Value>)>) -> Option<Value> {
    let mut members = Members::default();
    for (name, value) in all {
        let value = value?;
        if !value.is_null() {
            members.insert(name, value);
        }
    }
    Some(Value::Map(Arc::new(members)))
}

fn of_scalar(ty: &Type, scalar: Scalar<'_>) -> Option<Value> {
    Some(match (ty, scalar) {
        (_, Scalar::Null) => Value::Null,
        (Type::Bool | Type::Json, Scalar::Bool(value)) => Value::Bool(value),
        (Type::Int, Scalar::Number(_)) => Value::Int(i64::of_stored(scalar)?),
        (Type::Double, Scalar::Number(number)) => double(number)?,
        (Type::Json, Scalar::Number(number)) => i64::of_stored(scalar).map(Value::Int).or_else(|| double(number))?,
        (Type::Text | Type::Json, Scalar::Text(text)) => Value::text(text),
        (Type::Id, Scalar::Text(text)) => Value::text(Some(text).filter(|text| Id::is_id(text))?),
        (Type::Uuid, Scalar::Text(text)) => Value::text(text.parse::<Uuid>().ok()?.to_string()),
        (Type::Date, Scalar::Text(text)) => Value::Date(text.parse::<Date>().ok()?),
        (Type::Timestamp, Scalar::Text(text)) => Value::Timestamp(text.parse::<Timestamp>().ok()?),
        (Type::Moment, Scalar::Text(text)) => Value::Moment(Arc::new(text.parse::<Moment>().ok()?)),
        (Type::Enum(words), Scalar::Text(text)) => {
            let word: &'static str = words.iter().find(|word| **word == text)?;
            Value::Text(SmolStr::new_static(word))
        }
        _ => return None,
    })
}

fn double(number: &Number) -> Option<Value> {
    number.as_f64().filter(|number| number.is_finite()).map(Value::Double)
}
