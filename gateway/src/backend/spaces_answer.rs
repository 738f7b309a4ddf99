//! What the identity service says about a user's spaces. Members write most of it, so one space must not hide the others:
//! texts are cut, members of `metadata` other than `type` are skipped as they arrive, and what has an unexpected shape
//! counts as absent.

use std::{fmt, marker::PhantomData};

use mana_mcp_runtime::space::{Space, SpaceType};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Spaces of one user. More are left out, with a warning.
const MAX_SPACES: usize = 500;
/// Characters of a name, a slug and a role.
const MAX_TEXT: usize = 200;
/// Bytes of an id. A longer one, or one with control characters, was not made by the service.
const MAX_ID: usize = 128;

/// The spaces of a list, as a bearer of the user's token may read them.
pub(super) struct ListedSpaces(pub(super) Vec<Space>);

/// The memberships of a user: ids and roles alone. Such spaces have no name and no type.
#[derive(Deserialize)]
pub(super) struct Memberships {
    #[serde(rename = "memberships", deserialize_with = "Memberships::bounded")]
    pub(super) spaces: Vec<Space>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    slug: Text,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    role: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    organization_id: String,
    #[serde(default)]
    role: Text,
}

impl From<Listed> for Space {
    fn from(Listed { id, name, slug, metadata, role }: Listed) -> Self {
        Self { id, name: name.0.unwrap_or_default(), slug: slug.0, kind: metadata.0, role: role.0 }
    }
}

impl From<Membership> for Space {
    fn from(Membership { organization_id, role }: Membership) -> Self {
        Self { id: organization_id, name: String::new(), slug: None, kind: None, role: role.0 }
    }
}

impl<'de> Deserialize<'de> for ListedSpaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries::<Listed>(PhantomData)).map(Self)
    }
}

impl Memberships {
    fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Space>, D::Error> {
        deserializer.deserialize_seq(Entries::<Membership>(PhantomData))
    }
}

/// Reads an array of entries into at most [`MAX_SPACES`] spaces.
struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Into<Space>> Visitor<'de> for Entries<T> {
    type Value = Vec<Space>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of spaces")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<Space>, A::Error> {
        let mut spaces = Vec::new();
        let mut left_out = 0_u64;
        while spaces.len() < MAX_SPACES {
            let Some(entry) = entries.next_element::<T>()? else { break };
            let space = entry.into();
            if is_usable(&space.id) { spaces.push(space) } else { left_out += 1 }
        }
        while entries.next_element::<IgnoredAny>()?.is_some() {
            left_out += 1;
        }
        if left_out > 0 {
            tracing::warn!(left_out, "spaces of a user were left out: there are too many, or their ids cannot be used");
        }
        Ok(spaces)
    }
}

fn is_usable(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && !id.contains(char::is_control)
}

/// A text of at most [`MAX_TEXT`] characters; absent where there is something else.
#[derive(Default)]
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let mut text = serde_json::from_str::<String>(raw.get()).ok();
        if let Some(text) = &mut text
            && let Some((end, _)) = text.char_indices().nth(MAX_TEXT)
        {
            text.truncate(end);
            text.shrink_to_fit();
        }
        Ok(Self(text))
    }
}

/// The type in a space's metadata: an object, or a JSON text of one. `None` where there is none, or an unknown one.
#[derive(Default)]
struct Metadata(Option<SpaceType>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetadataVisitor { text: Nested::Allowed }).map(Self)
    }
}

/// Whether a text may hold the object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    Allowed,
    Forbidden,
}

