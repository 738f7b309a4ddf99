//! A page of the sync log. It is kept as the text that came, and its rows are read from it one after the other: a thousand
//! rows as values take many times the memory of their text.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    error::{BackendError, FailureKind, Service},
    row::Row,
    rows::Told,
};

/// A page of the log.
pub struct PulledPage {
    body: Bytes,
    /// Where the next page begins.
    pub synced_until: String,
    /// Whether there is a next page now.
    pub has_more: bool,
}

/// What stands about the rows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    /// Looked through to their end, so that a page that was cut is known before any of its rows is taken in.
    #[serde(default, rename = "serverChanges")]
    _rows: Option<Vec<IgnoredAny>>,
    synced_until: String,
    #[serde(default)]
    has_more: bool,
}

impl PulledPage {
    pub(super) fn read(body: Bytes) -> Option<Self> {
        let Frame { synced_until, has_more, .. } = serde_json::from_str(str::from_utf8(&body).ok()?).ok()?;
        Some(Self { body, synced_until, has_more })
    }

    /// Hands over the rows, in the order of the log.
    ///
    /// # Errors
    /// Where a value is none that JSON has; the rows before it have been handed over.
    pub fn for_each<'a>(&'a self, take: impl FnMut(Row<'a>)) -> Result<(), BackendError> {
        let malformed = BackendError { service: Service::Sync, kind: FailureKind::Malformed };
        let Ok(text) = str::from_utf8(&self.body) else { return Err(malformed) };
        Page(take).deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|_| malformed)
    }

    /// All rows at once, with those who wrote them.
    #[cfg(test)]
    pub(crate) fn changes(&self) -> Vec<super::wire::Change> {
        let mut changes = Vec::new();
        self.for_each(|row| changes.push(row.to_change())).unwrap();
        let page: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let rows = page["serverChanges"].as_array().into_iter().flatten().filter(|row| row["op"].is_string());
        for (change, row) in changes.iter_mut().zip(rows) {
            change.actor = row.get("actor").cloned();
            change.origin = super::wire::Origin::deserialize(&row["origin"]).ok();
        }
        changes
    }
}

impl fmt::Debug for PulledPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { synced_until, has_more, .. } = self;
        f.debug_struct("PulledPage").field("synced_until", synced_until).field("has_more", has_more).finish()
    }
}

/// The object around the rows.
struct Page<F>(F);

impl<'de, F: FnMut(Row<'de>)> DeserializeSeed<'de> for Page<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Row<'de>)> Visitor<'de> for Page<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of the log")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::ServerChanges => map.next_value_seed(Rows(&mut self.0))?,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    ServerChanges,
    #[serde(other)]
    Other,
}

/// The rows, or null where there are none.
struct Rows<'a, F>(&'a mut F);

impl<'de, F: FnMut(Row<'de>)> DeserializeSeed<'de> for Rows<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Row<'de>)> Visitor<'de> for Rows<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of the log")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(Told(row)) = rows.next_element()? {
            row.into_iter().for_each(&mut *self.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<PulledPage> {
        PulledPage::read(Bytes::copy_from_slice(text.as_bytes()))
    }

    const ROW: &str = r#"{"eventId":"e","table":"t","id":"i","op":"delete"}"#;

    #[test]
    fn rows_come_in_their_order_and_what_is_no_row_is_left_out() {
        let other = ROW.replace("\"i\"", "\"j\"");
        let page = read(&format!(
            r#"{{"more":[{ROW}],"serverChanges":[{ROW},1,{{}},{other}],"syncedUntil":"u","hasMore":true}}"#
        ));
        let page = page.unwrap();
        assert_eq!((page.synced_until.as_str(), page.has_more), ("u", true));
        let ids: Vec<String> = page.changes().into_iter().map(|change| change.id).collect();
        assert_eq!(ids, ["i", "j"]);
    }

    #[test]
    fn a_page_may_have_no_rows() {
        for text in [
            r#"{"syncedUntil":"u"}"#,
            r#"{"serverChanges":null,"syncedUntil":"u"}"#,
            r#"{"serverChanges":[],"syncedUntil":"u"}"#,
        ] {
            let page = read(text).unwrap();
            assert!(page.changes().is_empty() && !page.has_more, "{text}");
        }
    }

    #[test]
    fn what_is_no_page_is_known_before_a_row_is_read() {
        let whole = format!(r#"{{"serverChanges":[{ROW}],"syncedUntil":"u"}}"#);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_none(), "{end}");
        }
        for text in [r#"{"serverChanges":"x","syncedUntil":"u"}"#, r#"{"serverChanges":[]}"#, "[]", "1"] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_value_that_json_does_not_have_is_an_error() {
        for value in [r#""\ud800""#, "1e999"] {
            let row = ROW.replace("\"e\"", value);
            let page = read(&format!(r#"{{"serverChanges":[{ROW},{row}],"syncedUntil":"u"}}"#)).unwrap();
            let mut taken = 0;
            assert_eq!(page.for_each(|_| taken += 1).unwrap_err().kind, FailureKind::Malformed, "{value}");
            assert_eq!(taken, 1);
        }
    }
}
