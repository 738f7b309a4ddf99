//! What models do to arguments: null for an optional property, JSON text for an array or an object, numbers as text, empty
//! texts. The first two are taken for what they mean, everything else is judged by the schema as it stands.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::CATALOG;
use super::made::{Aim, value};

/// The arguments as they are meant: without null for optional properties, and with JSON in place of its text. Written from
/// the schema alone, so that it shares nothing with the decoder.
pub(super) fn as_meant(schema: &Value, input: &Value) -> Value {
    let wants = |name: &str| match &schema["type"] {
        Value::Array(names) => names.contains(&json!(name)),
        one => one == name,
    };
    match input {
        Value::String(text) if !wants("string") => match serde_json::from_str::<Value>(text) {
            Ok(parsed) if parsed.is_object() && wants("object") || parsed.is_array() && wants("array") => {
                as_meant(schema, &parsed)
            }
            _ => input.clone(),
        },
        Value::Object(members) => {
            let is_required =
                |name: &String| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            let known = |name: &String| schema["properties"].get(name);
            let kept =
                members.iter().filter(|(name, value)| !value.is_null() || is_required(name) || known(name).is_none());
            kept.map(|(name, value)| (name.clone(), known(name).map_or(value.clone(), |inner| as_meant(inner, value))))
                .collect()
        }
        Value::Array(items) if schema["items"].is_object() => {
            items.iter().map(|item| as_meant(&schema["items"], item)).collect()
        }
        other => other.clone(),
    }
}

/// Every input of every tool as models send it: each is accepted or refused as a whole, and what is accepted becomes what
/// was meant.
#[test]
fn what_models_send_is_accepted_where_one_thing_is_meant() {
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut refused) = (0, 0);
    for tool in CATALOG.tools() {
        let schema: Value = serde_json::from_str(tool.spec().input_schema).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        for (name, property) in schema["properties"].as_object().unwrap() {
            for _ in 0..20 {
                let whole = value(&schema, Aim::Sound).new_tree(&mut runner).unwrap().current();
                let sound = value(property, Aim::Sound).new_tree(&mut runner).unwrap().current();
                let as_text = Value::from(sound.to_string());
                let twice = Value::from(as_text.to_string());
                let sent =
                    [Value::Null, json!(""), json!("[]"), json!("{}"), json!("3"), json!("true"), as_text, twice];
                for sent in sent {
                    let mut arguments = whole.as_object().unwrap().clone();
                    arguments.insert(name.clone(), sent.clone());
                    let meant = as_meant(&schema, &Value::Object(arguments.clone()));
                    let before = arguments.clone();
                    let result = tool.entry().prepare(&mut arguments);
                    let case = format!("{}: {name}: {sent}: {:?}", tool.name(), result.as_ref().err());
                    assert_eq!(result.is_ok(), validator.is_valid(&meant), "{case}");
                    if result.is_ok() {
                        assert_eq!(Value::Object(arguments), meant, "{case}");
                        accepted += 1;
                    } else {
                        assert_eq!(arguments, before, "{case}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