struct MetadataVisitor {
    text: Nested,
}

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Option<SpaceType>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut kind = None;
        while let Some(key) = members.next_key::<Key>()? {
            match key {
                // The last one counts, as for every reader of JSON in ECMAScript.
                Key::Type => {
                    let raw = members.next_value::<Box<RawValue>>()?;
                    kind = serde_json::from_str(raw.get()).ok();
                }
                Key::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(kind)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if self.text == Nested::Forbidden {
            return Ok(None);
        }
        // Text that is not JSON says nothing about the type.
        let inner = MetadataVisitor { text: Nested::Forbidden };
        Ok(serde_json::Deserializer::from_str(text).deserialize_any(inner).unwrap_or_default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
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
}

/// A key of the metadata. Read as bytes: a key that is not Unicode is a foreign one, and no failure.
enum Key {
    Type,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(if key == "type" { Key::Type } else { Key::Other })
            }

            fn visit_bytes<E>(self, key: &[u8]) -> Result<Key, E> {
                Ok(if key == b"type" { Key::Type } else { Key::Other })
            }
        }
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn listed(text: &str) -> Vec<Space> {
        serde_json::from_str::<ListedSpaces>(text).unwrap().0
    }

    fn kind_of(metadata: &str) -> Option<SpaceType> {
        let entry = format!(r#"[{{"id":"s","metadata":{metadata}}},{{"id":"t","metadata":{{"type":"team"}}}}]"#);
        let spaces = listed(&entry);
        assert_eq!(spaces[1].kind, Some(SpaceType::Team), "{metadata}");
        spaces[0].kind
    }

    #[test]
    fn the_type_is_found_in_an_object_and_in_a_text() {
        for metadata in [
            r#"{"type":"personal"}"#,
            r#"{"a":{"type":"team"},"type":"personal","b":[1,{"c":null}]}"#,
            r#"{"\ud800":1,"x":"\ud800","n":1e999,"type":"personal"}"#,
            r#""{\"type\":\"personal\"}""#,
            r#"{"type":"team","type":"personal"}"#,
        ] {
            assert_eq!(kind_of(metadata), Some(SpaceType::Personal), "{metadata}");
        }
    }

    #[test]
    fn metadata_of_any_other_shape_is_an_unknown_type_and_hides_no_space() {
        for metadata in [
            "null",
            "true",
            "-1",
            "1.5",
            "[]",
            r#"[{"type":"personal"}]"#,
            "{}",
            r#""""#,
            r#""no JSON""#,
            r#""\"{\\\"type\\\":\\\"personal\\\"}\"""#,
            r#""{\"type\":\"personal\"""#,
            r#"{"type":"spaceship"}"#,
            r#"{"type":{"type":"personal"}}"#,
            r#"{"type":1e999}"#,
            r#"{"type":"\ud800"}"#,
        ] {
            assert_eq!(kind_of(metadata), None, "{metadata}");
        }
        assert_eq!(listed(r#"[{"id":"s"}]"#)[0].kind, None);
    }

    #[test]
    fn texts_and_lists_are_cut_and_unusable_ids_left_out() {
        let long = "ä".repeat(3_000_000);
        let list = json!([{ "id": "s", "name": long, "slug": long, "role": long }]).to_string();
        let space = listed(&list).remove(0);
        for text in [&space.name, space.slug.as_ref().unwrap(), space.role.as_ref().unwrap()] {
            assert_eq!(text.chars().count(), MAX_TEXT);
            assert!(text.capacity() < 1000, "{}", text.capacity());
        }
        let odd = listed(r#"[{"id":"s","name":7,"slug":null,"role":["owner"]},{"id":"t","name":"\ud800"}]"#);
        assert_eq!((odd[0].name.as_str(), &odd[0].slug, &odd[0].role), ("", &None, &None));
        assert_eq!(odd[1].name, "");
        let ids = json!([{ "id": "" }, { "id": "x".repeat(129) }, { "id": "a\u{0}" }, { "id": "good" }]).to_string();
        assert_eq!(listed(&ids).iter().map(|space| space.id.as_str()).collect::<Vec<_>>(), ["good"]);
        let many: Value = (0..600).map(|number| json!({ "id": number.to_string() })).collect();
        assert_eq!(listed(&many.to_string()).len(), MAX_SPACES);
        assert!(serde_json::from_str::<ListedSpaces>(r#"[{"name":"without an id"}]"#).is_err());
        assert!(serde_json::from_str::<ListedSpaces>(r#"{"spaces":[]}"#).is_err());
    }

    #[test]
    fn memberships_are_ids_and_roles() {
        let text =
            r#"{"userId":"ada","memberships":[{"organizationId":"s","role":"owner","more":1},{"organizationId":"t"}]}"#;
        let spaces = serde_json::from_str::<Memberships>(text).unwrap().spaces;
        let seen: Vec<_> = spaces.iter().map(|space| (space.id.as_str(), space.role.as_deref(), space.kind)).collect();
        assert_eq!(seen, [("s", Some("owner"), None), ("t", None, None)]);
    }
}
