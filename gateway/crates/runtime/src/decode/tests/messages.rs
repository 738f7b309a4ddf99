//! What errors say of hostile values: shapes, little, and nothing secret.

use mana_mcp_macros::Input;
use serde_json::{Value, json};

use super::super::{Decode, Decoder, JsonObject, Mode, Rules};
use super::{fault, faults, object, read};

#[derive(Debug, Input)]
struct Inner {
    #[input(max_length = 3)]
    word: String,
    #[input(optional)]
    number: Option<i64>,
}

#[derive(Debug, Input)]
struct Secrets {
    #[input(optional, sensitive, max_length = 3)]
    title: Option<String>,
    #[input(optional, sensitive)]
    subtasks: Option<Option<Vec<Inner>>>,
    #[input(optional)]
    number: Option<i64>,
    #[input(optional, max_length = 3, pattern = "^a")]
    text: Option<String>,
    #[input(optional)]
    many: Option<Vec<bool>>,
    #[input(optional)]
    anything: Option<JsonObject>,
}

#[test]
fn short_scalars_are_shown_and_everything_else_by_shape() {
    let got = |value: Value| faults::<Secrets>(json!({ "number": value })).remove(0).got;
    assert_eq!(got(json!(true)), "true");
    assert_eq!(got(json!(1.5)), "1.5");
    assert_eq!(got(json!("")), "an empty string");
    assert_eq!(got(json!("five")), "\"five\"");
    assert_eq!(got(json!("x".repeat(64))), format!("\"{}\"", "x".repeat(64)));
    assert_eq!(got(json!("x".repeat(65))), "a string of 65 characters");
    assert_eq!(got(json!("💚".repeat(612))), "a string of 612 characters");
    assert_eq!(got(json!([1, 2, 3])), "an array of 3 items");
    assert_eq!(got(json!([])), "an empty array");
    assert_eq!(got(json!({ "a": 1 })), "an object of 1 property");
    assert_eq!(got(json!({ "a": 1, "b": 2 })), "an object of 2 properties");
}

#[test]
fn shown_text_is_escaped() {
    let message = fault::<Secrets>(json!({ "number": "a\n\u{202e}b\u{0}\"\u{1b}[31m" }));
    assert_eq!(message, r#"/number: expected an integer, got "a\n\u{202e}b\0\"\u{1b}[31m""#);
    let message = fault::<Secrets>(json!({ "nu\u{202e}\nmb": 1 }));
    assert!(message.starts_with(r"/nu\u{202e}\nmb: expected"), "{message}");
}

#[test]
fn no_value_of_a_sensitive_field_is_shown() {
    for value in
        [json!("hunter2 hunter2"), json!(73_111), json!(["hunter2"]), json!({ "hunter2": "hunter2" }), json!(true)]
    {
        for field in ["title", "subtasks"] {
            let text = read::<Secrets>(json!({ field: value })).unwrap_err().to_string();
            assert!(!text.contains("hunter2") && !text.contains("73111") && !text.contains("true"), "{text}");
        }
    }
}

#[test]
fn nothing_within_a_sensitive_field_is_shown() {
    let subtasks =
        json!([{ "word": "hunter2", "number": "hunter2" }, { "word": 73_111, "hunter2": "hunter2" }, "hunter2"]);
    let violations = read::<Secrets>(json!({ "subtasks": subtasks, "number": "shown" })).unwrap_err();
    let text = violations.to_string();
    assert!(!text.contains("hunter2") && !text.contains("73111"), "{text}");
    let paths: Vec<_> = violations.iter().map(|fault| fault.path.as_str()).collect();
    let expected =
        ["/subtasks/0/word", "/subtasks/0/number", "/subtasks/1/word", "/subtasks/1", "/subtasks/2", "/number"];
    assert_eq!(paths, expected);
    assert!(text.contains("got \"shown\""), "secrecy ends with the field: {text}");
}

#[test]
fn a_secret_under_a_misspelt_name_is_not_shown() {
    let text = fault::<Secrets>(json!({ "titel": "hunter2" }));
    assert!(text.contains("did you mean `title`?") && !text.contains("hunter2"), "{text}");
}

#[test]
fn messages_are_bounded_and_the_rest_is_counted() {
    let violations = read::<Secrets>(json!({ "many": vec![json!("no"); 100_000] })).unwrap_err();
    assert_eq!((violations.iter().count(), violations.total()), (32, 100_000));
    assert!(violations.to_string().ends_with("; and 99968 more"));
    let unknown: JsonObject = (0..100_000).map(|index| (format!("x{index}"), json!(1))).collect();
    let violations = read::<Secrets>(Value::Object(unknown)).unwrap_err();
    assert_eq!((violations.iter().count(), violations.total()), (32, 100_000));
}

#[test]
fn long_values_and_names_do_not_reach_the_messages() {
    let long = "ä".repeat(5_000_000);
    let bad = json!({ "text": long, "number": long, "title": long, long.clone(): 1 });
    let text = read::<Secrets>(bad).unwrap_err().to_string();
    assert!(text.len() < 2_000, "{} bytes", text.len());
    assert!(text.contains("a string of 5000000 characters"), "{text}");
    assert!(text.contains(&format!("/{}…: expected only", "ä".repeat(64))), "{text}");
}

#[test]
fn deep_nesting_is_told_by_its_outermost_shape() {
    let mut deep = json!([]);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    assert_eq!(
        fault::<Secrets>(json!({ "number": deep.clone() })),
        "/number: expected an integer, got an array of 1 item"
    );
    let whole = object(json!({ "anything": { "deep": deep } }));
    assert!(super::decode_input::<Secrets>(&whole).is_ok());
}

#[test]
fn a_list_reads_as_one_line() {
    let text = read::<Secrets>(json!({ "number": true, "many": 1 })).unwrap_err().to_string();
    assert_eq!(text, "/number: expected an integer, got true; /many: expected an array, got 1");
}

#[test]
fn a_decode_can_be_driven_by_hand() {
    let mut decoder = Decoder::new(Mode::Input);
    let decoded = bool::decode(&json!(1), &Rules::NONE, &mut decoder);
    assert_eq!(decoder.finish(decoded).unwrap_err().to_string(), "the whole: expected a boolean, got 1");
}
