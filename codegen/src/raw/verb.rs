//! The verbs of steps, as they are written.

use super::reads::{Query, RowOf};
use super::writes::{Delete, Insert, Put, Update};
use super::{Named, Reader, Text, keys};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::yaml::Node;

/// The verbs, as they are written.
pub(super) const VERBS: [&str; 11] =
    ["value", "get", "find", "list", "insert", "put", "update", "delete", "restore", "call", "require"];

/// What a step does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// `value`
    Value(Node),
    /// `get`
    Get(RowOf),
    /// `find`
    Find(Query),
    /// `list`
    List(Query),
    /// `insert`
    Insert(Insert),
    /// `put`
    Put(Put),
    /// `update`
    Update(Update),
    /// `delete`
    Delete(Delete),
    /// `restore`
    Restore(RowOf),
    /// `call`
    Call(Call),
    /// `require`, with `else`
    Require(Node, Option<Node>),
}

/// `call`
#[derive(Debug, Clone)]
pub struct Call {
    /// `service`
    pub service: Option<Text>,
    /// `operation`
    pub operation: Option<Text>,
    /// `with`
    pub with: Named<Node>,
}

impl Verb {
    /// Reads the verb of a mapping, with its name; the inner `None` where it could not be read.
    pub(super) fn read(
        entries: &[(Text, Node)],
        reader: &mut Reader<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Text, Option<Self>)> {
        for verb in VERBS {
            reader.note_asked(verb);
        }
        reader.note_asked("else");
        let named: Vec<&(Text, Node)> =
            entries.iter().filter(|(name, _)| VERBS.contains(&name.value.as_str())).collect();
        let (word, node) = named.first()?;
        if let Some((second, _)) = named.get(1) {
            let message = format!("a step does one thing, and here are `{}` and `{}`", word.value, second.value);
            let help = "make two steps of it";
            diagnostics.push(Diagnostic::error(Code::Contradiction, second.span, message).help(help));
            return Some((word.clone(), None));
        }
        let verb = match word.value.as_str() {
            "value" => Some(Self::Value(node.clone())),
            "get" => RowOf::read(word, node, diagnostics).map(Self::Get),
            "restore" => RowOf::read(word, node, diagnostics).map(Self::Restore),
            "find" => Query::read(word, node, diagnostics).map(Self::Find),
            "list" => Query::read(word, node, diagnostics).map(Self::List),
            "insert" => Insert::read(word, node, diagnostics).map(Self::Insert),
            "put" => Put::read(word, node, diagnostics).map(Self::Put),
            "update" => Update::read(word, node, diagnostics).map(Self::Update),
            "delete" => Delete::read(word, node, diagnostics).map(Self::Delete),
            "call" => Call::read(word, node, diagnostics).map(Self::Call),
            _ => {
                let text = entries.iter().find(|(name, _)| name.value == "else").map(|(_, node)| node.clone());
                if text.is_none() {
                    let message = "`require` has no `else`";
                    let help = "say in a sentence what is wrong, and what the caller can do";
                    diagnostics.push(Diagnostic::error(Code::MissingKey, word.span, message).help(help));
                }
                Some(Self::Require(node.clone(), text))
            }
        };
        Some((word.clone(), verb))
    }
}

impl Call {
    fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::CALL, at.span, node, diagnostics)?;
        let read = Self {
            service: reader.required_text("service", diagnostics),
            operation: reader.required_text("operation", diagnostics),
            with: reader.nodes_by_name("with", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}
