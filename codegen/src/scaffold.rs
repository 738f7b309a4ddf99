//! Beginnings of modules and tools: text that passes every check, to be changed by its author.

use std::fmt::Write as _;

use crate::diagnostics::did_you_mean;
use crate::source::{FileId, Sources};
use crate::validate::names;
use crate::yaml::{self, Node, Value};
use crate::{Diagnostics, REGISTRY};

/// Why nothing can be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaffoldError {
    /// A module cannot be named so.
    BadName(String),
    /// `crypto.yaml` does not know the table; perhaps it knows one of a similar name.
    UnknownTable(String, Option<String>),
    /// There is no such module.
    UnknownModule(String),
    /// The module's source is not laid out as a beginning can be added to it.
    Unreadable(&'static str),
    /// The module has no table to work on.
    NoTable,
    /// The module has such a tool already.
    Taken,
}

/// The source of a module over a table that `crypto.yaml` knows; it can create and list rows.
///
/// # Errors
/// The name is none for a module, or the registry does not know the table.
pub fn module(sources: &Sources, name: &str, table: &str) -> Result<String, ScaffoldError> {
    if let Err(refusal) = names::module(name) {
        return Err(ScaffoldError::BadName(refusal));
    }
    let encrypted = encrypted_fields(sources, table)?;
    let plain = ["name".to_owned()];
    let fields = if encrypted.is_empty() { &plain[..] } else { &encrypted[..] };
    let first = fields.first().map_or("name", String::as_str);
    let mut yaml = format!(
        "# yaml-language-server: $schema=schema/module.json\nmodule: {name}\napp: {name}\n\
         summary: Rows of {table}. Say here what they are, and what of them is encrypted.\n\n\
         tables:\n  {table}:\n    noun: row\n    encryptedFields: [{}]\n    record:\n      description: A row.\n      \
         required: [id, {first}]\n      properties:\n        \
         id: {{ type: string, format: id, description: The row's id. }}\n",
        encrypted.join(", "),
    );
    for field in fields {
        let _ = writeln!(yaml, "        {field}: {{ type: string, description: The {field}. }}");
    }
    for (field, what) in [("createdAt", "created"), ("updatedAt", "last changed")] {
        let _ = writeln!(
            yaml,
            "        {field}: {{ type: string, format: date-time, description: When the row was {what}. }}"
        );
    }
    let _ = write!(
        yaml,
        "\ntools:\n  create:\n    title: Create a row\n    description: Creates a row in the active space and returns it \
         with its id.\n    scope: user-space\n    policyHint: write\n    input:\n      required: [{first}]\n      properties:\n",
    );
    for field in fields {
        let least = if field == first { "minLength: 1, " } else { "" };
        let _ = writeln!(yaml, "        {field}: {{ type: string, {least}maxLength: 500, description: The {field}. }}");
    }
    let values: Vec<String> = fields.iter().map(|field| format!("          {field}: $input.{field}\n")).collect();
    let _ = write!(
        yaml,
        "    output:\n      required: [row]\n      properties:\n        \
         row: {{ $ref: '#/tables/{table}', description: The row as it was stored. }}\n    action:\n      insert:\n        \
         table: {table}\n        values:\n{}      returns: {{ row: $row }}\n    examples:\n      - name: one field is \
         enough\n        input: {{ {first}: Something }}\n        output: {{ row: {{ {first}: Something }} }}\n\n",
        values.concat(),
    );
    yaml.push_str(&list("list", table, "-createdAt"));
    Ok(yaml)
}

