//! A value as an output's schema has it: what the schema does not name is left out, and so is what is absent.

use mana_mcp_values::Value;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use crate::types::Type;

/// A value, written in a shape.
pub(super) struct Shaped<'a>(pub(super) &'a Value, pub(super) &'a Type);

impl Serialize for Shaped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (value, Type::Required(ty)) => Shaped(value, ty).serialize(serializer),
            (Value::List(items), Type::List(element)) => {
                let mut list = serializer.serialize_seq(None)?;
                for item in items.iter().filter(|item| !item.is_null()) {
                    list.serialize_element(&Shaped(item, element))?;
                }
                list.end()
            }
            (Value::Map(members), Type::Object(known)) => {
                let mut map = serializer.serialize_map(None)?;
                for member in *known {
                    if let Some(value) = members.get(member.name).filter(|value| !value.is_null()) {
                        map.serialize_entry(member.name, &Shaped(value, &member.ty))?;
                    }
                }
                map.end()
            }
            (Value::Map(members), Type::Map(element)) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                    map.serialize_entry(name.as_str(), &Shaped(value, element))?;
                }
                map.end()
            }
            (value, _) => value.serialize(serializer),
        }
    }
}
