//! What is expected, held against what came: objects may hold more, arrays may not, null is absent, and numbers compare as
//! numbers.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diagnostics::{Code, Diagnostic};
use crate::yaml::{Node, Value};

/// What an example calls ids, and what they are.
pub(super) type Names = BTreeMap<String, String>;

/// Longer JSON is cut where it is shown.
const SHOWN: usize = 200;

/// Where `whole` does not have what `part` names, each at its place in the source.
pub(super) fn differences(what: &str, path: &str, whole: Option<&Json>, part: &Node, names: &Names) -> Vec<Diagnostic> {
    let differs = |told: String, came: String| {
        let message = format!("{what} returns {told}");
        vec![Diagnostic::error(Code::ExampleFails, part.span, message).label(came)]
    };
    let place = if path.is_empty() { "the result".to_owned() } else { format!("`{path}`") };
    match (whole, &part.value) {
        (None | Some(Json::Null), Value::Null) => Vec::new(),
        (None, _) => differs(format!("no {place}"), "nothing came".to_owned()),
        (Some(Json::Object(members)), Value::Mapping(entries)) => {
            let inner = |(name, part): &(crate::source::Spanned<String>, Node)| {
                let name = name.value.as_str();
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                differences(what, &path, members.get(name), part, names)
            };
            entries.iter().flat_map(inner).collect()
        }
        (Some(Json::Array(items)), Value::Sequence(parts)) if items.len() == parts.len() => {
            let pairs = items.iter().zip(parts).enumerate();
            let inner = |(index, (item, part))| differences(what, &format!("{path}[{index}]"), Some(item), part, names);
            pairs.flat_map(inner).collect()
        }
        (Some(whole @ Json::Array(items)), Value::Sequence(parts)) => {
            let told = format!("{} in {place}, not {}", count(items.len()), parts.len());
            differs(told, format!("this came: {}", excerpt(whole)))
        }
        (Some(whole), _) => {
            let expected = renamed(&part.to_json(), names);
            let is_number = whole.as_f64().is_some() && whole.as_f64() == expected.as_f64();
            if is_number || *whole == expected {
                return Vec::new();
            }
            differs(format!("another {place}"), format!("this came: {}", excerpt(whole)))
        }
    }
}

fn count(items: usize) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}

/// JSON in which every id that has a name stands instead of the name.
pub(super) fn renamed(json: &Json, names: &Names) -> Json {
    match json {
        Json::String(text) => Json::from(names.get(text).unwrap_or(text).as_str()),
        Json::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, member)| (name.clone(), renamed(member, names))).collect())
        }
        json => json.clone(),
    }
}

/// JSON as it is shown in a message.
pub(super) fn excerpt(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
