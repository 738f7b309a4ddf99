//! The formats: what is read, how it is written, and that a schema validator agrees where it knows the format.

use jiff::{civil, tz::TimeZone};
use mana_mcp_macros::Input;
use serde_json::json;

use super::super::{Date, Id, Moment, Timestamp, Uuid};
use super::{accepts, fault};

const UUIDS: &[(&str, bool)] = &[
    ("01234567-89ab-4def-8123-456789abcdef", true),
    ("01234567-89AB-4DEF-8123-456789ABCDEF", true),
    ("00000000-0000-0000-0000-000000000000", true),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", true),
    ("0123456789ab4def8123456789abcdef", false),
    ("{01234567-89ab-4def-8123-456789abcdef}", false),
    ("urn:uuid:01234567-89ab-4def-8123-456789abcdef", false),
    ("01234567-89ab-4def-8123-456789abcdeg", false),
    ("01234567-89ab-4def-8123-456789abcde", false),
    ("01234567-89ab-4def-8123-456789abcdef ", false),
    ("0123456-789ab-4def-8123-456789abcdef", false),
    ("０1234567-89ab-4def-8123-456789abcd", false),
    ("", false),
];

/// What the schema of an id says.
const ID: &str = "^[A-Za-z0-9_.:-]+$";

const MOMENTS: &[(&str, bool)] = &[
    ("2026-12-24", true),
    ("2024-02-29", true),
    ("2026-12-24T09:00", true),
    ("2026-12-24T09:00:00", true),
    ("2026-12-24T09:00:00.5", true),
    ("2026-12-24T09:00:00.123456789", true),
    ("2026-12-24T09:00Z", true),
    ("2026-12-24T00:00:00.000Z", true),
    ("2026-12-24T23:59:59+14:00", true),
    ("2026-12-24T00:30:00-00:00", true),
    ("2026-02-30", false),
    ("2026-02-29T09:00", false),
    ("2026-13-01", false),
    ("24.12.2026", false),
    ("2026-12-24T", false),
    ("2026-12-24T09", false),
    ("2026-12-24T24:00", false),
    ("2026-12-24T09:60", false),
    ("2026-12-24T09:00:60Z", false),
    ("2026-12-24T09:00.5", false),
    ("2026-12-24T09:00:00.", false),
    ("2026-12-24T09:00:00.1234567890", false),
    ("2026-12-24T09:00:00 ", false),
    ("2026-12-24t09:00", false),
    ("2026-12-24T09:00z", false),
    ("2026-12-24 09:00", false),
    ("2026-12-24T09:00+0200", false),
    ("2026-12-24T09:00+24:00", false),
    ("2026-12-24Z", false),
    ("0000-01-01T00:30:00+01:00", false),
    ("9999-12-31T23:30:00-01:00", false),
    ("tomorrow", false),
    ("", false),
];

const DATES: &[(&str, bool)] = &[
    ("2026-02-28", true),
    ("2024-02-29", true),
    ("2000-02-29", true),
    ("0000-01-01", true),
    ("0000-02-29", true),
    ("9999-12-31", true),
    ("2026-02-29", false),
    ("1900-02-29", false),
    ("2026-13-01", false),
    ("2026-00-01", false),
    ("2026-04-31", false),
    ("2026-04-00", false),
    ("2026-4-1", false),
    ("20260401", false),
    ("+2026-04-01", false),
    ("-2026-04-01", false),
    ("12026-04-01", false),
    ("2026-04-01T00:00:00Z", false),
    ("2026-04-01 ", false),
    ("２026-04-0", false),
    ("", false),
];

