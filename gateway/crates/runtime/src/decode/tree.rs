//! JSON that anybody may have written, as values. `serde_json` takes an object with a key of its own for the JSON that stands
//! in its text, which is how [`serde_json::value::RawValue`] travels: a text that passed every bound on values and depth would
//! be read as any number of them. Here, and so in all that is made of what is read here, there is no such key.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Begins the keys that `serde_json` keeps for itself.
const RESERVED: &str = "$serde_json::private::";

/// Reads a value.
#[derive(Clone, Copy)]
pub struct Tree<'a> {
    /// Set where a name stands twice in one object.
    repeated: Option<&'a Cell<bool>>,
}

impl<'a> Tree<'a> {
    /// Reads a value, and notes in `repeated` whether a name stands twice in one object of it. The last one counts, but
    /// another reader of the same text may have taken the first.
    #[must_use]
    pub fn noting(repeated: &'a Cell<bool>) -> Self {
        Self { repeated: Some(repeated) }
    }
}

/// Reads a value.
///
/// # Errors
/// Where it is none, or holds a key that is reserved.
pub fn deserialize<'a, D: Deserializer<'a>>(value: D) -> Result<Value, D::Error> {
    Tree { repeated: None }.deserialize(value)
}

/// Reads the value whose JSON this is.
///
/// # Errors
/// Where it is none, or holds a key that is reserved.
pub fn from_slice(json: &[u8]) -> serde_json::Result<Value> {
    whole(serde_json::Deserializer::from_slice(json))
}

/// As [`from_slice`].
pub fn from_str(json: &str) -> serde_json::Result<Value> {
    whole(serde_json::Deserializer::from_str(json))
}

fn whole<'a, R: serde_json::de::Read<'a>>(mut json: serde_json::Deserializer<R>) -> serde_json::Result<Value> {
    let value = deserialize(&mut json)?;
    json.end().map(|()| value)
}

impl<'a> DeserializeSeed<'a> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.starts_with(RESERVED) {
                return Err(A::Error::custom("a key is reserved"));
            }
            if object.insert(name, members.next_value_seed(self)?).is_some()
                && let Some(repeated) = self.repeated
            {
                repeated.set(true);
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_what_it_is_elsewhere() {
        let text = r#"{"b":[1,-1,1.5,18446744073709551615,null,true,"\u00e4\n"],"a":{"a":1,"b":2,"a":3},"":{}}"#;
        let value = from_slice(text.as_bytes()).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(value.to_string(), serde_json::from_str::<Value>(text).unwrap().to_string());
        for text in ["", "{", "1 2", "1e999", r#""\ud800""#] {
            assert!(from_slice(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_noted_in_its_own_object_alone() {
        let noted = |text: &str| {
            let repeated = Cell::new(false);
            Tree::noting(&repeated).deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
            repeated.get()
        };
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#, r#"{"":1,"":2}"#] {
            assert!(noted(text), "{text}");
        }
        for text in [r#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"A":1}"#, "[1,1]", r#""aa""#] {
            assert!(!noted(text), "{text}");
        }
    }

    #[test]
    fn no_text_is_read_as_json() {
        let key = format!("{RESERVED}RawValue");
        for value in [json!({ &key: "[1,2]" }), json!({ &key: 1 }), json!([{ "a": { &key: "[1,2]" } }])] {
            assert!(from_slice(value.to_string().as_bytes()).is_err(), "{value}");
        }
        // As it could be spelled.
        assert!(from_slice(br#"{"\u0024serde_json::private::RawValue":"[1]"}"#).is_err());
        // What this is here for.
        let [hidden, shown] = [format!(r#"{{"{key}":"[1]"}}"#), "[1]".to_owned()];
        assert_eq!(serde_json::from_str::<Value>(&hidden).unwrap(), serde_json::from_str::<Value>(&shown).unwrap());
        assert_eq!(from_slice(json!({ "a": key }).to_string().as_bytes()).unwrap(), json!({ "a": key }));
    }
}
