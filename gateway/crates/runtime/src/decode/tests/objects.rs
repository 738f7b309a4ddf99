//! Properties: required, optional, nullable, defaulted, unknown, nested; both modes.

use mana_mcp_macros::Input;
use serde_json::{Value, json};

use super::super::{Date, JsonObject, Timestamp, Uuid, decode_stored};
use super::{fault, faults, object, read};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Input)]
enum Priority {
    #[input(value = "low")]
    Low,
    #[input(value = "high")]
    High,
}

#[derive(Debug, PartialEq, Input)]
struct Task {
    #[input(min_length = 1, max_length = 5)]
    title: String,
    #[input(optional)]
    description: Option<String>,
    #[input(default = "low")]
    priority: Priority,
    #[input(name = "dueDate", default = null)]
    due_date: Option<Timestamp>,
    #[input(default = [], items(max_length = 3))]
    tags: Vec<String>,
    #[input(default = 3)]
    count: i64,
    #[input(default = -0.5)]
    weight: f64,
    #[input(default = true)]
    open: bool,
}

#[derive(Debug, PartialEq, Input)]
struct Patch {
    id: Uuid,
    /// Required, may be null.
    day: Option<Date>,
    /// May be absent, may be null.
    #[input(optional, minimum = 1)]
    target: Option<Option<i64>>,
    #[input(optional)]
    extra: Option<JsonObject>,
}

#[derive(Debug, PartialEq, Input)]
struct Nested {
    #[input(optional)]
    tasks: Option<Option<Vec<Task>>>,
    /// Rust's own words can be names.
    #[input(optional)]
    r#type: Option<String>,
    /// Names that the expansion uses too.
    #[input(optional)]
    object: Option<bool>,
    #[input(optional)]
    at: Option<bool>,
}

#[derive(Debug, Input)]
struct Empty {}

const ID: &str = "01234567-89ab-4def-8123-456789abcdef";

#[test]
fn absent_properties_take_their_defaults() {
    let task: Task = read(json!({ "title": "Milk" })).unwrap();
    let expected = Task {
        title: "Milk".into(),
        description: None,
        priority: Priority::Low,
        due_date: None,
        tags: vec![],
        count: 3,
        weight: -0.5,
        open: true,
    };
    assert_eq!(task, expected);
}

#[test]
fn given_properties_win_over_their_defaults() {
    let given = json!({
        "title": "Milk", "description": "", "priority": "high", "dueDate": "2026-05-01T09:00:00+02:00",
        "tags": ["a"], "count": 0, "weight": 1, "open": false,
    });
    let task: Task = read(given).unwrap();
    assert_eq!(task.description.as_deref(), Some(""));
    assert_eq!(task.priority, Priority::High);
    assert_eq!(task.due_date.unwrap().to_string(), "2026-05-01T07:00:00.000Z");
    assert_eq!((task.tags, task.count, task.weight, task.open), (vec!["a".to_owned()], 0, 1.0, false));
}

#[test]
fn null_in_arguments_is_absent_and_in_stored_values_null() {
    let target = |value| read::<Patch>(value).unwrap().target;
    assert_eq!(target(json!({ "id": ID, "day": null })), None);
    assert_eq!(target(json!({ "id": ID, "day": null, "target": null })), None);
    assert_eq!(target(json!({ "id": ID, "day": null, "target": 7 })), Some(Some(7)));
    let stored = decode_stored::<Patch>(&json!({ "id": ID, "day": null, "target": null })).unwrap();
    assert_eq!(stored.target, Some(None));
}

#[test]
fn a_nullable_property_is_not_optional() {
    let missing = fault::<Patch>(json!({ "id": ID }));
    assert_eq!(missing, "/day: expected a date (YYYY-MM-DD) or null, got nothing: the property is required");
}

#[test]
fn null_is_offered_where_it_would_do() {
    let message = fault::<Patch>(json!({ "id": ID, "day": null, "target": "many" }));
    assert_eq!(message, "/target: expected an integer or null, got \"many\"");
    let message = fault::<Patch>(json!({ "id": ID, "day": null, "target": 0 }));
    assert_eq!(message, "/target: expected an integer of at least 1 or null, got 0");
    let below = faults::<Nested>(json!({ "tasks": [{}] }));
    assert_eq!(below[0].expected, "a string", "null would do for the list, not within it");
}

#[test]
fn every_problem_is_reported_at_once() {
    let bad = json!({ "title": 5, "priority": "urgent", "tags": ["ok", "too long", null], "open": "yes", "Count": 1 });
    let paths: Vec<_> = faults::<Task>(bad).into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["/title", "/priority", "/tags/1", "/tags/2", "/open", "/Count"]);
}

#[test]
fn nested_problems_have_nested_paths() {
    let bad = json!({ "tasks": [{ "title": "ok" }, { "title": "", "dueDate": "soon", "x/y~z": 1 }] });
    let paths: Vec<_> = faults::<Nested>(bad).into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["/tasks/1/title", "/tasks/1/dueDate", "/tasks/1/x~1y~0z"]);
}

#[test]
fn names_of_rust_and_of_the_expansion_are_ordinary_names() {
    let nested: Nested = read(json!({ "type": "a", "object": true, "at": false })).unwrap();
    assert_eq!((nested.r#type.as_deref(), nested.object, nested.at), (Some("a"), Some(true), Some(false)));
}

#[test]
fn unknown_properties_are_refused_by_name_with_the_nearest_known_one() {
    let message = fault::<Task>(json!({ "title": "a", "duedate": "x" }));
    assert_eq!(
        message,
        "/duedate: expected no such property (did you mean `dueDate`?), got an unknown property: a string of 1 character"
    );
    let message = fault::<Task>(json!({ "title": "a", "zzz": [1, 2] }));
    assert!(message.starts_with("/zzz: expected only the properties `title`, `description`, `priority`"), "{message}");
    assert!(message.ends_with("got an unknown property: an array of 2 items"), "{message}");
    let message = fault::<Empty>(json!({ "a": {} }));
    assert_eq!(message, "/a: expected no properties, got an unknown property: an empty object");
}

#[test]
fn stored_rows_are_held_against_their_types_alone() {
    let row = json!({
        "title": "longer than five", "priority": "high", "dueDate": null, "tags": ["longer than three"],
        "count": 3.0, "weight": 1, "open": true, "visibility": "private",
    });
    let task: Task = decode_stored(&row).unwrap();
    assert_eq!((task.title.as_str(), task.count), ("longer than five", 3));

    let row = json!({ "title": 5, "priority": "urgent", "count": 1.5, "tags": "secret" });
    let violations = decode_stored::<Task>(&row).unwrap_err();
    let paths: Vec<_> = violations.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["/title", "/priority", "/tags", "/count"]);
    let text = violations.to_string();
    assert!(!text.contains("secret") && !text.contains("urgent") && !text.contains("1.5"), "{text}");
}

#[test]
fn a_stored_value_can_be_of_any_type() {
    assert_eq!(decode_stored::<Option<i64>>(&Value::Null).unwrap(), None);
    assert_eq!(decode_stored::<Vec<i64>>(&json!([1, 2.0])).unwrap(), [1, 2]);
    let message = decode_stored::<String>(&json!(4)).unwrap_err().to_string();
    assert_eq!(message, "the whole: expected a string, got a number");
}

#[test]
fn an_object_is_taken_as_it_is() {
    let extra = json!({ "b": [1, { "c": null }], "a": 1 });
    let patch: Patch = read(json!({ "id": ID, "day": "2026-02-28", "extra": extra })).unwrap();
    assert_eq!(patch.extra.unwrap(), object(extra));
}
