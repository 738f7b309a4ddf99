//! The decode runtime and the derive over it, as a caller of a tool meets them.

mod formats;
mod keywords;
mod lenient;
mod messages;
mod objects;

use serde_json::{Value, json};

use super::{Decode, JsonObject, Violation, Violations, decode_input};

/// The object of `json!({…})`.
fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

fn read<T: Decode>(value: Value) -> Result<T, Violations> {
    decode_input(&object(value))
}

fn faults<T: Decode>(value: Value) -> Vec<Violation> {
    match read::<T>(value.clone()) {
        Ok(_) => panic!("accepted: {value}"),
        Err(violations) => violations.iter().cloned().collect(),
    }
}

/// The only fault, as `path: expected …, got …`.
fn fault<T: Decode>(value: Value) -> String {
    match faults::<T>(value).as_slice() {
        [only] => only.to_string(),
        several => panic!("{several:?}"),
    }
}

/// Whether `{"it": value}` is accepted.
fn accepts<T: Decode>(value: Value) -> bool {
    read::<T>(json!({ "it": value })).is_ok()
}
