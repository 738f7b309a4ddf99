//! `web.yaml`, written from an export. Apps, tables and user-level tables are sorted; fields keep the web's order.

use std::collections::{BTreeMap, BTreeSet};

use crate::raw::{Text, Web, WebField, WebTable};
use crate::web_registry::mirror::head;
use crate::yaml;

/// Longer lines are broken.
const WIDTH: usize = 120;

/// The text of the mirror: the comment at the head of the old text, and what the web says. These tables have fields.
pub(super) fn write(web: &Web, with_fields: &BTreeSet<&str>, old_text: &str) -> String {
    let mut text = head(old_text);
    mapping("base:", &fields(&web.base, 2), &mut text);
    let spaces = web.spaces.iter().map(|(space, modules)| (scalar(&space.value), modules.iter().collect()));
    let spaces: Vec<String> =
        spaces.map(|(space, modules): (_, Vec<&Text>)| list(&format!("  {space}"), &modules)).collect();
    mapping("spaces:", &spaces.concat(), &mut text);
    let mut users: Vec<&Text> = web.user_tables.iter().collect();
    users.sort_by_key(|table| &table.value);
    text.push_str(&list("userTables", &users));
    let apps: BTreeMap<&str, _> = web.apps.iter().map(|(app, tables)| (app.value.as_str(), tables)).collect();
    let mut lines = String::new();
    for (app, tables) in apps {
        let tables: BTreeMap<&str, _> = tables.iter().map(|(name, table)| (name.value.as_str(), table)).collect();
        let tables = tables.into_iter().map(|(name, table)| one(name, table, with_fields.contains(name)));
        mapping(&format!("  {}:", scalar(app)), &tables.collect::<String>(), &mut lines);
    }
    mapping("apps:", &lines, &mut text);
    text
}

/// A key with the lines under it.
fn mapping(key: &str, lines: &str, text: &mut String) {
    match lines {
        "" => text.push_str(&format!("{key} {{}}\n")),
        lines => text.push_str(&format!("{key}\n{lines}")),
    }
}

fn one(name: &str, table: &WebTable, with_fields: bool) -> String {
    let (name, wire) = (scalar(name), scalar(&table.wire.value));
    let Some(own) = table.fields.as_ref().filter(|_| with_fields) else { return format!("    {name}: {wire}\n") };
    let mut text = format!("    {name}:\n      wire: {wire}\n");
    mapping("      fields:", &fields(own, 8), &mut text);
    text
}

fn fields(fields: &[WebField], indent: usize) -> String {
    let indent = " ".repeat(indent);
    fields.iter().map(|field| format!("{indent}{}: {}\n", scalar(&field.key()), scalar(&field.types()))).collect()
}

/// `key: [a, b]`, in as many lines as it takes.
fn list(key: &str, items: &[&Text]) -> String {
    let mut lines = vec![format!("{key}: [")];
    let indent = " ".repeat(key.len() - key.trim_start().len() + 2);
    for (index, item) in items.iter().enumerate() {
        let item = format!("{}{}", scalar(&item.value), if index + 1 == items.len() { "]" } else { "," });
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + item.chars().count() <= WIDTH => {
                if !line.ends_with('[') {
                    line.push(' ');
                }
                line.push_str(&item);
            }
            _ => lines.push(format!("{indent}{item}")),
        }
    }
    if items.is_empty() { format!("{key}: []\n") } else { format!("{}\n", lines.join("\n")) }
}

/// A text as every parser of YAML reads it, in a list too.
fn scalar(text: &str) -> String {
    let is_simple = text.starts_with(char::is_alphabetic)
        && text.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '-' | '.' | '/' | '?' | '|' | ' '));
    match is_simple && yaml::is_plain_text(text) {
        true => text.to_owned(),
        // A string of JSON is one of YAML.
        false => serde_json::Value::from(text).to_string(),
    }
}
