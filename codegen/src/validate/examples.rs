//! Examples: calls that are shown, published and run.
//!
//! The input of an example is one that the tool takes, whole. Its output is what the result must hold, in part: what
//! it does not name (ids, times) may be anything, but what it names is of the output's schema. `given` are calls made
//! before, of tools that insert; `id` is what the example calls the id of the record that such a call makes, and is
//! replaced by the real one when the example is run. None of them holds what looks like a secret, and none instructs the
//! model: clients see the inputs beside the schema. What an action returns as a literal, an example cannot expect otherwise.

use std::collections::BTreeMap;

use super::instance::{self, Extent};
use super::tool::Checked;
use super::{instructions, secret, text};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Example, Kind, Preparation, Schema, Struct};
use crate::raw::{self, ActionKind, ExprKind};
use crate::yaml::{Node, Value};

const AN_EXAMPLE: &str = "an example";

/// All tools that are written, by their full names.
pub(super) type Tools<'a> = BTreeMap<String, &'a Checked<'a>>;

/// The checked examples of a tool; what is wrong with them is reported.
pub(super) fn check(tool: &Checked<'_>, tools: &Tools<'_>, diagnostics: &mut Diagnostics) -> Vec<Example> {
    if tool.written.without_examples {
        let message = "a tool has at least one example";
        let problem = Diagnostic::error(Code::BadExample, tool.name.span, message);
        diagnostics.push(problem.help("examples are published, and run as tests"));
    }
    names_differ(&tool.written.examples, diagnostics);
    tool.written.examples.iter().filter_map(|example| check_one(example, tool, tools, diagnostics)).collect()
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
    tools: &Tools<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Example> {
    let checked = |name| Some((text::check_line("a name", name, text::TITLE, diagnostics)?, name.span));
    let name = raw.name.as_ref().and_then(checked);
    let (input, output) = (raw.input.as_ref(), raw.output.as_ref());
    if let Some(input) = input {
        is_of(input, tool.input.as_ref(), Extent::Whole, Code::BadExample, diagnostics);
        texts(input, diagnostics);
    }
    if let Some(output) = output {
        is_of(output, tool.output.as_ref(), Extent::Part, Code::BadExample, diagnostics);
        is_returned(output, tool.written, diagnostics);
        texts(output, diagnostics);
    }
    let given = raw.given.iter().filter_map(|given| preparation(given, tools, diagnostics)).collect();
    let (name, at) = name?;
    Some(Example { name, at, given, input: input?.to_json(), output: output?.to_json() })
}

/// Reports what an example expects where the action always returns something else.
fn is_returned(output: &Node, tool: &raw::Tool, diagnostics: &mut Diagnostics) {
    let Value::Mapping(expected) = &output.value else { return };
    let returns = tool.action.as_ref().and_then(|action| action.returns.as_ref());
    for (name, value) in returns.map_or(&[][..], |returns| returns.value.as_slice()) {
        let ExprKind::Literal(literal) = &value.kind else { continue };
        let given = expected.iter().find(|(key, _)| key.value == name.value).map(|(_, given)| given);
        // A value that is wrong in itself was reported.
        let is_reported = |one: &Node| diagnostics.has_error_within(one.span);
        if let Some(given) = given.filter(|given| !is_same(given, literal) && !is_reported(given))
            && !is_reported(literal)
        {
            let message = format!("`{}` is always another value", name.value);
            diagnostics.push(
                Diagnostic::error(Code::BadExample, given.span, message).also(literal.span, "it is returned here"),
            );
        }
    }
}

/// Whether two literals are one value: `2` and `2.0` are.
fn is_same(given: &Node, literal: &Node) -> bool {
    match (&given.value, &literal.value) {
        (Value::Broken, _) | (_, Value::Broken) => true,
        (Value::Integer(_) | Value::Number(_), Value::Integer(_) | Value::Number(_)) => {
            given.to_json().as_f64() == literal.to_json().as_f64()
        }
        _ => given.to_json() == literal.to_json(),
    }
}

/// Checks a value against a schema that may have been reported as a whole.
fn is_of(node: &Node, schema: Option<&Struct>, extent: Extent, code: Code, diagnostics: &mut Diagnostics) {
    if let Some(schema) = schema {
        instance::check_struct(node, schema, extent, code, diagnostics);
    }
}

/// Whether a tool makes a row.
fn inserts(tool: &Checked<'_>) -> bool {
    tool.written.action.as_ref().is_some_and(|action| matches!(action.kind, ActionKind::Insert(_)))
}

fn preparation(raw: &raw::Preparation, tools: &Tools<'_>, diagnostics: &mut Diagnostics) -> Option<Preparation> {
    let name = raw.tool.as_ref()?;
    let Some(tool) = tools.get(&name.value) else {
        let known = tools.iter().filter(|(_, tool)| inserts(tool)).map(|(name, _)| name.as_str());
        let help = did_you_mean(&name.value, known);
        let message = format!("there is no tool `{}`", name.value);
        diagnostics.push(Diagnostic::error(Code::BadPreparation, name.span, message).maybe_help(help));
        return None;
    };
    if tool.written.action.is_some() && !inserts(tool) {
        let message = format!("`{}` makes nothing: a preparation inserts", name.value);
        diagnostics.push(Diagnostic::error(Code::BadPreparation, name.span, message));
    }
    let input = raw.input.as_ref()?;
    texts(input, diagnostics);
    is_of(input, tool.input.as_ref(), Extent::Whole, Code::BadPreparation, diagnostics);
    if let Some(id) = &raw.id {
        let node = Node { value: Value::String(id.value.clone()), span: id.span };
        instance::check(&node, &Schema::new(Kind::Uuid, false), Extent::Whole, Code::BadPreparation, diagnostics);
    }
    let id = raw.id.as_ref().map(|id| id.value.clone());
    Some(Preparation { tool: tool.tool.as_ref()?.name.clone(), input: input.to_json(), id })
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
