//! The answer of a service, as its operation describes it: what is not described is dropped, null is as if it were not there,
//! and anything else that does not fit makes the whole answer unreadable.

use mana_mcp_values::{Members, SmolStr, Value};
use serde_json::Value as Json;

use super::{Operation, stored::of_json};
use crate::{
    decode::tree,
    failure::FailureKind,
    service::{ServiceError, ServiceFailure},
    types::Type,
};

/// The value that an answer holds. An answer without a body is an object without members.
pub(super) fn read(operation: &'static Operation, body: &[u8]) -> Result<Value, ServiceError> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    let value = tree::from_slice(body).ok().and_then(|json| of_answer(&Type::Required(&operation.response), &json));
    value.ok_or(ServiceError { operation, failure: ServiceFailure::Other(FailureKind::Malformed) })
}

fn of_answer(ty: &Type, json: &Json) -> Option<Value> {
    match (ty, json) {
        (Type::Required(ty), json) => of_answer(ty, json).filter(|value| !value.is_null()),
        (_, Json::Null) => Some(Value::Null),
        (Type::List(element), Json::Array(items)) => list(items, element),
        (Type::Json, Json::Array(items)) => list(items, ty),
        (Type::Map(element), Json::Object(members)) => map(members, element),
        (Type::Json, Json::Object(members)) => map(members, ty),
        (Type::Object(known), Json::Object(members)) => {
            let mut read = Members::default();
            for member in *known {
                let value = of_answer(&member.ty, members.get(member.name).unwrap_or(&Json::Null))?;
                if !value.is_null() {
                    read.insert(SmolStr::new_static(member.name), value);
                }
            }
            Some(Value::Map(read.into()))
        }
        (ty, json) => of_json(ty, json),
    }
}

fn list(items: &[Json], element: &Type) -> Option<Value> {
    let present = items.iter().filter(|item| !item.is_null());
    let items: Option<Vec<Value>> = present.map(|item| of_answer(element, item)).collect();
    items.map(Value::list)
}

fn map(members: &serde_json::Map<String, Json>, element: &Type) -> Option<Value> {
    let mut read = Members::default();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        read.insert(SmolStr::new(name), of_answer(element, value)?);
    }
    Some(Value::Map(read.into()))
}