/// What is read, and how it is written then.
const TIMES: &[(&str, Option<&str>)] = &[
    ("2026-04-22T10:15:30.123Z", Some("2026-04-22T10:15:30.123Z")),
    ("2026-04-22t10:15:30z", Some("2026-04-22T10:15:30.000Z")),
    ("2026-04-22T10:15:30.1Z", Some("2026-04-22T10:15:30.100Z")),
    ("2026-04-22T10:15:30.1239999999999999999999999Z", Some("2026-04-22T10:15:30.123Z")),
    ("2026-04-22T23:59:59.9999Z", Some("2026-04-22T23:59:59.999Z")),
    ("2026-04-22T10:15:30+02:00", Some("2026-04-22T08:15:30.000Z")),
    ("2026-04-22T10:15:30-00:00", Some("2026-04-22T10:15:30.000Z")),
    ("2026-01-01T00:15:30.5+23:59", Some("2025-12-31T00:16:30.500Z")),
    ("2024-02-28T23:00:00-01:30", Some("2024-02-29T00:30:00.000Z")),
    ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00.000Z")),
    ("9999-12-31T23:59:59.999Z", Some("9999-12-31T23:59:59.999Z")),
    ("1990-12-31T23:59:60Z", Some("1990-12-31T23:59:59.999Z")),
    ("1990-12-31T15:59:60.25-08:00", Some("1990-12-31T23:59:59.999Z")),
    ("9999-12-31T23:59:60Z", Some("9999-12-31T23:59:59.999Z")),
    ("1990-12-31T23:59:60-08:00", None),
    ("1990-12-31T22:59:60Z", None),
    ("1990-12-31T23:59:61Z", None),
    ("2026-04-22T24:00:00Z", None),
    ("2026-04-22T10:60:00Z", None),
    ("2026-04-22T10:15:30", None),
    ("2026-04-22T10:15Z", None),
    ("2026-04-22 10:15:30Z", None),
    ("2026-04-22T10:15:30.Z", None),
    ("2026-04-22T10:15:30,5Z", None),
    ("2026-04-22T10:15:30+24:00", None),
    ("2026-04-22T10:15:30+02:60", None),
    ("2026-04-22T10:15:30+0200", None),
    ("2026-04-22T10:15:30+02", None),
    ("2026-04-22T10:15:30ZZ", None),
    ("2026-04-22T10:15:30Z[UTC]", None),
    ("2026-04-22T10:15:30.12３Z", None),
    ("2026-02-30T10:15:30Z", None),
    ("2026-04-22", None),
    ("12026-04-22T10:15:30Z", None),
    ("-000001-04-22T10:15:30Z", None),
    (" 2026-04-22T10:15:30Z", None),
    ("", None),
];

/// Sound as RFC 3339, but outside of the years 0000 to 9999 in UTC: no schema can say that.
const OUT_OF_RANGE: &[&str] = &["0000-01-01T00:30:00+01:00", "9999-12-31T23:30:00-01:00", "0000-01-01T23:58:60+23:59"];

#[derive(Debug, Input)]
struct HoldsId {
    it: Id,
}

#[derive(Debug, Input)]
struct HoldsMoment {
    it: Moment,
}

fn schema_accepts(format: &str, text: &str) -> bool {
    let schema = json!({ "type": "string", "format": format });
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.is_valid(&json!(text))
}

#[test]
fn uuids() {
    for (text, sound) in UUIDS {
        assert_eq!(text.parse::<Uuid>().is_ok(), *sound, "{text}");
        assert_eq!(schema_accepts("uuid", text), *sound, "{text}");
    }
    let upper: Uuid = "01234567-89AB-4DEF-8123-456789ABCDEF".parse().unwrap();
    assert_eq!(serde_json::to_value(upper).unwrap(), json!("01234567-89ab-4def-8123-456789abcdef"));
}

#[test]
fn new_uuids_are_random_ones_of_version_4() {
    let (one, other) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    assert_ne!(one, other);
    assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
}

#[test]
fn ids() {
    let sound = [
        "a",
        "habit-coffee",
        "invoice-tx-42",
        "seed-welcome-8f0f",
        "a_b:c.d",
        "0",
        "8F0F2A44-2c1c-4f5e-9a43-0f9f6d1f7c01",
    ];
    let unsound = ["", " ", "a b", "a/b", "a\\b", "a\0", "a\n", "ä", "a\u{202e}", "a,b", "%61", "a#b", "a?b", "a@b"];
    let (longest, too_long) = ("x".repeat(128), "x".repeat(129));
    let cases = sound.iter().copied().chain([longest.as_str()]).map(|text| (text, true));
    for (text, is_sound) in cases.chain(unsound.into_iter().chain([too_long.as_str()]).map(|text| (text, false))) {
        assert_eq!(text.parse::<Id>().is_ok(), is_sound, "{text:?}");
        assert_eq!(accepts::<HoldsId>(json!(text)), is_sound, "{text:?}");
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": ID });
        assert_eq!(jsonschema::is_valid(&schema, &json!(text)), is_sound, "{text:?}");
    }
}

