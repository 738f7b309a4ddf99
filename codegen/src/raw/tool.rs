//! Tools, as they are written.

use super::example::Example;
use super::{Action, Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{Span, Spanned};
use crate::yaml::Node;

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

impl Tool {
    pub(super) fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
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
