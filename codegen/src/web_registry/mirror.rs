//! `crypto.yaml`, written from what the web says.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::WebRegistry;
use crate::raw::{Registry, Text};
use crate::yaml;

/// Longer lines are broken.
const WIDTH: usize = 120;

/// The text of the mirror: the comment at the head of the old text, its order, and what the web says.
pub(super) fn write(web: &WebRegistry, old: Option<&Registry>, old_text: &str) -> String {
    let mut text = head(old_text);
    let fields: BTreeMap<&str, &[Text]> =
        web.encrypted.iter().map(|(name, fields)| (name.value.as_str(), fields.as_slice())).collect();
    let names = web.encrypted.iter().map(|(name, _)| name);
    let encrypted = ordered(names, old.iter().flat_map(|old| old.encrypted.iter().map(|(name, _)| name)));
    text.push_str(if encrypted.is_empty() { "encrypted: {}\n" } else { "encrypted:\n" });
    for table in encrypted {
        let fields = fields.get(table).copied().unwrap_or_default();
        let list: Vec<String> = fields.iter().map(|field| scalar(&field.value)).collect();
        let line = format!("  {}: [{}]\n", scalar(table), list.join(", "));
        if line.chars().count() <= WIDTH {
            text.push_str(&line);
        } else {
            text.push_str(&format!("  {}:\n", scalar(table)));
            list.iter().for_each(|field| text.push_str(&format!("    - {field}\n")));
        }
    }
    section("disabled", ordered(&web.disabled, old.iter().flat_map(|old| &old.disabled)), &mut text);
    section("plaintext", ordered(&web.plaintext, old.iter().flat_map(|old| &old.plaintext)), &mut text);
    text
}

fn section(key: &str, tables: Vec<&str>, text: &mut String) {
    if tables.is_empty() {
        text.push_str(&format!("\n{key}: []\n"));
        return;
    }
    text.push_str(&format!("\n{key}:\n"));
    tables.iter().for_each(|table| text.push_str(&format!("  - {}\n", scalar(table))));
}

/// The new names: those that were there already in their old order, then the others.
fn ordered<'a>(new: impl IntoIterator<Item = &'a Text>, old: impl Iterator<Item = &'a Text>) -> Vec<&'a str> {
    let new: Vec<&str> = new.into_iter().map(|name| name.value.as_str()).collect();
    let wanted: BTreeSet<&str> = new.iter().copied().collect();
    let mut taken = BTreeSet::new();
    let kept = old.map(|name| name.value.as_str()).filter(|name| wanted.contains(name));
    kept.chain(new.iter().copied()).filter(|name| taken.insert(*name)).collect()
}

/// The comments and empty lines before the first key.
pub(crate) fn head(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.trim_start().starts_with('#') || line.trim().is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

/// A name as every parser of YAML reads it.
fn scalar(name: &str) -> String {
    let is_simple = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    match is_simple && yaml::is_plain_text(name) {
        true => name.to_owned(),
        // A string of JSON is one of YAML.
        false => serde_json::Value::from(name).to_string(),
    }
}
