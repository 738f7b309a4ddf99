//! A value for a schema, so that an example can be begun.

use super::source::{get, quoted, text, texts};
use crate::yaml::{Node, Value};

/// A value that the schema takes, as YAML; a pattern is not looked at.
pub(super) fn sample(schema: &Node, types: Option<&Node>, depth: usize) -> String {
    if depth == 0 {
        return "null".to_owned();
    }
    let number = |key: &str| match get(schema, key).map(|node| &node.value) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    if let Some(name) = get(schema, "$ref").and_then(text).and_then(|target| target.strip_prefix("#/types/")) {
        let of = types.and_then(|types| get(types, name));
        return of.map_or_else(|| "null".to_owned(), |of| sample(of, types, depth - 1));
    }
    if let Some(word) = get(schema, "enum").and_then(|words| texts(words).next()) {
        return quoted(word);
    }
    match (type_of(schema), get(schema, "format").and_then(text)) {
        ("string", Some("uuid")) => "00000000-0000-4000-8000-000000000000".to_owned(),
        ("string", Some("date" | "date-or-time")) => "'2026-05-01'".to_owned(),
        ("string", Some("date-time")) => "'2026-05-01T09:00:00Z'".to_owned(),
        ("string", Some(_)) => "a".to_owned(),
        ("string", None) => {
            let least = usize::try_from(number("minLength").unwrap_or(1)).unwrap_or(1).clamp(1, 100);
            let most = usize::try_from(number("maxLength").unwrap_or(9)).unwrap_or(9);
            if (least..=most).contains(&"Something".len()) {
                "Something".to_owned()
            } else {
                quoted(&"a".repeat(least))
            }
        }
        ("integer" | "number", _) => number("minimum").unwrap_or(1).to_string(),
        ("boolean", _) => "true".to_owned(),
        ("array", _) => {
            let count = usize::try_from(number("minItems").unwrap_or(0)).unwrap_or(0).min(10);
            let item = get(schema, "items").map_or_else(|| "null".to_owned(), |items| sample(items, types, depth - 1));
            format!("[{}]", vec![item; count].join(", "))
        }
        _ => {
            let required: Vec<&str> = get(schema, "required").map(|names| texts(names).collect()).unwrap_or_default();
            let property = |name: &&str| {
                let property = get(get(schema, "properties")?, name)?;
                Some(format!("{name}: {}", sample(property, types, depth - 1)))
            };
            let members: Vec<String> = required.iter().filter_map(property).collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
        }
    }
}

/// The type of a schema, null left aside.
fn type_of(schema: &Node) -> &str {
    match get(schema, "type") {
        Some(node) => match text(node) {
            Some(name) => name,
            None => texts(node).find(|name| *name != "null").unwrap_or("object"),
        },
        None => "object",
    }
}
