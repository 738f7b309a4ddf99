//! How rows of the sync log are read that any program may have written: leniently, part by part. What is missing or of
//! another shape counts as empty, and a row of which not even table, record and operation can be told is left out. All of
//! it in one pass over the text, because a log is long.

use std::fmt;

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::wire::{Change, Operation, Origin, Stamped};
use crate::decode::JsonObject;

/// Fields of a usual record, for which room is made at once.
const USUAL_FIELDS: usize = 14;

/// A row, where it can be told what it is.
#[derive(Debug)]
pub(super) struct Row(pub(super) Option<Change>);

/// The parts of a row.
#[derive(Default)]
struct Parts {
    event_id: Option<String>,
    table: Option<String>,
    id: Option<String>,
    op: Option<String>,
    data: Option<JsonObject>,
    fields: Option<IndexMap<String, Stamped>>,
    deleted_at: Option<String>,
    space_id: Option<String>,
    actor: Option<Value>,
    origin: Option<String>,
}

impl Parts {
    fn into_change(self) -> Option<Change> {
        let operation = match self.op?.as_str() {
            "insert" => Operation::Insert { data: self.data.unwrap_or_default() },
            "update" => Operation::Update { fields: self.fields.unwrap_or_default() },
            "delete" => Operation::Delete { deleted_at: self.deleted_at.filter(|at| !at.is_empty()) },
            _ => return None,
        };
        let origin = |name: String| Origin::deserialize(Value::String(name)).ok();
        Some(Change {
            event_id: self.event_id.unwrap_or_default(),
            table: self.table?,
            id: self.id?,
            operation,
            space_id: self.space_id.filter(|space| !space.is_empty()),
            actor: self.actor,
            origin: self.origin.and_then(origin),
        })
    }
}

/// A type that can be read from some kinds of JSON value.
trait Lenient: Sized {
    /// From a string.
    fn text(_text: &str) -> Option<Self> {
        None
    }

    /// From an object, which must be read to its end.
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// What is read of a value of any kind: `None` where it is of none of the right ones.
struct Read<T>(Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(std::marker::PhantomData)).map(Self)
    }
}

struct AnyKind<T>(std::marker::PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for AnyKind<T> {
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

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::object(map)
    }
}

impl Lenient for String {
    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Lenient for JsonObject {
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut object = Self::with_capacity(USUAL_FIELDS);
        while let Some((name, value)) = map.next_entry()? {
            object.insert(name, value);
        }
        Ok(Some(object))
    }
}

impl Lenient for IndexMap<String, Stamped> {
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut fields = Self::new();
        while let Some((name, Read(field))) = map.next_entry::<String, Read<Stamped>>()? {
            match field {
                Some(field) => fields.insert(name, field),
                // Of a name that stands twice, the last one counts.
                None => fields.swap_remove(&name),
            };
        }
        Ok(Some(fields))
    }
}

impl Lenient for Stamped {
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut stamped = Self { value: Value::Null, at: String::new() };
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Value => stamped.value = map.next_value()?,
                Key::At => stamped.at = map.next_value::<Read<String>>()?.0.unwrap_or_default(),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(stamped))
    }
}

impl Lenient for Parts {
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
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
                Key::Actor => parts.actor = map.next_value()?,
                Key::Origin => parts.origin = map.next_value::<Read<_>>()?.0,
                Key::Value | Key::At | Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(parts))
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read(parts) = Read::<Parts>::deserialize(deserializer)?;
        Ok(Self(parts.and_then(Parts::into_change)))
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
    Actor,
    Origin,
    Value,
    At,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: Value) -> Option<Change> {
        serde_json::from_str::<Row>(&row.to_string()).unwrap().0
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
            assert_eq!((inserted.actor, inserted.origin), (Some(strange.clone()).filter(|it| !it.is_null()), None));
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
        let origin = read(json!({ "op": "delete", "table": "t", "id": "i", "origin": "agent" })).unwrap().origin;
        assert_eq!(origin, Some(Origin::Agent));
        for key in ["op", "table", "id"] {
            let mut row = json!({ "op": "insert", "table": "t", "id": "i" });
            row.as_object_mut().unwrap().remove(key);
            assert_eq!(read(row), None, "{key}");
        }
    }
}
