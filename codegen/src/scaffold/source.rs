//! Sources as trees, and trees as YAML in braces.

use crate::Diagnostics;
use crate::source::{FileId, Sources};
use crate::yaml::{self, Node, Value};

/// The tree of a text.
pub(super) fn parse(file: FileId, text: &str) -> Option<Node> {
    yaml::parse(file, text, &mut Diagnostics::default())
}

/// The tree of the source of this name.
pub(super) fn named(sources: &Sources, name: &str) -> Option<Node> {
    let found = sources.iter().find(|(_, source)| source.path.rsplit('/').next() == Some(name));
    found.and_then(|(file, source)| parse(file, &source.text))
}

/// The value under a key.
pub(super) fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
}

/// The texts of a sequence.
pub(super) fn texts(node: &Node) -> impl Iterator<Item = &str> {
    let items = if let Value::Sequence(items) = &node.value { items.as_slice() } else { &[] };
    items.iter().filter_map(text)
}

/// The text of a node.
pub(super) fn text(node: &Node) -> Option<&str> {
    if let Value::String(text) = &node.value { Some(text) } else { None }
}

/// A tree as it is written in one line.
pub(super) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null | Value::Broken => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Number(value) => format!("{value:?}"),
        Value::String(text) => quoted(text),
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.value, flow(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text, in quotes where it needs them.
pub(super) fn quoted(text: &str) -> String {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|one: char| one.is_ascii_alphabetic())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || " ._/-".contains(one))
        && text.trim_end() == text
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
