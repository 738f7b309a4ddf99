//! Examples: calls that are shown, published and run.
//!
//! The input of an example is one that the tool takes, whole. Its output is what the result must hold, in part: what
//! it does not name (ids, times) may be anything, but what it names is of the output's schema. `given` are calls made
//! before, of tools that insert; `id` is what the example calls the id of the record that such a call makes, and is
//! replaced by the real one when the example is run. None of them holds what looks like a secret, and none instructs the
//! model: clients see the inputs beside the schema.

use std::collections::BTreeMap;

use super::instance::{self, Extent};
use super::{instructions, secret, text};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Action, Example, Kind, Preparation, Schema, Tool};
use crate::raw;
use crate::source::Span;
use crate::yaml::{Node, Value};

const AN_EXAMPLE: &str = "an example";

/// The checked examples of a tool; what is wrong with them is reported.
pub(super) fn check(
    raw: &raw::Tool,
    at: Span,
    tool: &Tool,
    tools: &BTreeMap<String, Tool>,
    diagnostics: &mut Diagnostics,
) -> Vec<Example> {
    if raw.examples.is_empty() {
        let message = "a tool has at least one example";
        diagnostics
            .push(Diagnostic::error(Code::BadExample, at, message).help("examples are published, and run as tests"));
    }
    raw.examples.iter().filter_map(|example| check_one(example, tool, tools, diagnostics)).collect()
}

fn check_one(
    raw: &raw::Example,
    tool: &Tool,
    tools: &BTreeMap<String, Tool>,
    diagnostics: &mut Diagnostics,
) -> Option<Example> {
    let name = raw.name.as_ref().and_then(|name| text::check_line("a name", name, text::TITLE, diagnostics));
    let (input, output) = (raw.input.as_ref(), raw.output.as_ref());
    if let Some(input) = input {
        instance::check_struct(input, &tool.input, Extent::Whole, Code::BadExample, diagnostics);
        texts(input, diagnostics);
    }
    if let Some(output) = output {
        instance::check_struct(output, &tool.output, Extent::Part, Code::BadExample, diagnostics);
        texts(output, diagnostics);
    }
    let given = raw.given.iter().filter_map(|given| preparation(given, tools, diagnostics)).collect();
    Some(Example { name: name?, given, input: input?.to_json(), output: output?.to_json() })
}

fn preparation(
    raw: &raw::Preparation,
    tools: &BTreeMap<String, Tool>,
    diagnostics: &mut Diagnostics,
) -> Option<Preparation> {
    let name = raw.tool.as_ref()?;
    let Some(tool) = tools.get(&name.value) else {
        let help = did_you_mean(&name.value, tools.keys().map(String::as_str));
        let message = format!("there is no tool `{}`", name.value);
        diagnostics.push(Diagnostic::error(Code::BadPreparation, name.span, message).maybe_help(help));
        return None;
    };
    if !matches!(tool.action, Action::Insert(_)) {
        let message = format!("`{}` makes nothing: a preparation inserts", name.value);
        diagnostics.push(Diagnostic::error(Code::BadPreparation, name.span, message));
    }
    let input = raw.input.as_ref()?;
    texts(input, diagnostics);
    instance::check_struct(input, &tool.input, Extent::Whole, Code::BadPreparation, diagnostics);
    if let Some(id) = &raw.id {
        let node = Node { value: Value::String(id.value.clone()), span: id.span };
        instance::check(&node, &Schema::new(Kind::Uuid, false), Extent::Whole, Code::BadPreparation, diagnostics);
    }
    let id = raw.id.as_ref().map(|id| id.value.clone());
    Some(Preparation { tool: tool.name.clone(), input: input.to_json(), id })
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