/// The source of a module with one tool more, which lists the rows of its first table; the tool stands last.
///
/// # Errors
/// There is no such module, or nothing can be added to it.
pub fn tool(sources: &Sources, module: &str, name: &str) -> Result<(String, String), ScaffoldError> {
    let of_module = |path: &str| path.rsplit('/').next() == Some(&format!("{module}.yaml"));
    let (file, source) = sources
        .iter()
        .find(|(_, source)| of_module(&source.path) && !crate::is_no_module(module))
        .ok_or_else(|| ScaffoldError::UnknownModule(module.to_owned()))?;
    let tree = parse(file, &source.text).ok_or(ScaffoldError::Unreadable("it is not YAML"))?;
    let tools = get(&tree, "tools").ok_or(ScaffoldError::Unreadable("it has no `tools`"))?;
    let Value::Mapping(entries) = &tools.value else {
        return Err(ScaffoldError::Unreadable("`tools` is no mapping"));
    };
    if entries.iter().any(|(key, _)| key.value == name) {
        return Err(ScaffoldError::Taken);
    }
    let (table, record) = match get(&tree, "tables").map(|tables| &tables.value) {
        Some(Value::Mapping(tables)) => tables.first().map(|(key, table)| (key.value.as_str(), get(table, "record"))),
        _ => None,
    }
    .ok_or(ScaffoldError::NoTable)?;
    let has_created =
        record.and_then(|record| get(record, "properties")).and_then(|all| get(all, "createdAt")).is_some();
    let added = list(name, table, if has_created { "-createdAt" } else { "id" });

    let written = source.text.get(tools.span.start..tools.span.end).unwrap_or("");
    let (before, after) = (source.text.get(..tools.span.start), source.text.get(tools.span.end..));
    let (before, after) = (before.unwrap_or(""), after.unwrap_or(""));
    let text = match entries.is_empty() {
        true => format!("{}\n{added}{}", before.trim_end(), after.trim_start_matches('\n')),
        // A mapping in braces takes no block.
        false if written.starts_with('{') => return Err(ScaffoldError::Unreadable("`tools` stands in braces")),
        false => {
            let rest = after.trim_start_matches('\n');
            let gap = if rest.is_empty() { "" } else { "\n" };
            format!("{before}{written}\n\n{added}{gap}{rest}")
        }
    };
    Ok((source.path.clone(), text))
}

/// A tool that lists rows.
fn list(name: &str, table: &str, sort: &str) -> String {
    format!(
        "  {name}:\n    title: List rows\n    description: Returns the rows of the active space with their ids.\n    \
         scope: user-space\n    policyHint: read\n    input:\n      properties:\n        limit: {{ type: integer, minimum: \
         1, maximum: 100, default: 20, description: The most rows to return. }}\n    output:\n      required: [rows]\n      \
         properties:\n        rows: {{ type: array, items: {{ $ref: '#/tables/{table}' }}, description: The rows. }}\n    \
         action:\n      list:\n        table: {table}\n        sort: [{sort}]\n        limit: $input.limit\n      returns: {{ \
         rows: $rows }}\n    examples:\n      - name: nothing yet\n        input: {{}}\n        output: {{ rows: [] }}\n"
    )
}

/// What the registry says of a table; none where it is plain text.
fn encrypted_fields(sources: &Sources, table: &str) -> Result<Vec<String>, ScaffoldError> {
    let registry = sources.iter().find(|(_, source)| source.path.rsplit('/').next() == Some(REGISTRY));
    let tree = registry.and_then(|(file, source)| parse(file, &source.text));
    let mut known: Vec<&str> = Vec::new();
    for section in ["encrypted", "disabled", "plaintext"] {
        match tree.as_ref().and_then(|tree| get(tree, section)).map(|node| &node.value) {
            Some(Value::Mapping(tables)) => {
                if let Some((_, fields)) = tables.iter().find(|(key, _)| key.value == table) {
                    return Ok(texts(fields).map(str::to_owned).collect());
                }
                known.extend(tables.iter().map(|(key, _)| key.value.as_str()));
            }
            Some(Value::Sequence(tables)) => {
                let tables = tables.iter().filter_map(text);
                known.extend(tables);
                if known.contains(&table) {
                    return Ok(Vec::new());
                }
            }
            _ => {}
        }
    }
    Err(ScaffoldError::UnknownTable(table.to_owned(), did_you_mean(table, known)))
}

fn parse(file: FileId, text: &str) -> Option<Node> {
    yaml::parse(file, text, &mut Diagnostics::default())
}

fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
}

fn texts(node: &Node) -> impl Iterator<Item = &str> {
    let items = if let Value::Sequence(items) = &node.value { items.as_slice() } else { &[] };
    items.iter().filter_map(text)
}

fn text(node: &Node) -> Option<&str> {
    if let Value::String(text) = &node.value { Some(text) } else { None }
}

impl std::fmt::Display for ScaffoldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadName(refusal) => f.write_str(refusal),
            Self::UnknownTable(table, help) => {
                write!(f, "{REGISTRY} does not know the table `{table}`; name one with --table")?;
                help.iter().try_for_each(|help| write!(f, " ({help})"))
            }
            Self::UnknownModule(module) => {
                write!(f, "there is no module `{module}`; `cargo xtask new module {module}` begins one")
            }
            Self::Unreadable(why) => write!(f, "nothing can be added to the module: {why}"),
            Self::NoTable => write!(f, "the module has no table to list"),
            Self::Taken => write!(f, "the module has such a tool already"),
        }
    }
}

impl std::error::Error for ScaffoldError {}
