//! Arguments as models send them: what is accepted, what stays an error, and what the arguments become.

use mana_mcp_macros::Input;
use serde_json::{Value, json};

use super::object;
use crate::decode::{JsonObject, Leniencies, Mode, decode_arguments, decode_stored, parse_object};

#[derive(Debug, PartialEq, Input)]
struct Step {
    text: String,
    #[input(optional, min_items = 1)]
    tags: Option<Vec<String>>,
}

#[derive(Debug, PartialEq, Input)]
struct Plan {
    title: String,
    #[input(optional)]
    note: Option<String>,
    #[input(default = 3, minimum = 1)]
    count: i64,
    #[input(default = [])]
    steps: Vec<Step>,
    #[input(optional)]
    first: Option<Step>,
    #[input(optional)]
    extra: Option<JsonObject>,
}

fn taken(value: Value) -> (Plan, Leniencies, Value) {
    let mut arguments = object(value);
    let (plan, leniencies) = decode_arguments::<Plan>(&mut arguments).unwrap();
    (plan, leniencies, Value::Object(arguments))
}

fn refused(value: Value) -> String {
    let mut arguments = object(value.clone());
    let text = decode_arguments::<Plan>(&mut arguments).unwrap_err().to_string();
    assert_eq!(Value::Object(arguments), value, "refused arguments stay as they came");
    text
}

#[test]
fn null_for_a_property_that_may_be_absent_is_absent() {
    let all = json!({ "title": "a", "note": null, "count": null, "steps": null, "first": null, "extra": null });
    let (plan, leniencies, arguments) = taken(all);
    assert_eq!((plan.note, plan.count, plan.steps, plan.first, plan.extra), (None, 3, vec![], None, None));
    assert_eq!(leniencies, Leniencies { nulls: 5, json_texts: 0 });
    assert_eq!(arguments, json!({ "title": "a" }));

    let (plan, leniencies, arguments) = taken(json!({ "title": "a", "steps": [{ "tags": null, "text": "b" }] }));
    assert_eq!(plan.steps, [Step { text: "b".to_owned(), tags: None }]);
    assert_eq!(leniencies, Leniencies { nulls: 1, json_texts: 0 });
    assert_eq!(arguments, json!({ "title": "a", "steps": [{ "text": "b" }] }));

    assert_eq!(refused(json!({ "title": null })), "/title: expected a string, got null");
    assert_eq!(refused(json!({ "title": "a", "steps": [null] })), "/steps/0: expected an object, got null");
    assert!(refused(json!({ "title": "a", "unknown": null })).starts_with("/unknown: "));
}

#[test]
fn json_text_is_read_where_an_array_or_an_object_is_wanted() {
    let steps = r#" [{"text":"b","tags":"[\"c\"]"},{"text":"d","tags":null}] "#;
    let (plan, leniencies, arguments) = taken(json!({ "title": "[1]", "steps": steps, "extra": "{\"k\":null}" }));
    let tags = Some(vec!["c".to_owned()]);
    assert_eq!(plan.steps, [Step { text: "b".to_owned(), tags }, Step { text: "d".to_owned(), tags: None }]);
    assert_eq!(leniencies, Leniencies { nulls: 1, json_texts: 3 });
    // Text stays text where text is wanted, and null stays in an object that may hold anything.
    let expected =
        json!({ "title": "[1]", "steps": [{ "text": "b", "tags": ["c"] }, { "text": "d" }], "extra": { "k": null } });
    assert_eq!(arguments, expected);
    assert_eq!(taken(json!({ "title": "a", "first": "{\"text\":\"b\"}" })).1.json_texts, 1);
}

#[test]
fn text_that_is_no_json_of_the_kind_stays_an_error() {
    for text in ["", " ", "a, b", "[", "[1,]", "{}", "null", "\"[]\"", "[] []", "\u{feff}[]"] {
        let got = refused(json!({ "title": "a", "steps": text }));
        assert!(got.starts_with("/steps: expected an array, got "), "{text}: {got}");
    }
    assert!(refused(json!({ "title": "a", "first": "[]" })).starts_with("/first: expected an object"));
    // What is wrong inside is named by its place.
    let got = refused(json!({ "title": "a", "steps": "[{\"text\":\"b\",\"tags\":\"[]\"}]" }));
    assert!(got.starts_with("/steps/0/tags: expected an array of at least 1 item"), "{got}");
    assert_eq!(refused(json!({ "title": "a", "count": "3" })), "/count: expected an integer, got \"3\"");
    assert_eq!(refused(json!({ "title": 3 })), "/title: expected a string, got 3");
}

/// The bound is that of a body: 100,000 values, over all texts of a call.
#[test]
fn what_a_text_holds_is_bounded() {
    let array = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
    let half = array(50_000);
    let fits = json!({ "title": "a", "extra": format!("{{\"a\":{}}}", array(49_000)), "steps": "[]" });
    assert_eq!(taken(fits).1.json_texts, 2);
    let beyond = json!({ "title": "a", "extra": format!("{{\"a\":{half},\"b\":{half}}}") });
    assert!(refused(beyond).starts_with("/extra: expected an object"));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(refused(json!({ "title": "a", "extra": deep })).starts_with("/extra: expected an object"));
    assert!(parse_object(&format!("{{\"a\":{half}}}")).is_some());
    assert!(parse_object("[1]").is_none() && parse_object("{\"$serde_json::private::RawValue\":\"[]\"}").is_none());
}

#[test]
fn stored_values_are_read_as_they_are() {
    assert!(decode_stored::<Plan>(&json!({ "title": "a", "count": null })).is_err());
    assert!(decode_stored::<Plan>(&json!({ "title": "a", "steps": "[]" })).is_err());
    assert_ne!(Mode::Stored, Mode::Input);
}
