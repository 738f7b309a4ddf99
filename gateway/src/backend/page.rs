//! A page of the sync log. It stays the text that came: reading it notes where each value stands, and rows are told from that
//! one after the other. A thousand rows as values take many times the memory of their text.
//!
//! All of it must be JSON that means something, parts too that nobody reads: the service's database takes no other.

use std::{fmt, mem};

use simd_json::{
    Buffers, INPUT_PADDING, Tape, fill_tape_padded,
    prelude::{TypedScalarValue, ValueAsScalar, ValueIntoString},
    tape::{Array, Value},
};

use super::{pieces::Pieces, row::Row, rows};

/// Deeper values are no page's.
const MAX_DEPTH: usize = 128;
/// Values of a page, at most: while it is read, each takes twelve times the bytes that the shortest ones take in the text.
const MAX_VALUES: usize = 8 << 20;
/// What stands behind the rows is looked for in the last bytes.
const END: usize = 256;

/// A page of the log, as it came.
pub struct PulledPage(Pieces);

/// Reads pages, one after the other in the same room.
pub struct PageReader {
    text: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

/// A page that was read to its end.
pub struct ReadPage<'t, 'a> {
    rows: Option<Array<'t, 'a>>,
    /// Where the next page begins.
    pub synced_until: &'a str,
    /// Whether there is a next page now.
    pub has_more: bool,
}

impl PulledPage {
    pub(super) fn new(body: Pieces) -> Self {
        Self(body)
    }

    /// Bytes of its text.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
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

    /// All rows at once, with those who wrote them.
    #[cfg(test)]
    pub(crate) fn changes(&self) -> Vec<super::wire::Change> {
        use serde::Deserialize;

        let mut changes = Vec::new();
        self.read(|page| page.rows().for_each(|row| changes.push(row.to_change()))).unwrap();
        let page: serde_json::Value = serde_json::from_slice(&self.0.clone().into_vec()).unwrap();
        let rows = page["serverChanges"].as_array().into_iter().flatten().filter(|row| row["op"].is_string());
        for (change, row) in changes.iter_mut().zip(rows) {
            change.actor = row.get("actor").cloned();
            change.origin = super::wire::Origin::deserialize(&row["origin"]).ok();
        }
        changes
    }

    /// Where the next page begins, and whether there is one.
    #[cfg(test)]
    pub(crate) fn end(&self) -> (String, bool) {
        self.read(|page| (page.synced_until.to_owned(), page.has_more)).unwrap()
    }

    #[cfg(test)]
    fn read<T>(&self, take: impl FnOnce(ReadPage<'_, '_>) -> T) -> Option<T> {
        PageReader::default().read(Self(self.0.clone()), take)
    }
}

impl fmt::Debug for PulledPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PulledPage").field("bytes", &self.len()).finish()
    }
}

impl PageReader {
    /// What `take` makes of the page; `None` where it is none. It is looked through to its end first, so that a page that
    /// was cut is known before any of its rows is taken in.
    pub(super) fn read<T>(&mut self, page: PulledPage, take: impl FnOnce(ReadPage<'_, '_>) -> T) -> Option<T> {
        let (text, length) = (&mut self.text, page.len());
        text.clear();
        text.reserve_exact(length + INPUT_PADDING);
        page.0.add_to(text);
        // The next one may come into its room.
        drop(page);
        if may_have_too_many_values(text) {
            return None;
        }
        text.resize(length + INPUT_PADDING, b' ');
        let mut tape = mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let is_json = fill_tape_padded(text, length, &mut self.buffers, &mut tape).is_ok();
        let taken = if is_json { read_page(tape.as_value()).map(take) } else { None };
        self.tape = tape.reset();
        taken
    }
}

impl Default for PageReader {
    fn default() -> Self {
        Self { text: Vec::new(), buffers: Buffers::with_max_depth(0, MAX_DEPTH), tape: Tape(Vec::new()) }
    }
}

impl fmt::Debug for PageReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageReader")
    }
}

/// Commas in texts count as well: they are few there.
fn may_have_too_many_values(text: &[u8]) -> bool {
    text.len() > MAX_VALUES && text.iter().filter(|byte| **byte == b',').count() > MAX_VALUES
}

fn read_page<'t, 'a>(value: Value<'t, 'a>) -> Option<ReadPage<'t, 'a>> {
    let (mut rows, mut synced_until, mut has_more) = (None, None, false);
    for (name, value) in &value.as_object()? {
        match name {
            "serverChanges" if value.is_null() => rows = None,
            "serverChanges" => rows = Some(value.as_array()?),
            "syncedUntil" => synced_until = Some(value.into_string()?),
            "hasMore" => has_more = value.as_bool()?,
            _ => (),
        }
    }
    Some(ReadPage { rows, synced_until: synced_until?, has_more })
}

