//! The verbs that write rows.

use super::{Named, Reader, Text, keys};
use crate::diagnostics::Diagnostics;
use crate::source::Spanned;
use crate::yaml::Node;

/// `insert`
#[derive(Debug, Clone)]
pub struct Insert {
    /// `table`
    pub table: Option<Text>,
    /// `values`
    pub values: Named<Node>,
}

/// `put`
#[derive(Debug, Clone)]
pub struct Put {
    /// `table`
    pub table: Option<Text>,
    /// `key`
    pub key: Named<Node>,
    /// `values`
    pub values: Named<Node>,
    /// `existing`
    pub existing: Option<Text>,
}

/// `update`
#[derive(Debug, Clone)]
pub struct Update {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
    /// `where`
    pub condition: Option<Node>,
    /// `given`
    pub given: Vec<Text>,
    /// `clear`
    pub clear: Option<Node>,
    /// `values`
    pub values: Named<Node>,
    /// `atMost`
    pub at_most: Option<Spanned<i64>>,
}

/// `delete`
#[derive(Debug, Clone)]
pub struct Delete {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
    /// `where`
    pub condition: Option<Node>,
    /// `mode`
    pub mode: Option<Text>,
    /// `atMost`
    pub at_most: Option<Spanned<i64>>,
}

impl Insert {
    pub(super) fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::INSERT, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        reader.required("values", diagnostics);
        let read = Self { table, values: reader.nodes_by_name("values", diagnostics) };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Put {
    pub(super) fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PUT, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        for key in ["key", "values"] {
            reader.required(key, diagnostics);
        }
        let read = Self {
            table,
            key: reader.nodes_by_name("key", diagnostics),
            values: reader.nodes_by_name("values", diagnostics),
            existing: reader.required_text("existing", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Update {
    pub(super) fn read(at: &Text, update: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::UPDATE, at.span, update, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            id: reader.optional_node("id"),
            condition: reader.optional_node("where"),
            given: reader.optional_texts("given", diagnostics),
            clear: reader.optional_node("clear"),
            values: reader.nodes_by_name("values", diagnostics),
            at_most: reader.optional_integer("atMost", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Delete {
    pub(super) fn read(at: &Text, delete: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::DELETE, at.span, delete, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            id: reader.optional_node("id"),
            condition: reader.optional_node("where"),
            mode: reader.optional_text("mode", diagnostics),
            at_most: reader.optional_integer("atMost", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}