#[test]
fn an_id_is_kept_as_it_is_and_new_ones_are_random_uuids() {
    let upper: Id = "Habit-COFFEE".parse().unwrap();
    assert_eq!(
        (upper.as_str(), upper.as_ref(), upper.to_string().as_str()),
        ("Habit-COFFEE", "Habit-COFFEE", "Habit-COFFEE")
    );
    assert_ne!(upper, "habit-coffee".parse().unwrap());
    assert_eq!(serde_json::to_value(&upper).unwrap(), json!("Habit-COFFEE"));
    let (one, other) = (Id::new(), Id::new());
    assert!(one != other && one.as_str().parse::<Uuid>().is_ok());
    let uuid = Uuid::new_v4();
    assert_eq!(Id::from(uuid).to_string(), uuid.to_string());
}

#[test]
fn a_wrong_id_is_answered_with_what_an_id_is() {
    assert_eq!(
        fault::<HoldsId>(json!({ "it": "tasks/1" })),
        "/it: expected an id (1 to 128 letters, digits and `_ - : .`), got \"tasks/1\""
    );
    let long = fault::<HoldsId>(json!({ "it": "x".repeat(129) }));
    assert!(long.ends_with("got a string of 129 characters"), "{long}");
}

#[test]
fn moments_are_read_in_three_forms_and_written_as_they_are() {
    for (text, sound) in MOMENTS {
        let read = text.parse::<Moment>();
        assert_eq!(read.is_ok(), *sound, "{text}");
        assert_eq!(accepts::<HoldsMoment>(json!(text)), *sound, "{text}");
        if let Ok(moment) = read {
            assert_eq!((moment.as_str(), moment.to_string().as_str()), (*text, *text));
            assert_eq!(serde_json::to_value(moment).unwrap(), json!(text));
        }
    }
}

#[test]
fn a_wrong_moment_is_answered_with_the_three_forms() {
    for text in ["2026-02-30", "2026-13-01", "24.12.2026"] {
        assert_eq!(
            fault::<HoldsMoment>(json!({ "it": text })),
            format!(
                "/it: expected a day (2026-12-24), a local time (2026-12-24T09:00) or a time with an offset \
                 (2026-12-24T09:00:00Z), got {text:?}"
            )
        );
    }
}

#[test]
fn a_moment_has_a_day_and_an_instant() {
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    for (text, day, instant) in [
        ("2026-12-24", "2026-12-24", "2026-12-23T22:00:00Z"),
        ("2026-12-24T09:00", "2026-12-24", "2026-12-24T07:00:00Z"),
        ("2026-12-24T00:00:00.000Z", "2026-12-24", "2026-12-24T00:00:00Z"),
        ("2026-12-24T23:30:00-05:00", "2026-12-24", "2026-12-25T04:30:00Z"),
        ("9999-12-31", "9999-12-31", "9999-12-30T22:00:00Z"),
        ("9999-12-31T23:00:00Z", "9999-12-31", "9999-12-30T22:00:00.999999999Z"),
    ] {
        let moment: Moment = text.parse().unwrap();
        assert_eq!(moment.day(), day.parse::<civil::Date>().unwrap(), "{text}");
        assert_eq!(moment.instant(&zone), instant.parse::<jiff::Timestamp>().unwrap(), "{text}");
    }
}

#[test]
fn dates() {
    for (text, sound) in DATES {
        let read = text.parse::<Date>();
        assert_eq!(read.is_ok(), *sound, "{text}");
        assert_eq!(schema_accepts("date", text), *sound, "{text}");
        if let Ok(date) = read {
            assert_eq!(serde_json::to_value(date).unwrap(), json!(text));
        }
    }
}

#[test]
fn times() {
    for (text, written) in TIMES {
        let read = text.parse::<Timestamp>().ok().map(|time| time.to_string());
        assert_eq!(read.as_deref(), *written, "{text}");
        assert_eq!(schema_accepts("date-time", text), written.is_some(), "{text}");
    }
}

#[test]
fn times_out_of_range_in_utc_are_refused_though_a_schema_cannot_say_so() {
    for text in OUT_OF_RANGE {
        assert!(text.parse::<Timestamp>().is_err(), "{text}");
        assert!(schema_accepts("date-time", text), "{text}");
    }
}

#[test]
fn times_are_ordered_as_their_texts_are() {
    let mut times: Vec<Timestamp> = TIMES.iter().filter_map(|(text, _)| text.parse().ok()).collect();
    times.push(Timestamp::now());
    times.sort();
    let texts: Vec<_> = times.iter().map(ToString::to_string).collect();
    assert!(texts.is_sorted(), "{texts:?}");
}

#[test]
fn a_time_knows_its_day() {
    let time: Timestamp = "2026-04-22T23:30:00-01:00".parse().unwrap();
    assert_eq!(time.date().to_string(), "2026-04-23");
}
