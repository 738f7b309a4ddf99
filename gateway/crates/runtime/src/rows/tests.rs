//! Rows that are written for an answer without being read first: the same JSON and the same faults as those of rows that are
//! read, and then written.

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::Aead};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use mana_mcp_macros::{Input, Record};
use proptest::{prelude::*, sample::select};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Folder, Placement, Record, RowReader, RowWriter};
use crate::{
    crypto::{FieldCipher, MasterKey, enc1::OpenBuffer},
    decode::{Date, JsonObject, Timestamp, Uuid},
    encode::{Json, JsonOut},
    log::{Event, Row, Set},
};

const ID: &str = "6F9619FF-8B86-4011-B42D-00C04FC964FF";
const KEY: [u8; 32] = [7; 32];

#[derive(Debug, Clone, Copy, Input, Serialize)]
enum Mood {
    #[input(value = "so \"so\"")]
    #[serde(rename = "so \"so\"")]
    SoSo,
    #[input(value = "good")]
    #[serde(rename = "good")]
    Good,
}

#[derive(Clone, Input, Serialize)]
struct Step {
    title: String,
    #[input(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<i64>,
}

/// A field of each type, required, optional and nullable, as it is and encrypted.
#[derive(Clone, Record, Serialize)]
#[record(app = "app", table = "things", sync_name = "things", noun = "thing")]
struct Thing {
    #[record(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
    id: Uuid,
    text: String,
    #[record(name = "say \"it\"", optional)]
    #[serde(rename = "say \"it\"", skip_serializing_if = "Option::is_none")]
    nullable: Option<Option<String>>,
    whole: i64,
    number: f64,
    #[record(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    #[record(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Timestamp>,
    other: Option<Uuid>,
    #[record(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mood: Option<Mood>,
    #[record(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Option<Vec<Step>>>,
    #[record(default = 3)]
    level: i64,
    #[record(encrypted)]
    secret: String,
    #[record(encrypted, optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[record(encrypted)]
    hour: Option<Timestamp>,
    #[record(encrypted, optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Option<Vec<Step>>>,
    #[record(encrypted, optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<JsonObject>,
    #[record(encrypted, optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
}

/// A row that can be read.
fn sound() -> JsonObject {
    let Value::Object(row) = json!({
        "first": true, "text": "a \"b\" \\ c\u{1}", "say \"it\"": null, "whole": 3.0, "level": 7, "number": 1e21, "day": "2026-05-01",
        "time": "2026-05-01t09:00:00.1239+02:00", "other": null, "mood": "so \"so\"", "unknown": [1],
        "steps": [{ "title": "x", "order": 1, "unknown": 2 }],
        "secret": sealed(br#""Milch \u00e4 \"so\"""#), "hint": sealed(b" \"padded\" "), "hour": sealed(b"null"),
        "plan": sealed(br#"[{"title":"x"}]"#), "more": sealed(br#"{"b":1.0,"a":[null]}"#), "weight": sealed(b"1"),
    }) else {
        panic!()
    };
    row
}

/// As another client may have sealed it: whatever bytes they are.
fn sealed(text: &[u8]) -> String {
    let iv = [1; 12];
    let sealed = Aes256Gcm::new(&KEY.into()).encrypt(&Nonce::from(iv), text).unwrap();
    format!("enc:1:{}.{}", STANDARD.encode(iv), STANDARD.encode(sealed))
}

fn is_written_as_it_is_read(row: JsonObject) {
    let fields = row.iter().map(|(name, value)| Set { name, value: Some(value.into()), at: "" }).collect();
    let inserted = Row { event_id: "", table: "things", id: ID, event: Event::Insert(fields), space_id: None };
    let stored = Folder::new(Thing::TABLE).step(None, &inserted, Placement { home: None, arrived: "" });
    let cipher = FieldCipher::new(&MasterKey::new(KEY));
    let (mut buffer, mut other_buffer) = (OpenBuffer::default(), OpenBuffer::default());

    let mut reader = RowReader::new(&stored, Some(&cipher), &mut buffer);
    let read = Thing::open(&mut reader);
    let mut writing = RowReader::new(&stored, Some(&cipher), &mut other_buffer);
    let mut out = JsonOut::default();
    Thing::write(&mut RowWriter::new(&mut writing, &mut out));
    out.end_of_members();

    assert_eq!(reader.another_key(), writing.another_key());
    assert_eq!(reader.lacks_a_field(), writing.lacks_a_field());
    assert_eq!(reader.faults(), writing.faults());
    // A value that must be there and cannot be read is missing in the JSON alone.
    let Some(read) = read else {
        assert!(writing.has_faults());
        return;
    };
    let written = out.finish();
    let text = format!("{{{}}}", str::from_utf8(&written.text).unwrap());
    let mut wanted: Value = serde_json::from_slice(&Json::of(&read).unwrap().text).unwrap();
    let has_its_default = writing.faults().contains(&"level");
    wanted.as_object_mut().unwrap().retain(|name, value| !(value.is_null() || has_its_default && name == "level"));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wanted);
    let literal = Json::of(&text).unwrap().text;
    assert_eq!(format!("\"{{{}}}\"", str::from_utf8(&written.literal).unwrap()), literal);
}

#[test]
fn a_sound_row_is_written_as_it_is_read() {
    is_written_as_it_is_read(sound());
    for name in sound().keys() {
        let mut without = sound();
        without.shift_remove(name);
        is_written_as_it_is_read(without);
    }
}

fn strange() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(1),
        json!(-0.0),
        json!(1.5),
        json!(3.0),
        json!(1e300),
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(""),
        json!("plain"),
        json!("\"\\\n\u{0}\u{7f}\u{2028}😀"),
        json!("good"),
        json!("2026-05-01"),
        json!("2026-05-01T09:00:00.000Z"),
        json!("2026-05-01T23:59:60+00:00"),
        json!("0000-01-01T00:00:00+01:00"),
        json!(ID),
        json!([]),
        json!([{ "title": "a", "order": null }]),
        json!([{ "title": 1 }]),
        json!({}),
        json!({ "a": { "b": ["\"", 1.0] } }),
        json!("enc:2:AAAA.BBBB"),
        json!("enc:1:AAAA.BBBB"),
        json!(FieldCipher::new(&MasterKey::new([8; 32])).seal(&json!("x")).unwrap()),
    ];
    let inside: [&[u8]; 9] = [
        br#""\u0041""#,
        br#""\ud800""#,
        b"\"\xff\"",
        b"\"a\nb\"",
        br#" "a""#,
        br#""a" x"#,
        b"",
        b"1.0",
        br#"{"a":1,"a":2}"#,
    ];
    let encrypted: Vec<Value> = values.iter().map(|value| json!(sealed(value.to_string().as_bytes()))).collect();
    values.extend(encrypted);
    values.extend(inside.map(|text| json!(sealed(text))));
    values
}

