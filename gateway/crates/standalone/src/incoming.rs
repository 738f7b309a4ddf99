//! What a push holds, and what becomes of it on its way into the log.

use serde_json::{Map, Number, Value, json};
use uuid::Uuid;

use mana_mcp_runtime::decode::tree;

/// A push, every change of it checked as the real service checks.
#[derive(Debug)]
pub(super) struct IncomingPush {
    pub(super) client_id: String,
    pub(super) since: String,
    pub(super) changes: Vec<Incoming>,
}

/// A change on its way into the log.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) collection: String,
    pub(super) space: Option<String>,
    /// The row's JSON, as readers get it.
    pub(super) body: Result<String, Unstorable>,
}

/// The real service's handler fails on it, or its database refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unstorable;

/// Why a whole push is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    InvalidJson,
    InvalidOp,
    MissingTableOrId,
    UnsupportedSchemaVersion,
}

impl Refused {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid JSON: cannot decode the body",
            Self::InvalidOp => "invalid op",
            Self::MissingTableOrId => "missing table or id",
            Self::UnsupportedSchemaVersion => "unsupported schemaVersion",
        }
    }
}

pub(super) fn read_push(body: &[u8]) -> Result<IncomingPush, Refused> {
    let Ok(Value::Object(mut push)) = tree::from_slice(body) else { return Err(Refused::InvalidJson) };
    let changes = match push.swap_remove("changes") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(changes)) => changes,
        Some(_) => return Err(Refused::InvalidJson),
    };
    Ok(IncomingPush {
        client_id: text(&push, "clientId")?.to_owned(),
        since: text(&push, "since")?.to_owned(),
        changes: changes.into_iter().map(read_change).collect::<Result<_, _>>()?,
    })
}

fn read_change(change: Value) -> Result<Incoming, Refused> {
    let Value::Object(mut change) = change else { return Err(Refused::InvalidJson) };
    match change.get("schemaVersion") {
        None | Some(Value::Null) => {}
        Some(version) if version.as_f64() == Some(1.0) => {}
        Some(_) => return Err(Refused::UnsupportedSchemaVersion),
    }
    let (table, id) = (text(&change, "table")?.to_owned(), text(&change, "id")?.to_owned());
    if table.is_empty() || id.is_empty() {
        return Err(Refused::MissingTableOrId);
    }
    let op = text(&change, "op")?.to_owned();
    let mut row = Map::new();
    row.insert("eventId".to_owned(), json!(Uuid::new_v4().to_string()));
    row.insert("schemaVersion".to_owned(), json!(1));
    row.insert("table".to_owned(), json!(table));
    row.insert("id".to_owned(), json!(id));
    row.insert("op".to_owned(), json!(op));
    let mut is_sound = true;
    match op.as_str() {
        "insert" => keep(&mut row, "data", object(&mut change, "data")?),
        "update" => {
            let (fields, sound) = stamped(object(&mut change, "fields")?);
            is_sound = sound;
            keep(&mut row, "fields", fields);
        }
        "delete" => keep(&mut row, "deletedAt", change.swap_remove("deletedAt").unwrap_or_default()),
        _ => return Err(Refused::InvalidOp),
    }
    let space = text(&change, "spaceId")?.to_owned();
    keep(&mut row, "spaceId", json!(space));
    keep(&mut row, "actor", object(&mut change, "actor")?);
    keep(&mut row, "origin", json!(text(&change, "origin")?));
    let mut row = Value::Object(row);
    is_sound &= through_the_database(&mut row);
    let body = if is_sound { Ok(row.to_string()) } else { Err(Unstorable) };
    Ok(Incoming { collection: table, space: (!space.is_empty()).then_some(space), body })
}

/// The fields with the one time that the service knows; any other key of a field is lost. Not sound where a field is
/// null: there the real service's handler ends.
fn stamped(fields: Value) -> (Value, bool) {
    let Value::Object(fields) = fields else { return (Value::Null, true) };
    let is_sound = fields.values().all(Value::is_object);
    let stamped = fields.into_iter().map(|(name, mut field)| {
        let mut part = |name: &str| field.get_mut(name).map(Value::take).unwrap_or_default();
        let (value, at) = (part("value"), part("at"));
        let at = if at.is_string() { at } else { json!("") };
        (name, json!({ "value": value, "at": at }))
    });
    (Value::Object(stamped.collect()), is_sound)
}

/// Empty values are not on the wire.
fn keep(row: &mut Map<String, Value>, name: &str, value: Value) {
    let is_empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    if !is_empty {
        row.insert(name.to_owned(), value);
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refused> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refused::InvalidJson),
    }
}

fn object(change: &mut Map<String, Value>, name: &str) -> Result<Value, Refused> {
    match change.swap_remove(name) {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(object @ Value::Object(_)) => Ok(object),
        Some(_) => Err(Refused::InvalidJson),
    }
}

/// Numbers become doubles. Whether the database takes the value: it refuses U+0000.
fn through_the_database(value: &mut Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => {
            if let Some(double) = number.as_f64() {
                *number = written_as(double).unwrap_or_else(|| number.clone());
            }
            true
        }
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => items.iter_mut().all(through_the_database),
        Value::Object(object) => {
            object.keys().all(|key| !key.contains('\0')) && object.values_mut().all(through_the_database)
        }
    }
}

/// A whole double without a point, as the real service's JSON has it.
fn written_as(double: f64) -> Option<Number> {
    const EXACT: f64 = 9_223_372_036_854_775_808.0;
    if double.fract() == 0.0 && double.abs() < EXACT {
        Some(Number::from(double as i64))
    } else {
        Number::from_f64(double)
    }
}
