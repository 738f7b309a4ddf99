//! Tools, as they are written.

use super::example::Example;
use super::{Action, Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// `hosts`
#[derive(Debug, Clone)]
pub struct Hosts {
    /// `alwaysLoad`
    pub always_load: Option<Spanned<bool>>,
    /// `searchHint`
    pub search_hint: Vec<Text>,
    /// `resultCharacters`
    pub result_characters: Option<Node>,
}

/// A tool as it is written.
#[derive(Debug, Clone)]
pub struct Tool {
    /// `title`
    pub title: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `scope`
    pub scope: Option<Text>,
    /// `policyHint`
    pub policy_hint: Option<Text>,
    /// `idempotent`
    pub idempotent: Option<Spanned<bool>>,
    /// `input`; left out, the tool takes nothing.
    pub input: Option<Schema>,
    /// Whether there is an `input`, readable or not.
    pub has_input: bool,
    /// `output`
    pub output: Option<Schema>,
    /// `aliases`
    pub aliases: Vec<Text>,
    /// `listedAs`
    pub listed_as: Option<Text>,
    /// `consent`
    pub consent: Option<Text>,
    /// `agentPolicy`
    pub agent_policy: Option<Text>,
    /// `hosts`
    pub hosts: Option<Hosts>,
    /// `alsoPlain`
    pub also_plain: Named<Node>,
    /// `sealedTo`
    pub sealed_to: Option<Text>,
    /// `action`
    pub action: Option<Action>,
    /// `examples`
    pub examples: Vec<Example>,
    /// Whether `examples` is an empty list, not one of which nothing could be read.
    pub without_examples: bool,
}

impl Hosts {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::HOSTS, at, node, diagnostics)?;
        let read = Self {
            always_load: reader.optional("alwaysLoad").and_then(|(_, node)| reader::boolean(node, diagnostics)),
            search_hint: reader
                .optional("searchHint")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            result_characters: reader.optional("resultCharacters").map(|(_, node)| node.clone()),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

/// A tool of which keys are indented under its `input`, `output` or `action`, which is reported: as it is meant.
fn outdented(node: &Node, diagnostics: &mut Diagnostics) -> Option<Node> {
    let Value::Mapping(entries) = &node.value else { return None };
    let has = |name: &str| entries.iter().any(|(key, _)| key.value == name);
    let (mut kept, mut moved) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        let section = match key.value.as_str() {
            "input" | "output" => &keys::SCHEMA,
            "action" => &keys::ACTION,
            _ => {
                kept.push((key.clone(), value.clone()));
                continue;
            }
        };
        let Value::Mapping(inner) = &value.value else {
            kept.push((key.clone(), value.clone()));
            continue;
        };
        let is_of_tool = |name: &str| section.key(name).is_none() && keys::TOOL.key(name).is_some() && !has(name);
        let (out, inner): (Vec<_>, Vec<_>) = inner.iter().cloned().partition(|(name, _)| is_of_tool(&name.value));
        if let Some((first, _)) = out.first() {
            let names: Vec<String> = out.iter().map(|(name, _)| format!("`{}`", name.value)).collect();
            let (verb, belongs, it) = match names.len() {
                1 => ("is", "belongs", "it"),
                _ => ("are", "belong", "them"),
            };
            let under = &key.value;
            let message = format!("{} {verb} indented under `{under}`, but {belongs} to the tool", names.join(", "));
            let help = format!("indent {it} as `{}` is", key.value);
            diagnostics.push(Diagnostic::error(Code::UnknownKey, first.span, message).help(help));
        }
        kept.push((key.clone(), Node { value: Value::Mapping(inner), span: value.span }));
        moved.extend(out);
    }
    let is_outdented = !moved.is_empty();
    kept.extend(moved);
    is_outdented.then_some(Node { value: Value::Mapping(kept), span: node.span })
}

impl Tool {
    pub(super) fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let outdented = outdented(node, diagnostics);
        let node = outdented.as_ref().unwrap_or(node);
        let mut reader = Reader::or_broken(&keys::TOOL, name.span, node, diagnostics);
        let title = reader.required_text("title", diagnostics);
        let description = reader.required_text("description", diagnostics);
        let scope = reader.required_text("scope", diagnostics);
        let policy_hint = reader.required_text("policyHint", diagnostics);
        let idempotent = reader.optional("idempotent").and_then(|(_, node)| reader::boolean(node, diagnostics));
        let input = reader.optional("input");
        let examples =
            reader.required("examples", diagnostics).and_then(|(_, node)| reader::sequence(node, diagnostics));
        let tool = Self {
            title,
            description,
            scope,
            policy_hint,
            idempotent,
            has_input: input.is_some() || reader.is_broken(),
            input: input.map(|(key, node)| Schema::read(key, node, diagnostics)),
            output: reader.required("output", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
            aliases: reader
                .optional("aliases")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            listed_as: reader.optional_text("listedAs", diagnostics),
            consent: reader.optional_text("consent", diagnostics),
            agent_policy: reader.optional_text("agentPolicy", diagnostics),
            hosts: reader.optional("hosts").and_then(|(key, node)| Hosts::read(key, node, diagnostics)),
            also_plain: reader
                .optional("alsoPlain")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            sealed_to: reader.optional_text("sealedTo", diagnostics),
            action: reader.required("action", diagnostics).and_then(|(key, node)| Action::read(key, node, diagnostics)),
            without_examples: examples.is_some_and(<[Node]>::is_empty),
            examples: examples.unwrap_or_default().iter().filter_map(|node| Example::read(node, diagnostics)).collect(),
        };
        reader.finish(diagnostics);
        Some(tool)
    }
}