#[test]
fn a_strange_value_in_any_field_has_the_same_end() {
    for name in sound().keys() {
        for value in strange() {
            let mut row = sound();
            row.insert(name.clone(), value);
            is_written_as_it_is_read(row);
        }
    }
}

proptest! {
    #[test]
    fn any_texts_are_written_as_they_are_read(plain in any::<String>(), secret in any::<String>(), wrong in select(strange())) {
        let mut row = sound();
        row.insert("text".to_owned(), json!(plain));
        row.insert("secret".to_owned(), json!(sealed(json!(secret).to_string().as_bytes())));
        is_written_as_it_is_read(row.clone());
        row.insert("hint".to_owned(), wrong);
        is_written_as_it_is_read(row);
    }
}

/// A row with those fields, as its list shows it.
fn shown(row: Value) -> (Value, Vec<&'static str>) {
    let Value::Object(row) = row else { panic!() };
    let fields = row.iter().map(|(name, value)| Set { name, value: Some(value.into()), at: "" }).collect();
    let inserted = Row { event_id: "", table: "things", id: ID, event: Event::Insert(fields), space_id: None };
    let stored = Folder::new(Thing::TABLE).step(None, &inserted, Placement { home: None, arrived: "" });
    let (cipher, mut buffer) = (FieldCipher::new(&MasterKey::new(KEY)), OpenBuffer::default());
    let mut reader = RowReader::new(&stored, Some(&cipher), &mut buffer);
    let mut out = JsonOut::default();
    Thing::write(&mut RowWriter::new(&mut reader, &mut out));
    out.end_of_members();
    let text = format!("{{{}}}", str::from_utf8(&out.finish().text).unwrap());
    (serde_json::from_str(&text).unwrap(), reader.faults().to_vec())
}

#[test]
fn a_field_that_cannot_be_read_costs_that_field_and_an_absent_one_has_its_default() {
    let whole = |more: Value| {
        let mut row = json!({ "text": "a", "whole": 1, "number": 2, "secret": "plain text of old" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let seen = |more: Value| {
        let mut row = json!({ "id": ID.to_lowercase(), "text": "a", "whole": 1, "number": 2, "level": 3, "secret": "plain text of old" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        row
    };
    let other = FieldCipher::new(&MasterKey::new([8; 32])).seal(&json!("x")).unwrap();
    for (stored, read, faults) in [
        (json!({}), json!({}), vec![]),
        (json!({ "level": null, "first": null, "hint": null }), json!({}), vec![]),
        (json!({ "level": "high" }), json!({ "level": null }), vec!["level"]),
        (json!({ "day": "2026-02-30", "mood": "odd" }), json!({}), vec!["day", "mood"]),
        (json!({ "text": 7 }), json!({ "text": null }), vec!["text"]),
        (json!({ "secret": other }), json!({ "secret": null }), vec!["secret"]),
    ] {
        assert_eq!(shown(whole(stored)), (seen(read), faults));
    }
}
