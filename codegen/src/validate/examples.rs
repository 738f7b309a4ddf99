//! Examples: calls that are shown, published and run.
//!
//! The input of an example is one that the tool takes, whole. Its output is what the result must hold, in part: what
//! it does not name (ids, times) may be anything, but what it names is of the output's schema. `given` are calls made
//! before, of tools that insert; `id` is what the example calls the id of the record that such a call makes, and is
//! replaced by the real one when the example is run. None of them holds what looks like a secret, and none instructs the
//! model: clients see the inputs beside the schema. What an action returns as a literal, an example cannot expect otherwise.

use std::collections::BTreeMap;

use super::instance::{self, Extent};
use super::tables::Tables;
use super::tool::Checked;
use super::{instructions, secret, text};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use mana_mcp_values::{Timestamp, Zone};

use crate::ir::{Example, Kind, Outcome, Preparation, Schema, Struct};
use crate::raw;
use crate::yaml::{Node, Value};

const AN_EXAMPLE: &str = "an example";

/// All tools that are written, by their full names.
pub(super) type Called<'a> = BTreeMap<String, &'a Checked<'a>>;

/// The checked examples of a tool; what is wrong with them is reported.
pub(super) fn check(
    tool: &Checked<'_>,
    tools: &Called<'_>,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Vec<Example> {
    if tool.written.without_examples {
        let message = "a tool has at least one example";
        let problem = Diagnostic::error(Code::BadExample, tool.name.span, message);
        diagnostics.push(problem.help("examples are published, and run as tests"));
    }
    names_differ(&tool.written.examples, diagnostics);
    tool.written.examples.iter().filter_map(|example| check_one(example, tool, tools, tables, diagnostics)).collect()
}

/// An example that fails is known by its name.
fn names_differ(examples: &[raw::Example], diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<&str, &raw::Text> = BTreeMap::new();
    for name in examples.iter().filter_map(|example| example.name.as_ref()) {
        if let Some(first) = known.get(name.value.as_str()) {
            let message = "another example of this tool has that name";
            let problem = Diagnostic::error(Code::BadExample, name.span, message);
            diagnostics.push(problem.also(first.span, "this one"));
        } else {
            known.insert(&name.value, name);
        }
    }
}

fn check_one(
    raw: &raw::Example,
    tool: &Checked<'_>,
    tools: &Called<'_>,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Option<Example> {
    let checked = |name| Some((text::check_line("a name", name, text::TITLE, diagnostics)?, name.span));
    let name = raw.name.as_ref().and_then(checked);
    if let Some(input) = &raw.input {
        // A call that is refused may be one that the schema refuses.
        if raw.refused.is_none() {
            is_of(input, tool.input.as_ref(), Extent::Whole, Code::BadExample, diagnostics);
        }
        texts(input, diagnostics);
    }
    if let Some(output) = &raw.output {
        is_of(output, tool.output.as_ref(), Extent::Part, Code::BadExample, diagnostics);
        texts(output, diagnostics);
    }
    if let Some(now) = raw.now.as_ref().filter(|now| now.value.parse::<Timestamp>().is_err()) {
        let message = format!("`{}` is not a time", now.value);
        diagnostics.push(Diagnostic::error(Code::BadExample, now.span, message).help("write 2026-05-02T22:30:00Z"));
    }
    if let Some(zone) = &raw.time_zone
        && let Err(error) = zone.value.parse::<Zone>()
    {
        diagnostics.push(Diagnostic::error(Code::BadExample, zone.span, error.to_string()));
    }
    let given = raw.given.iter().flat_map(|given| preparation(given, tool, tools, tables, diagnostics)).collect();
    let outcome = match (&raw.output, &raw.refused) {
        (_, Some(refused)) => Outcome::Refused(refused.clone()),
        (Some(output), None) => Outcome::Output(output.clone()),
        (None, None) => return None,
    };
    let (name, at) = name?;
    let text = |text: &raw::Text| text.value.clone();
    Some(Example {
        name,
        at,
        now: raw.now.as_ref().map(text),
        time_zone: raw.time_zone.as_ref().map(text),
        given,
        services: raw.services.as_ref().map(Node::to_json),
        input: raw.input.as_ref()?.to_json(),
        outcome,
    })
}

/// Checks a value against a schema that may have been reported as a whole.
fn is_of(node: &Node, schema: Option<&Struct>, extent: Extent, code: Code, diagnostics: &mut Diagnostics) {
    if let Some(schema) = schema {
        instance::check_struct(node, schema, extent, code, diagnostics);
    }
}

fn preparation(
    raw: &raw::Preparation,
    tool: &Checked<'_>,
    tools: &Called<'_>,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Vec<Preparation> {
    if let Some(rows) = &raw.rows {
        return self::rows(rows, tool, tables, diagnostics);
    }
    let Some(name) = &raw.tool else { return Vec::new() };
    let Some(called) = tools.get(&name.value) else {
        let help = did_you_mean(&name.value, tools.keys().map(String::as_str));
        let message = format!("there is no tool `{}`", name.value);
        diagnostics.push(Diagnostic::error(Code::BadPreparation, name.span, message).maybe_help(help));
        return Vec::new();
    };
    let Some(input) = &raw.input else {
        diagnostics.push(Diagnostic::error(Code::MissingKey, name.span, "a preparation has no `input`"));
        return Vec::new();
    };
    texts(input, diagnostics);
    is_of(input, called.input.as_ref(), Extent::Whole, Code::BadPreparation, diagnostics);
    if let Some(id) = &raw.id {
        let node = Node { value: Value::String(id.value.clone()), span: id.span };
        instance::check(&node, &Schema::new(Kind::Uuid, false), Extent::Whole, Code::BadPreparation, diagnostics);
    }
    let id = raw.id.as_ref().map(|id| id.value.clone());
    let made = called.tool.as_ref().map(|tool| tool.name.clone());
    made.map(|tool| Preparation::Call { tool, at: name.span, input: input.to_json(), id }).into_iter().collect()
}

/// Rows by table, each held against the record of its table.
fn rows(node: &Node, tool: &Checked<'_>, tables: &Tables, diagnostics: &mut Diagnostics) -> Vec<Preparation> {
    let mut made = Vec::new();
    let Value::Mapping(entries) = &node.value else {
        let message = format!("rows stand under the name of their table, and this is {}", node.kind());
        diagnostics.push(Diagnostic::error(Code::BadPreparation, node.span, message));
        return made;
    };
    for (name, node) in entries {
        let Some((reference, table)) = tables.find(&tool.module, name, diagnostics) else { continue };
        let Value::Sequence(items) = &node.value else {
            let message = format!("expected a list of rows, found {}", node.kind());
            diagnostics.push(Diagnostic::error(Code::BadPreparation, node.span, message));
            continue;
        };
        for item in items {
            texts(item, diagnostics);
            instance::check_struct(item, &table.row, Extent::Part, Code::BadPreparation, diagnostics);
            made.push(Preparation::Row { table: reference.clone(), row: item.to_json() });
        }
    }
    made
}

/// Checks every text of an example, at any depth.
fn texts(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.value {
        Value::String(text) => {
            instructions::check(AN_EXAMPLE, text, node.span, diagnostics);
            secret::check(AN_EXAMPLE, text, node.span, diagnostics);
        }
        Value::Sequence(items) => items.iter().for_each(|item| texts(item, diagnostics)),
        Value::Mapping(entries) => entries.iter().for_each(|(_, value)| texts(value, diagnostics)),
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::Broken => {}
    }
}
