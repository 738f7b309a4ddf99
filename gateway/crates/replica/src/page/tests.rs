//! What is a page, and which of its rows are returned.

use mana_mcp_runtime::log::{Change, Operation};

use super::*;
use crate::{splitter::MAX_ROW, testing};

/// A page that has come whole.
struct Page(Vec<u8>);

fn page(text: &str) -> Page {
    Page(text.as_bytes().to_vec())
}

fn is_page(text: &str) -> bool {
    page(text).read(|_| ()).is_some()
}

impl Page {
    fn changes(&self) -> Vec<Change> {
        testing::changes(&self.0).unwrap().0
    }

    /// Where the next page begins, and whether there is one.
    fn end(&self) -> (String, bool) {
        let PageEnd { synced_until, has_more } = self.read(|_| ()).unwrap();
        (synced_until, has_more)
    }

    fn read(&self, take: impl FnMut(&Row<'_>)) -> Option<PageEnd> {
        read_page([self.0.as_slice()], take).map(|(end, _)| end)
    }
}

const ROW: &str = r#"{"eventId":"e","table":"t","id":"i","op":"delete"}"#;

#[test]
fn rows_come_in_their_order_and_what_is_no_row_is_left_out() {
    let other = ROW.replace("\"i\"", "\"j\"");
    let page =
        page(&format!(r#"{{"more":[{ROW}],"serverChanges":[{ROW},1,{{}},{other}],"syncedUntil":"u","hasMore":true}}"#));
    assert_eq!(page.end(), ("u".to_owned(), true));
    let ids: Vec<String> = page.changes().into_iter().map(|change| change.id).collect();
    assert_eq!(ids, ["i", "j"]);
}

#[test]
fn a_page_is_the_same_in_whatever_pieces_it_comes() {
    let strange = ROW.replace("\"i\"", r#""]\\\"[{,\u0069""#);
    let text = format!(
        r#"{{ "a" : [[{{"serverChanges":[1]}}], "serverChanges"], "serverChanges" : [ {ROW} , 1 ,{strange}, [[]], {{"x":[{ROW},2]}} ] , "b": [], "syncedUntil":"u" }}"#
    );
    let whole = page(&text).changes();
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[1].id, "]\\\"[{,i");
    for length in 1..40 {
        let (mut splitter, mut ids) = (Splitter::default(), Vec::new());
        for piece in text.as_bytes().chunks(length) {
            splitter.feed(piece).unwrap();
            assert_eq!(read_rows(&splitter.take(), |row| ids.push(row.id.to_owned())), 0);
        }
        assert_eq!(splitter.finish().unwrap(), PageEnd { synced_until: "u".to_owned(), has_more: false });
        assert_eq!(ids, [&*whole[0].id, &*whole[1].id], "{length}");
    }
}

#[test]
fn texts_are_told_as_they_are_meant_however_they_are_spelled() {
    let row = ROW.replace("\"i\"", r#""\u0069\n\"\ud83c\udf31""#).replace("table", r"t\u0061ble");
    assert_eq!(page(&format!(r#"{{"serverChanges":[{row}],"syncedUntil":"u"}}"#)).changes()[0].id, "i\n\"🌱");
}

#[test]
fn a_page_may_have_no_rows() {
    for text in [
        r#"{"syncedUntil":"u"}"#,
        r#"{"serverChanges":null,"syncedUntil":"u"}"#,
        r#"{"serverChanges":[],"syncedUntil":"u"}"#,
        r#"{"serverChanges":[],"syncedUntil":"u","hasMore":false}"#,
    ] {
        let page = page(text);
        assert!(page.changes().is_empty(), "{text}");
        assert_eq!(page.end(), ("u".to_owned(), false));
    }
}

#[test]
fn what_is_no_page_is_known() {
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
    assert!(Page(b"{\"syncedUntil\":\"\xff\"}".to_vec()).read(|_| ()).is_none());
}

/// The ids of its rows, where it is a page.
fn told(text: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    page(text).read(|row| ids.push(row.id.to_owned())).map(|_| ids)
}

/// A page of that row between two others, `i` and `j`.
fn among_others(row: &str) -> String {
    let last = ROW.replace("\"i\"", "\"j\"");
    format!(r#"{{"serverChanges":[{ROW},{row},{last}],"syncedUntil":"u"}}"#)
}

/// Rows with a value in each place where it is read, and in each where it is not.
fn with(value: &str) -> [Vec<String>; 2] {
    let read = [
        r#"{"table":"t","id":"x","op":"insert","data":{"x":VALUE}}"#,
        r#"{"table":"t","id":"x","op":"insert","data":{"x":[VALUE]}}"#,
        r#"{"table":"t","id":"x","op":"update","fields":{"x":{"value":VALUE}}}"#,
    ];
    let passed_over = [
        r#"{"table":"t","id":"x","op":"update","fields":{"x":{"value":1,"more":VALUE}}}"#,
        r#"{"table":"t","id":"x","op":"delete","more":VALUE}"#,
    ];
    [read.as_slice(), &passed_over].map(|rows| rows.iter().map(|row| row.replace("VALUE", value)).collect())
}

#[test]
fn a_row_with_a_value_that_json_does_not_have_is_left_out() {
    for value in ["01", "\"\t\"", "\u{a0}1", "nul", "[1", "}"] {
        for row in with(value).concat() {
            let told = told(&among_others(&row)).unwrap_or_default();
            assert!(!told.contains(&"x".to_owned()), "{row}");
        }
        assert!(!is_page(&format!(r#"{{"syncedUntil":"u","more":{value}}}"#)), "{value}");
    }
}

#[test]
fn a_row_that_cannot_be_read_hides_no_other_one() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let reserved = r#"{"$serde_json::private::RawValue":"[1]"}"#;
    for value in [r#""\ud800""#, "1e999", reserved, &deep, &objects] {
        let [read, passed_over] = with(value);
        for row in read {
            assert_eq!(told(&among_others(&row)).unwrap(), ["i", "j"], "{row:.200}");
        }
        for row in passed_over {
            assert_eq!(told(&among_others(&row)).unwrap(), ["i", "x", "j"], "{row:.200}");
        }
        assert_eq!(told(&among_others(value)).unwrap(), ["i", "j"], "{value:.200}");
        assert!(is_page(&format!(r#"{{"syncedUntil":"u","more":{value}}}"#)), "{value:.200}");
        for text in [r#"{"syncedUntil":VALUE}"#, r#"{"syncedUntil":"u","hasMore":VALUE}"#, "VALUE"] {
            assert!(!is_page(&text.replace("VALUE", value)), "{text} {value:.200}");
        }
    }
    assert!(!is_page(&deep[..100_000]));
}

#[test]
fn a_row_that_is_too_long_is_left_out() {
    let row = |length: usize| {
        let row = r#"{"table":"t","id":"x","op":"insert","data":{"x":""}}"#;
        row.replace(r#":""}"#, &format!(r#":"{}"}}"#, "x".repeat(length - row.len())))
    };
    assert_eq!(told(&among_others(&row(MAX_ROW))).unwrap(), ["i", "x", "j"]);
    for row in [row(MAX_ROW + 1), row(3 * MAX_ROW)] {
        let page = among_others(&row);
        assert_eq!(told(&page).unwrap(), ["i", "j"]);
        assert_eq!(read_page([page.as_bytes()], |_| ()).unwrap().1, 1);
    }
}

#[test]
fn what_stands_beside_the_rows_is_bounded() {
    let page = |beside: usize| format!(r#"{{"serverChanges":[],"x":"{}","syncedUntil":"u"}}"#, "x".repeat(beside));
    assert!(is_page(&page(1 << 19)) && !is_page(&page(1 << 21)));
}

/// What is read part by part is what JSON that is read as a whole means.
mod against_whole_values {
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
            let Operation::Insert { data: read } = &changes[0].operation else { panic!() };
            prop_assert_eq!(&Value::Object(read.clone()), &data);
        }

        #[test]
        fn what_is_json_is_the_same(
            value in value(),
            place in any::<prop::sample::Index>(),
            other in prop::sample::select(r#"{}[]":,\u0d8e1.-+Etrufalsn /"#.chars().collect::<Vec<_>>()),
        ) {
            let mut text: Vec<char> = value.to_string().chars().collect();
            *place.get_mut(&mut text) = other;
            let text: String = text.into_iter().collect();
            let row = format!(r#"{{"table":"t","id":"i","op":"insert","data":{{"x":{text}}}}}"#);
            let page = format!(r#"{{"serverChanges":[{row}],"syncedUntil":"u"}}"#);
            // What is JSON by its spelling alone is a page without that row.
            let is_told = told(&page).is_some_and(|ids| ids.contains(&"i".to_owned()));
            prop_assert_eq!(is_told, serde_json::from_str::<Value>(&page).is_ok());
        }
    }
}
