//! For tests: changes of a table `notes`, and pages as the changes in them.

use indexmap::IndexMap;
use mana_mcp_runtime::{
    decode::JsonObject,
    log::{Cell, Change, Event, Operation, Origin, Row, Set, Stamped},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{PageEnd, read_page};

/// All rows of a page with their writers, where the next page begins, and whether there is one. `None` where it is no page.
#[must_use]
pub fn changes(page: &[u8]) -> Option<(Vec<Change>, PageEnd)> {
    let mut changes = Vec::new();
    let (end, _) = read_page([page], |row| changes.push(change(row)))?;
    let json: Value = serde_json::from_slice(page).ok()?;
    let rows = json.get("serverChanges").and_then(Value::as_array).into_iter().flatten();
    let rows = rows.filter(|row| row.get("op").is_some_and(Value::is_string));
    for (change, row) in changes.iter_mut().zip(rows) {
        change.actor = row.get("actor").cloned();
        change.origin = row.get("origin").and_then(|origin| Origin::deserialize(origin).ok());
    }
    Some((changes, end))
}

/// The change that a row tells of. Its writer is not read.
#[must_use]
pub fn change(row: &Row<'_>) -> Change {
    let operation = match &row.event {
        Event::Insert(fields) => {
            let field = |set: &Set<'_>| Some((set.name.to_owned(), value(set.value.as_ref()?)));
            Operation::Insert { data: fields.iter().filter_map(field).collect() }
        }
        Event::Update(fields) => {
            let mut last = IndexMap::new();
            for set in fields {
                let stamped = |cell: &Cell<'_>| Stamped { value: value(cell), at: set.at.to_owned() };
                last.insert(set.name.to_owned(), set.value.as_ref().map(stamped));
            }
            let fields = last.into_iter().filter_map(|(name, field)| Some((name, field?)));
            Operation::Update { fields: fields.collect() }
        }
        Event::Delete(at) => Operation::Delete { deleted_at: at.map(str::to_owned) },
    };
    Change {
        event_id: row.event_id.to_owned(),
        table: row.table.to_owned(),
        id: row.id.to_owned(),
        operation,
        space_id: row.space_id.map(str::to_owned),
        actor: None,
        origin: None,
    }
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Bool(*value),
        Cell::Number(number) => Value::Number(number.clone()),
        Cell::Text(text) => Value::String((*text).to_owned()),
        Cell::Array(json) | Cell::Object(json) => serde_json::from_str(json).unwrap_or_default(),
    }
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn note(id: &str, operation: Operation) -> Change {
    Change {
        event_id: String::new(),
        table: "notes".to_owned(),
        id: id.to_owned(),
        operation,
        space_id: None,
        actor: None,
        origin: None,
    }
}

/// An insert of a note.
#[must_use]
pub fn insert(id: &str, data: Value) -> Change {
    note(id, Operation::Insert { data: object(data) })
}

/// An update of a note, all fields of which have one time.
#[must_use]
pub fn update(id: &str, at: &str, fields: Value) -> Change {
    let stamped = |(name, value)| (name, Stamped { value, at: at.to_owned() });
    note(id, Operation::Update { fields: object(fields).into_iter().map(stamped).collect() })
}

/// A deletion of a note; without a time, for good.
#[must_use]
pub fn delete(id: &str, deleted_at: Option<&str>) -> Change {
    note(id, Operation::Delete { deleted_at: deleted_at.map(str::to_owned) })
}

/// The same change in that space.
#[must_use]
pub fn in_space(mut change: Change, space: &str) -> Change {
    change.space_id = Some(space.to_owned());
    change
}

/// A note as the web application stores it, in plain text of old.
#[must_use]
pub fn web_note(title: &str, order: i64) -> Value {
    json!({ "title": title, "isArchived": false, "order": order, "updatedAt": "2026-01-01T00:00:00.000Z" })
}

/// Inserts of notes that are titled with those numbers.
#[must_use]
pub fn numbered(from: i64, to: i64) -> Vec<Change> {
    (from..to).map(|index| insert(&format!("row-{index:05}"), web_note(&index.to_string(), index))).collect()
}
