//! How rows of the sync log are read that any program may have written: leniently, part by part. What is missing or of
//! another shape counts as empty, and a row of which not even table, record and operation can be told is left out. Texts
//! stay where they stand in the page, because a log is long.

use std::{fmt, mem};

use bumpalo::Bump;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
    value::{MapAccessDeserializer, SeqAccessDeserializer},
};
use serde_json::Number;

use mana_mcp_runtime::{
    decode::tree,
    log::{Cell, Event, Row, Set},
};

/// Where texts are kept that cannot stay in the page, because it spells them with escapes.
pub(super) type Escaped = Bump;

/// A visitor for one JSON value. Callbacks that an implementation does not override ignore it.
trait ValueVisitor<'a>: Sized {
    fn bool(self, _: bool) {}

    fn number(self, _: Number) {}

    fn text(self, _: &'a str) {}

    fn array<A: SeqAccess<'a>>(self, items: A) -> Result<(), A::Error> {
        IgnoredAny.visit_seq(items).map(drop)
    }

    fn object<A: MapAccess<'a>>(self, members: A, _: &'a Escaped) -> Result<(), A::Error> {
        IgnoredAny.visit_map(members).map(drop)
    }
}

/// One JSON value for a visitor.
pub(super) struct ValueSeed<'a, R> {
    pub(super) visitor: R,
    pub(super) escaped: &'a Escaped,
}

impl<'a, R: ValueVisitor<'a>> DeserializeSeed<'a> for ValueSeed<'a, R> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'a, R: ValueVisitor<'a>> Visitor<'a> for ValueSeed<'a, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    #[inline]
    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.visitor.bool(value);
        Ok(())
    }

    #[inline]
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visitor.number(value.into());
        Ok(())
    }

    #[inline]
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visitor.number(value.into());
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if let Some(number) = Number::from_f64(value) {
            self.visitor.number(number);
        }
        Ok(())
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<(), E> {
        self.visitor.text(text);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.visitor.text(self.escaped.alloc_str(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, items: A) -> Result<(), A::Error> {
        self.visitor.array(items)
    }

    #[inline]
    fn visit_map<A: MapAccess<'a>>(self, members: A) -> Result<(), A::Error> {
        self.visitor.object(members, self.escaped)
    }
}

/// The name of the next member of an object.
#[inline]
pub(super) fn name<'a, A: MapAccess<'a>>(members: &mut A, escaped: &'a Escaped) -> Result<Option<&'a str>, A::Error> {
    let mut name = None;
    members.next_key_seed(ValueSeed { visitor: Text(&mut name), escaped })?;
    Ok(name)
}

/// The next value, where it is a text.
#[inline]
fn text<'a, A: MapAccess<'a>>(members: &mut A, escaped: &'a Escaped) -> Result<Option<&'a str>, A::Error> {
    let mut text = None;
    members.next_value_seed(ValueSeed { visitor: Text(&mut text), escaped })?;
    Ok(text)
}

struct Text<'x, 'a>(&'x mut Option<&'a str>);

impl<'a> ValueVisitor<'a> for Text<'_, 'a> {
    #[inline]
    fn text(self, text: &'a str) {
        *self.0 = Some(text);
    }
}

impl<'a> ValueVisitor<'a> for &mut Cell<'a> {
    #[inline]
    fn bool(self, value: bool) {
        *self = Cell::Bool(value);
    }

    #[inline]
    fn number(self, number: Number) {
        *self = Cell::Number(number);
    }

    #[inline]
    fn text(self, text: &'a str) {
        *self = Cell::Text(text);
    }

    // Both are written anew: names that stand twice, spaces and spellings of numbers are gone then.
    fn array<A: SeqAccess<'a>>(self, items: A) -> Result<(), A::Error> {
        *self = Cell::Array(tree::deserialize(SeqAccessDeserializer::new(items))?.to_string());
        Ok(())
    }

    fn object<A: MapAccess<'a>>(self, members: A, _: &'a Escaped) -> Result<(), A::Error> {
        *self = Cell::Object(tree::deserialize(MapAccessDeserializer::new(members))?.to_string());
        Ok(())
    }
}

/// The fields of an insert.
struct Inserted<'x, 'a>(&'x mut Vec<Set<'a>>);

