//! JSON as it is written, as a value and as a text.

use serde_json::json;

use super::*;

#[test]
fn the_literal_is_the_json_as_a_string() {
    for value in [
        json!(null),
        json!({}),
        json!({ "a": "say \"so\" \\ or\nnot\u{1}", "ключ": ["😀", 1.5, true], "\"": "\\\\" }),
        json!("x".repeat(10_000)),
    ] {
        let output = Json::of(&value).unwrap();
        let json = value.to_string();
        assert_eq!(output.text, json);
        let literal = str::from_utf8(&output.literal).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), format!("\"{literal}\""));
    }
}

#[test]
fn a_string_is_written_as_the_library_writes_it() {
    let specials = (0..0x100_u32).filter_map(char::from_u32).chain(['€', '😀', '\u{2028}']);
    let texts = specials.flat_map(|special| {
        (0..20).map(move |place| format!("{}{special}{}", "a".repeat(place), "é".repeat(19 - place)))
    });
    for text in texts.chain([String::new()]) {
        let mut out = JsonOut::default();
        out.string(&text).unwrap();
        let (json, wanted) = (out.finish(), Json::of(&text).unwrap());
        assert_eq!((&json.text, &json.literal), (&wanted.text, &wanted.literal), "{text:?}");
    }
}

#[test]
fn a_whole_number_has_no_fraction() {
    for (value, written) in [
        (250.0, "250"),
        (-250.0, "-250"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (9_007_199_254_740_991.0, "9007199254740991"),
        (9_007_199_254_740_992.0, "9007199254740992.0"),
        (1e300, "1e+300"),
    ] {
        assert_eq!(Json::of(&value).unwrap().text, written);
        assert_eq!(Json::of(&json!({ "a": [value] })).unwrap().text, format!("{{\"a\":[{written}]}}"));
    }
}

#[test]
fn what_was_written_can_be_taken_back() {
    let mut out = JsonOut::default();
    out.piece(Piece::of("["));
    let mark = out.mark();
    out.string("\"").unwrap();
    out.back_to(mark);
    out.piece(Piece { text: "\"a\",", literal: "\\\"a\\\"," });
    out.end_of_members();
    out.piece(Piece::of("]"));
    let (json, wanted) = (out.finish(), Json::of(&["a"]).unwrap());
    assert_eq!((json.text, json.literal), (wanted.text, wanted.literal));
}
