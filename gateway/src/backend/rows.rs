//! How rows of the sync log are read that any program may have written: leniently, part by part. What is missing or of
//! another shape counts as empty, and a row of which not even table, record and operation can be told is left out. All of
//! it in one pass over the text, and nothing is copied that can stay where it stands, because a log is long.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Number, Value};

use super::row::{Cell, Event, Row, Set};

/// Fields of a usual record, for which room is made at once.
const USUAL_FIELDS: usize = 14;

/// A row, where it can be told what it is.
#[derive(Debug)]
pub(super) struct Told<'a>(pub(super) Option<Row<'a>>);

/// The parts of a row. Who wrote it is shown by the web application's history alone.
#[derive(Default)]
struct Parts<'a> {
    event_id: Option<Text<'a>>,
    table: Option<Text<'a>>,
    id: Option<Text<'a>>,
    op: Option<Text<'a>>,
    data: Option<Data<'a>>,
    fields: Option<Fields<'a>>,
    deleted_at: Option<Text<'a>>,
    space_id: Option<Text<'a>>,
}

impl<'a> Parts<'a> {
    fn into_row(self) -> Option<Row<'a>> {
        let set = |text: Option<Text<'a>>| text.map(|Text(text)| text).filter(|text| !text.is_empty());
        let event = match self.op?.0.as_ref() {
            "insert" => Event::Insert(self.data.map(|Data(fields)| fields).unwrap_or_default()),
            "update" => Event::Update(self.fields.map(|Fields(fields)| fields).unwrap_or_default()),
            "delete" => Event::Delete(set(self.deleted_at)),
            _ => return None,
        };
        Some(Row {
            event_id: self.event_id.map(|Text(text)| text).unwrap_or_default(),
            table: self.table?.0,
            id: self.id?.0,
            event,
            space_id: set(self.space_id),
        })
    }
}

/// A text, which stands in the page where it is written there as it is.
struct Text<'a>(Cow<'a, str>);

/// The fields of an insert.
struct Data<'a>(Vec<Set<'a>>);

/// The fields of an update.
struct Fields<'a>(Vec<Set<'a>>);

/// A field's value and when it was set.
struct Stamped<'a> {
    value: Cell<'a>,
    at: Cow<'a, str>,
}

/// A type that can be read from some kinds of JSON value.
trait Lenient<'de>: Sized {
    /// From a string.
    fn text(_text: Cow<'de, str>) -> Option<Self> {
        None
    }

    /// From an object, which must be read to its end.
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// What is read of a value of any kind: `None` where it is of none of the right ones.
struct Read<T>(Option<T>);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(PhantomData)).map(Self)
    }
}

struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for AnyKind<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::object(map)
    }
}

impl<'de> Lenient<'de> for Text<'de> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self(text))
    }
}

impl<'de> Lenient<'de> for Data<'de> {
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut fields = Vec::with_capacity(USUAL_FIELDS);
        while let Some((Name(name), value)) = map.next_entry()? {
            fields.push(Set { name, value: Some(value), at: Cow::Borrowed("") });
        }
        Ok(Some(Self(fields)))
    }
}

impl<'de> Lenient<'de> for Fields<'de> {
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Name(name), Read::<Stamped<'_>>(field))) = map.next_entry()? {
            let (value, at) = field.map(|Stamped { value, at }| (value, at)).unzip();
            fields.push(Set { name, value, at: at.unwrap_or_default() });
        }
        Ok(Some(Self(fields)))
    }
}

impl<'de> Lenient<'de> for Stamped<'de> {
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut stamped = Self { value: Cell::Null, at: Cow::default() };
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Value => stamped.value = map.next_value()?,
                Key::At => stamped.at = map.next_value::<Read<Text<'_>>>()?.0.map(|Text(at)| at).unwrap_or_default(),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(stamped))
    }
}

impl<'de> Lenient<'de> for Parts<'de> {
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut parts = Self::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::EventId => parts.event_id = map.next_value::<Read<_>>()?.0,
                Key::Table => parts.table = map.next_value::<Read<_>>()?.0,
                Key::Id => parts.id = map.next_value::<Read<_>>()?.0,
                Key::Op => parts.op = map.next_value::<Read<_>>()?.0,
                Key::Data => parts.data = map.next_value::<Read<_>>()?.0,
                Key::Fields => parts.fields = map.next_value::<Read<_>>()?.0,
                Key::DeletedAt => parts.deleted_at = map.next_value::<Read<_>>()?.0,
                Key::SpaceId => parts.space_id = map.next_value::<Read<_>>()?.0,
                Key::Value | Key::At | Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(parts))
    }
}

impl<'de> Deserialize<'de> for Told<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read(parts) = Read::<Parts<'_>>::deserialize(deserializer)?;
        Ok(Self(parts.and_then(Parts::into_row)))
    }
}

/// The keys that are read.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    EventId,
    Table,
    Id,
    Op,
    Data,
    Fields,
    DeletedAt,
    SpaceId,
    Value,
    At,
    #[serde(other)]
    Other,
}

/// The name of a field.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Cell::Null, Cell::Number))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Null)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    // Written anew: names that stand twice, spaces and spellings of numbers are gone then.
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(Cell::Array(value.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Cell::Object(value.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        backend::{Change, Operation, Stamped},
        decode::JsonObject,
    };

    fn read(row: Value) -> Option<Change> {
        serde_json::from_str::<Told<'_>>(&row.to_string()).unwrap().0.map(|row| row.to_change())
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