impl<'a> ValueVisitor<'a> for Inserted<'_, 'a> {
    #[inline]
    fn object<A: MapAccess<'a>>(self, mut members: A, escaped: &'a Escaped) -> Result<(), A::Error> {
        while let Some(name) = name(&mut members, escaped)? {
            // Made where it stays: a value that is handed back is copied in pieces, which stalls.
            self.0.push(Set { name, value: Some(Cell::Null), at: "" });
            if let Some(Set { value: Some(visitor), .. }) = self.0.last_mut() {
                members.next_value_seed(ValueSeed { visitor, escaped })?;
            }
        }
        Ok(())
    }
}

/// The fields of an update.
struct Updated<'x, 'a>(&'x mut Vec<Set<'a>>);

impl<'a> ValueVisitor<'a> for Updated<'_, 'a> {
    fn object<A: MapAccess<'a>>(self, mut members: A, escaped: &'a Escaped) -> Result<(), A::Error> {
        while let Some(name) = name(&mut members, escaped)? {
            self.0.push(Set { name, value: None, at: "" });
            if let Some(set) = self.0.last_mut() {
                members.next_value_seed(ValueSeed { visitor: Stamped(set), escaped })?;
            }
        }
        Ok(())
    }
}

/// A field of an update, with its time.
struct Stamped<'x, 'a>(&'x mut Set<'a>);

impl<'a> ValueVisitor<'a> for Stamped<'_, 'a> {
    fn object<A: MapAccess<'a>>(self, mut members: A, escaped: &'a Escaped) -> Result<(), A::Error> {
        let (mut value, mut at) = (Cell::Null, None);
        while let Some(name) = name(&mut members, escaped)? {
            match name {
                "value" => {
                    value = Cell::Null;
                    members.next_value_seed(ValueSeed { visitor: &mut value, escaped })?;
                }
                "at" => at = text(&mut members, escaped)?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        self.0.value = Some(value);
        self.0.at = at.unwrap_or_default();
        Ok(())
    }
}

/// A visitor for one row. A row whose table, record and operation can be read is passed on. If a member is duplicated, the
/// last one counts. The writer is not read: only the web application's history shows it.
pub(super) struct RowVisitor<'x, 'a, F> {
    pub(super) take: F,
    /// For the fields of one row after the other.
    pub(super) room: &'x mut Vec<Set<'a>>,
}

impl<'a, F: FnMut(&Row<'a>)> ValueVisitor<'a> for RowVisitor<'_, 'a, F> {
    fn object<A: MapAccess<'a>>(mut self, mut members: A, escaped: &'a Escaped) -> Result<(), A::Error> {
        let (mut event_id, mut table, mut id, mut op, mut deleted_at, mut space_id) = Default::default();
        let (mut data, mut fields) = (mem::take(self.room), Vec::new());
        data.clear();
        while let Some(name) = name(&mut members, escaped)? {
            match name {
                "eventId" => event_id = text(&mut members, escaped)?,
                "table" => table = text(&mut members, escaped)?,
                "id" => id = text(&mut members, escaped)?,
                "op" => op = text(&mut members, escaped)?,
                "data" => {
                    data.clear();
                    members.next_value_seed(ValueSeed { visitor: Inserted(&mut data), escaped })?;
                }
                "fields" => {
                    fields.clear();
                    members.next_value_seed(ValueSeed { visitor: Updated(&mut fields), escaped })?;
                }
                "deletedAt" => deleted_at = text(&mut members, escaped)?,
                "spaceId" => space_id = text(&mut members, escaped)?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        let set = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
        let event = match op {
            Some("insert") => Some(Event::Insert(mem::take(&mut data))),
            Some("update") => Some(Event::Update(fields)),
            Some("delete") => Some(Event::Delete(set(deleted_at))),
            _ => None,
        };
        if let (Some(event), Some(table), Some(id)) = (event, table, id) {
            let event_id = event_id.unwrap_or_default();
            let row = Row { event_id, table, id, event, space_id: set(space_id) };
            (self.take)(&row);
            if let Event::Insert(used) = row.event {
                data = used;
            }
        }
        *self.room = data;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use mana_mcp_runtime::{
        decode::JsonObject,
        log::{Change, Operation, Stamped},
    };

    use super::*;
    use crate::testing::change;

    fn read(row: Value) -> Option<Change> {
        let (text, escaped, mut room, mut read) = (row.to_string(), Escaped::new(), Vec::new(), None);
        let visitor = RowVisitor { take: |row: &Row<'_>| read = Some(change(row)), room: &mut room };
        ValueSeed { visitor, escaped: &escaped }.deserialize(&mut serde_json::Deserializer::from_str(&text)).unwrap();
        read
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
