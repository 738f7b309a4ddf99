//! A page of the sync log. It stays the text that came: rows are told from it one after the other. A thousand rows as values
//! take many times the memory of their text.
//!
//! Anybody can write rows that are not read here: nested without end, with numbers beyond all numbers, with millions of values.
//! Such a row is left out, and hides no other one. They are so rare that a page is read as a whole first, and row by row where
//! that fails.
//!
//! Where it turns out to be no page, rows may have been told by then. Each stood whole in the text, so it is a row of the log
//! all the same, and comes again when the page is asked for again.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use mana_mcp_runtime::log::Row;

use super::{
    log_reader::{Escaped, RowVisitor, ValueSeed, name},
    pieces::Pieces,
};

/// Values of a row, at most: while it is read, each of its values takes many times the bytes that the shortest ones take in the
/// text.
const MAX_VALUES: usize = 2 << 20;
/// What stands behind the rows is looked for in the last bytes.
const END: usize = 256;

/// A page of the log, as it came.
#[derive(Clone)]
pub struct PulledPage(Pieces);

/// Reads pages, one after the other in the same room.
#[derive(Default)]
pub struct PageReader {
    text: Vec<u8>,
}

/// The end of a page.
#[derive(Debug, PartialEq)]
pub struct PageEnd {
    /// Where the next page begins.
    pub synced_until: String,
    /// Whether there is a next page now.
    pub has_more: bool,
}

impl PulledPage {
    /// A page, as its text came.
    #[must_use]
    pub fn new(body: Pieces) -> Self {
        Self(body)
    }

    /// Its text.
    #[must_use]
    pub fn into_text(self) -> Vec<u8> {
        self.0.into_vec()
    }

    /// Bytes of its text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the next page begins, if there is one, as far as the end of the text shows: so it can be asked for while this
    /// one is read. What is read then is what counts.
    #[must_use]
    pub fn foretold(&self) -> Option<String> {
        let end = self.0.end(END);
        let end = end.utf8_chunks().last()?.valid();
        let (_, rest) = end.rsplit_once(r#""syncedUntil":""#)?;
        let (until, rest) = rest.split_once('"')?;
        rest.contains(r#""hasMore":true"#).then(|| until.to_owned())
    }
}

impl fmt::Debug for PulledPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PulledPage").field("bytes", &self.len()).finish()
    }
}

impl PageReader {
    /// Hands on the rows, in the order of the log; `None` where it is no page.
    pub fn read(&mut self, page: PulledPage, mut take: impl FnMut(&Row<'_>)) -> Option<PageEnd> {
        self.text.clear();
        self.text.reserve_exact(page.len());
        page.0.add_to(&mut self.text);
        // The next one may come into its room.
        drop(page);
        let (text, escaped) = (str::from_utf8(&self.text).ok()?, Escaped::new());
        let mut progress = Progress::default();
        let mut read = |is_each| {
            let page = Page { is_each, progress: &mut progress, take: &mut take, escaped: &escaped };
            let mut json = serde_json::Deserializer::from_str(text);
            let end = json.deserialize_map(page).ok()?;
            json.end().ok().map(|()| end)
        };
        let end = if may_have_too_many_values(text) { None } else { read(false) };
        let end = end.or_else(|| read(true))?;
        if progress.left_out > 0 {
            tracing::warn!(rows = progress.left_out, "rows of the sync log cannot be read here, and are left out");
        }
        Some(end)
    }
}

impl fmt::Debug for PageReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageReader")
    }
}

fn may_have_too_many_values(text: &str) -> bool {
    text.len() > MAX_VALUES && places_of_values(text) > MAX_VALUES
}

/// A value stands behind a comma, or is the first one in an array or an object.
fn places_of_values(text: &str) -> usize {
    let (mut places, mut is_in_string, mut bytes) = (0, false, text.bytes());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_in_string = !is_in_string,
            b'\\' if is_in_string => drop(bytes.next()),
            b',' | b'[' | b'{' if !is_in_string => places += 1,
            _ => {}
        }
    }
    places
}

/// How far the rows of a page have been read.
#[derive(Default)]
struct Progress {
    /// As a whole.
    read: usize,
    /// Row by row, with those that had been read before.
    passed: usize,
    left_out: usize,
}

struct Page<'x, 'a, F> {
    /// Whether each row is read by itself, so that one that cannot be read is left out.
    is_each: bool,
    progress: &'x mut Progress,
    take: &'x mut F,
    escaped: &'a Escaped,
}

impl<'a, F: FnMut(&Row<'a>)> Visitor<'a> for Page<'_, 'a, F> {
    type Value = PageEnd;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<PageEnd, A::Error> {
        let (mut synced_until, mut has_more) = (None, false);
        while let Some(name) = name(&mut members, self.escaped)? {
            match name {
                "serverChanges" => members.next_value_seed(Rows { page: &mut self })?,
                "syncedUntil" => synced_until = Some(members.next_value()?),
                "hasMore" => has_more = members.next_value()?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(PageEnd { synced_until: synced_until.ok_or_else(|| A::Error::missing_field("syncedUntil"))?, has_more })
    }
}

struct Rows<'y, 'x, 'a, F> {
    page: &'y mut Page<'x, 'a, F>,
}

impl<'a, F: FnMut(&Row<'a>)> DeserializeSeed<'a> for Rows<'_, '_, 'a, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, rows: D) -> Result<(), D::Error> {
        rows.deserialize_any(self)
    }
}

impl<'a, F: FnMut(&Row<'a>)> Visitor<'a> for Rows<'_, '_, 'a, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut rows: A) -> Result<(), A::Error> {
        let Page { is_each, progress, take, escaped } = self.page;
        let mut room = Vec::new();
        if !*is_each {
            while rows
                .next_element_seed(ValueSeed { visitor: RowVisitor { take: &mut **take, room: &mut room }, escaped })?
                .is_some()
            {
                progress.read += 1;
            }
            return Ok(());
        }
        while let Some(row) = rows.next_element::<&RawValue>()? {
            progress.passed += 1;
            if progress.passed > progress.read {
                let mut json = serde_json::Deserializer::from_str(row.get());
                let told = ValueSeed { visitor: RowVisitor { take: &mut **take, room: &mut room }, escaped };
                let is_read = !may_have_too_many_values(row.get()) && told.deserialize(&mut json).is_ok();
                progress.left_out += usize::from(!is_read);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
