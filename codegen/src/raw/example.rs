//! The examples of tools, as they are written.

use super::{Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::yaml::Node;

/// An example as it is written.
#[derive(Debug, Clone)]
pub struct Example {
    /// `name`
    pub name: Option<Text>,
    /// `now`
    pub now: Option<Text>,
    /// `timeZone`
    pub time_zone: Option<Text>,
    /// `given`: what is there, and calls that are made, before.
    pub given: Vec<Preparation>,
    /// `services`
    pub services: Option<Node>,
    /// `input`
    pub input: Option<Node>,
    /// `output`: what the result must hold, in part.
    pub output: Option<Node>,
    /// `refused`
    pub refused: Option<Text>,
}

/// What prepares an example: rows, or a call.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// `rows`: rows by table.
    pub rows: Option<Node>,
    /// `tool`: the dotted name.
    pub tool: Option<Text>,
    /// `input`
    pub input: Option<Node>,
    /// `id`: what the example calls the id of the record that this call makes.
    pub id: Option<Text>,
}

impl Example {
    pub(super) fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::EXAMPLE, node.span, node, diagnostics)?;
        let example = Self {
            name: reader.required_text("name", diagnostics),
            now: reader.optional_text("now", diagnostics),
            time_zone: reader.optional_text("timeZone", diagnostics),
            services: reader.optional("services").map(|(_, node)| node.clone()),
            given: reader
                .optional("given")
                .and_then(|(_, node)| reader::sequence(node, diagnostics))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| Preparation::read(node, diagnostics))
                .collect(),
            input: reader.required("input", diagnostics).map(|(_, node)| node.clone()),
            output: reader.optional("output").map(|(_, node)| node.clone()),
            refused: reader.optional_text("refused", diagnostics),
        };
        reader.finish(diagnostics);
        if example.output.is_some() == example.refused.is_some() {
            let message = "an example has an `output`, or is `refused`";
            diagnostics.push(Diagnostic::error(Code::BadExample, node.span, message));
        }
        Some(example)
    }
}

impl Preparation {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PREPARATION, node.span, node, diagnostics)?;
        let preparation = Self {
            rows: reader.optional("rows").map(|(_, node)| node.clone()),
            tool: reader.optional_text("tool", diagnostics),
            input: reader.optional("input").map(|(_, node)| node.clone()),
            id: reader.optional_text("id", diagnostics),
        };
        reader.finish(diagnostics);
        if preparation.rows.is_some() == preparation.tool.is_some() {
            let message = "what prepares an example is a call of a `tool`, or `rows`";
            diagnostics.push(Diagnostic::error(Code::BadPreparation, node.span, message));
        }
        Some(preparation)
    }
}