impl<'a> ReadPage<'_, 'a> {
    /// The rows, in the order of the log.
    pub fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().flat_map(Array::iter).filter_map(rows::row)
    }

    /// How many rows there are, at most.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.as_ref().map_or(0, Array::len)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn page(text: &str) -> PulledPage {
        page_of(text.as_bytes())
    }

    fn page_of(text: &[u8]) -> PulledPage {
        PulledPage::new(Bytes::copy_from_slice(text).into())
    }

    fn is_page(text: &str) -> bool {
        page(text).read(|_| ()).is_some()
    }

    const ROW: &str = r#"{"eventId":"e","table":"t","id":"i","op":"delete"}"#;

    #[test]
    fn rows_come_in_their_order_and_what_is_no_row_is_left_out() {
        let other = ROW.replace("\"i\"", "\"j\"");
        let page = page(&format!(
            r#"{{"more":[{ROW}],"serverChanges":[{ROW},1,{{}},{other}],"syncedUntil":"u","hasMore":true}}"#
        ));
        assert_eq!(page.end(), ("u".to_owned(), true));
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
            let page = page(text);
            assert!(page.changes().is_empty(), "{text}");
            assert_eq!(page.end(), ("u".to_owned(), false));
        }
    }

    #[test]
    fn what_is_no_page_is_known_before_a_row_is_read() {
        let whole = format!(r#"{{"serverChanges":[{ROW}],"syncedUntil":"u"}}"#);
        assert!(is_page(&whole));
        for end in 0..whole.len() {
            assert!(!is_page(&whole[..end]), "{end}");
        }
        for text in [
            r#"{"serverChanges":"x","syncedUntil":"u"}"#,
            r#"{"serverChanges":[]}"#,
            r#"{"syncedUntil":1}"#,
            r#"{"syncedUntil":"u","hasMore":1}"#,
            r#"{"syncedUntil":"u"} {}"#,
            "[]",
            "1",
        ] {
            assert!(!is_page(text), "{text}");
        }
        assert!(page_of(b"{\"syncedUntil\":\"\xff\"}").read(|_| ()).is_none());
    }

    #[test]
    fn a_value_that_json_does_not_have_makes_it_no_page() {
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        for value in [r#""\ud800""#, "1e999", "01", "\"\t\"", "\u{a0}1", &deep] {
            let row = ROW.replace("\"e\"", value);
            assert!(!is_page(&format!(r#"{{"serverChanges":[{ROW},{row}],"syncedUntil":"u"}}"#)), "{value}");
        }
    }

    #[test]
    fn what_would_take_too_much_memory_is_no_page() {
        let page = |count: usize| format!(r#"{{"more":[{}1],"syncedUntil":"u"}}"#, "1,".repeat(count));
        assert!(is_page(&page(MAX_VALUES / 8)));
        assert!(!is_page(&page(MAX_VALUES)));
    }

    #[test]
    fn the_end_of_the_text_foretells_the_next_page() {
        let before = format!(r#"{{"serverChanges":[{ROW},"{}"],"conflicts":[]"#, "ä".repeat(END));
        let foretold = |end: &str| page(&format!("{before},{end}}}")).foretold();
        assert_eq!(foretold(r#""syncedUntil":"u","hasMore":true"#).as_deref(), Some("u"));
        for end in
            [r#""syncedUntil":"u""#, r#""syncedUntil":"u","hasMore":false"#, r#""hasMore":true"#, r#""syncedUntil":""#]
        {
            assert_eq!(foretold(end), None, "{end}");
        }
        for text in ["", "{}", "ä"] {
            assert_eq!(page(text).foretold(), None, "{text}");
        }
    }

    /// Another reader of JSON makes the same of the same text; but for the sign of a zero without a point, which ECMAScript
    /// does not write either.
    mod against_another_reader {
        use proptest::prelude::*;
        use serde_json::Value;

        use super::*;

        fn value() -> impl Strategy<Value = Value> {
            let leaf = prop_oneof![
                Just(Value::Null),
                any::<bool>().prop_map(Value::from),
                any::<i64>().prop_map(Value::from),
                any::<u64>().prop_map(Value::from),
                any::<f64>().prop_map(Value::from),
                ".*".prop_map(Value::from),
            ];
            leaf.prop_recursive(4, 32, 4, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                    prop::collection::vec((".{0,8}", inner), 0..4)
                        .prop_map(|members| Value::Object(members.into_iter().collect())),
                ]
            })
        }

        proptest! {
            #[test]
            fn values_are_the_same(data in prop::collection::vec((".{0,8}", value()), 0..6)) {
                let data = Value::Object(data.into_iter().collect());
                let row = serde_json::json!({ "table": "t", "id": "i", "op": "insert", "data": data });
                let changes = page(&format!(r#"{{"serverChanges":[{row}],"syncedUntil":"u"}}"#)).changes();
                let super::super::super::Operation::Insert { data: read } = &changes[0].operation else { panic!() };
                prop_assert_eq!(&Value::Object(read.clone()), &data);
            }

            #[test]
            fn what_is_json_is_the_same(
                text in prop::collection::vec(prop::sample::select(
                    br#"{}[]":,\u0d8e1.-+Etrufalsn /"#.to_vec()), 0..24),
            ) {
                let text = String::from_utf8(text).unwrap();
                let page = format!(r#"{{"syncedUntil":"u","x":{text}}}"#);
                prop_assert_eq!(is_page(&page), serde_json::from_str::<Value>(&page).is_ok());
            }
        }
    }
}
