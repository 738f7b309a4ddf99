//! What models do to arguments: null for an optional property, JSON text for an array or an object, numbers as text, empty
//! texts. The first two are taken for what they mean, everything else is judged by the schema as it stands.

use mana_mcp_runtime::decode::JsonObject;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::CATALOG;
use super::made::{Aim, value};
use super::moments::{input_schema, validator};

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

/// Whether a value holds what no published schema refuses and the decoder does: U+0000, an integer that is not safe, or a
/// text longer than 2,000 characters whose bound stands in the description.
pub(super) fn holds_unsaid(schema: &Value, meant: &Value) -> bool {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    match meant {
        Value::String(text) => {
            let is_long = text.chars().count() > 2000 && said_length(schema).is_some();
            text.contains('\0') || is_long
        }
        Value::Number(number) => schema["type"] == "integer" && number.as_f64().is_some_and(|one| one.abs() > SAFE),
        Value::Array(items) => items.iter().any(|item| holds_unsaid(&schema["items"], item)),
        Value::Object(members) => members.iter().any(|(name, value)| holds_unsaid(&schema["properties"][name], value)),
        _ => false,
    }
}

/// The bound that a description says.
fn said_length(schema: &Value) -> Option<usize> {
    let (_, rest) = schema["description"].as_str()?.split_once("At most ")?;
    rest.strip_suffix(" characters.")?.parse().ok()
}

/// A length above 2,000 is not published, and the description says exactly the one that is enforced.
#[test]
fn a_length_that_is_only_said_is_the_one_that_is_enforced() {
    let mut runner = TestRunner::deterministic();
    let mut said = 0;
    for tool in CATALOG.tools() {
        let schema = input_schema(*tool);
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property["maxLength"].as_u64().unwrap_or(0) <= 2000, "{}: {name}", tool.name());
            let Some(most) = said_length(property) else { continue };
            assert!(most > 2000 && property.get("maxLength").is_none(), "{}: {name}", tool.name());
            let accepts = |mut arguments: JsonObject| tool.entry().prepare(&mut arguments).is_ok();
            // What is made is sound but for a few moments, which no schema tells.
            let mut made =
                std::iter::repeat_with(|| value(&schema, Aim::Sound).new_tree(&mut runner).unwrap().current());
            let whole = made.find(|made| accepts(made.as_object().unwrap().clone())).unwrap();
            let with_length = |length: usize| {
                let mut arguments = whole.as_object().unwrap().clone();
                // What is set cannot be emptied as well.
                arguments.shift_remove("clear");
                arguments.insert(name.clone(), json!("ä".repeat(length)));
                accepts(arguments)
            };
            assert!(with_length(most) && !with_length(most + 1), "{}: {name}", tool.name());
            said += 1;
        }
    }
    assert!(said > 0);
}

/// No published schema, at any depth, has what hosts and providers refuse.
#[test]
fn every_published_schema_is_portable() {
    fn check(at: &str, schema: &Value) {
        match schema {
            Value::Object(members) => {
                for refused in ["$schema", "$ref", "$defs", "anyOf", "oneOf", "allOf", "examples"] {
                    assert!(!members.contains_key(refused) || at.ends_with("/properties"), "{at}: {refused}");
                }
                if let Some(ty) = members.get("type") {
                    assert!(ty.is_string() || at.ends_with("/properties"), "{at}: {ty}");
                }
                if let Some(Value::String(pattern)) = members.get("pattern") {
                    assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{at}: {pattern}");
                    assert!(
                        !["\\d", "\\w", "\\s", "\\b", "\\u", "(?="].iter().any(|part| pattern.contains(part)),
                        "{at}"
                    );
                }
                members.iter().for_each(|(name, value)| check(&format!("{at}/{name}"), value));
            }
            Value::Array(values) => values.iter().for_each(|value| check(at, value)),
            Value::Null => panic!("{at}: null"),
            _ => {}
        }
    }
    for tool in CATALOG.tools() {
        for schema in [tool.spec().input_schema, tool.spec().output_schema] {
            check(tool.name(), &serde_json::from_str(schema).unwrap());
        }
    }
}

/// Every input of every tool as models send it: each is accepted or refused as a whole, and what is accepted becomes what
/// was meant.
#[test]
fn what_models_send_is_accepted_where_one_thing_is_meant() {
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut refused) = (0, 0);
    for tool in CATALOG.tools() {
        let schema = input_schema(*tool);
        let validator = validator(&schema);
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
                    let is_sound = validator.is_valid(&meant) && !(result.is_err() && holds_unsaid(&schema, &meant));
                    assert_eq!(result.is_ok(), is_sound, "{case}");
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
