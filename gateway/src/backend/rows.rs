//! How rows of the sync log are read that any program may have written: leniently, part by part. What is missing or of
//! another shape counts as empty, and a row of which not even table, record and operation can be told is left out. Texts
//! stay where they stand in the page, because a log is long.

use serde_json::Number;
use simd_json::{
    ValueType,
    prelude::{TypedValue, ValueAsScalar, ValueIntoString},
    tape::{Object, Value},
};

use super::row::{Cell, Event, Row, Set};

/// The parts of a row. Who wrote it is shown by the web application's history alone.
#[derive(Default)]
struct Parts<'t, 'a> {
    event_id: Option<&'a str>,
    table: Option<&'a str>,
    id: Option<&'a str>,
    op: Option<&'a str>,
    data: Option<Object<'t, 'a>>,
    fields: Option<Object<'t, 'a>>,
    deleted_at: Option<&'a str>,
    space_id: Option<&'a str>,
}

/// The row, where it can be told what it is. Of a part that stands twice, the last one counts.
pub(super) fn row<'a>(value: Value<'_, 'a>) -> Option<Row<'a>> {
    let mut parts = Parts::default();
    for (name, value) in &value.as_object()? {
        match name {
            "eventId" => parts.event_id = value.into_string(),
            "table" => parts.table = value.into_string(),
            "id" => parts.id = value.into_string(),
            "op" => parts.op = value.into_string(),
            "data" => parts.data = value.as_object(),
            "fields" => parts.fields = value.as_object(),
            "deletedAt" => parts.deleted_at = value.into_string(),
            "spaceId" => parts.space_id = value.into_string(),
            _ => (),
        }
    }
    let set = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    let event = match parts.op? {
        "insert" => Event::Insert(inserted(parts.data)),
        "update" => Event::Update(updated(parts.fields)),
        "delete" => Event::Delete(set(parts.deleted_at)),
        _ => return None,
    };
    Some(Row {
        event_id: parts.event_id.unwrap_or_default(),
        table: parts.table?,
        id: parts.id?,
        event,
        space_id: set(parts.space_id),
    })
}

fn inserted<'a>(data: Option<Object<'_, 'a>>) -> Vec<Set<'a>> {
    let Some(data) = data else { return Vec::new() };
    let mut fields = Vec::with_capacity(data.len());
    // Pushed one by one, each is made where it stays: from an iterator's hands they are copied twice, and slowly.
    for (name, value) in &data {
        fields.push(Set { name, value: Some(cell(value)), at: "" });
    }
    fields
}

fn updated<'a>(data: Option<Object<'_, 'a>>) -> Vec<Set<'a>> {
    let Some(data) = data else { return Vec::new() };
    let stamped = |(name, field): (&'a str, Value<'_, 'a>)| {
        let (mut value, mut at) = (None, "");
        if let Some(field) = field.as_object() {
            value = Some(Cell::Null);
            for (name, part) in &field {
                match name {
                    "value" => value = Some(cell(part)),
                    "at" => at = part.into_string().unwrap_or_default(),
                    _ => (),
                }
            }
        }
        Set { name, value, at }
    };
    data.iter().map(stamped).collect()
}

// Where it is called it makes the value in its place: one that is handed back is copied in pieces, which stalls.
#[inline(always)]
fn cell<'a>(value: Value<'_, 'a>) -> Cell<'a> {
    match value.value_type() {
        ValueType::String => value.into_string().map_or(Cell::Null, Cell::Text),
        ValueType::Bool => value.as_bool().map_or(Cell::Null, Cell::Bool),
        ValueType::I64 => value.as_i64().map_or(Cell::Null, |number| Cell::Number(number.into())),
        ValueType::U64 => value.as_u64().map_or(Cell::Null, |number| Cell::Number(number.into())),
        ValueType::F64 => value.as_f64().and_then(Number::from_f64).map_or(Cell::Null, Cell::Number),
        // Written anew: names that stand twice, spaces and spellings of numbers are gone then.
        ValueType::Array => Cell::Array(tree(value).to_string()),
        ValueType::Object => Cell::Object(tree(value).to_string()),
        _ => Cell::Null,
    }
}

/// The value by itself. It is no deeper than a page may be.
fn tree(value: Value<'_, '_>) -> serde_json::Value {
    if let Some(items) = value.as_array() {
        return items.iter().map(tree).collect();
    }
    if let Some(object) = value.as_object() {
        return object.iter().map(|(name, value)| (name.to_owned(), tree(value))).collect();
    }
    match cell(value) {
        Cell::Null | Cell::Array(_) | Cell::Object(_) => serde_json::Value::Null,
        Cell::Bool(value) => value.into(),
        Cell::Number(number) => number.into(),
        Cell::Text(text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        backend::{Change, Operation, Stamped},
        decode::JsonObject,
    };

    fn read(row: Value) -> Option<Change> {
        let mut text = row.to_string().into_bytes();
        let tape = simd_json::to_tape(&mut text).unwrap();
        super::row(tape.as_value()).map(|row| row.to_change())
    }

    #[test]
    fn parts_of_another_shape_count_as_empty() {
        let strange =
            [json!(null), json!(true), json!(-1), json!(1), json!(1.5), json!("x"), json!([1, [2]]), json!({ "a": 1 })];
        for strange in strange {
            let row = |op: &str| {
                json!({ "eventId": strange, "schemaVersion": strange, "table": "t", "id": "i", "op": op, "data": strange,
                    "fields": { "f": strange, "g": { "value": strange, "at": strange, "more": strange } },
                    "deletedAt": strange, "spaceId": strange, "actor": strange, "origin": strange, "more": strange })
            };
            let text = strange.as_str();
            let inserted = read(row("insert")).unwrap();
            assert_eq!(
                inserted.operation,
                Operation::Insert { data: strange.as_object().cloned().unwrap_or_default() }
            );
            assert_eq!((inserted.event_id.as_str(), inserted.space_id.as_deref()), (text.unwrap_or_default(), text));
            let Operation::Update { fields } = read(row("update")).unwrap().operation else { panic!() };
            assert_eq!(fields["g"], Stamped { value: strange.clone(), at: text.unwrap_or_default().to_owned() });
            assert_eq!(fields.contains_key("f"), strange.is_object());
            let deleted = Operation::Delete { deleted_at: text.map(str::to_owned) };
            assert_eq!(read(row("delete")).unwrap().operation, deleted);
            assert_eq!(read(row("other")), None);
            assert_eq!(read(strange.clone()), None);
            assert_eq!(read(json!({ "op": "insert", "table": "t", "id": json!([strange]) })), None);
        }
    }

    #[test]
    fn a_row_without_parts_is_one_with_empty_parts() {
        let change = read(json!({ "op": "insert", "table": "t", "id": "i" })).unwrap();
        assert_eq!(change.operation, Operation::Insert { data: JsonObject::new() });
        for key in ["op", "table", "id"] {
            let mut row = json!({ "op": "insert", "table": "t", "id": "i" });
            row.as_object_mut().unwrap().remove(key);
            assert_eq!(read(row), None, "{key}");
        }
    }
}
