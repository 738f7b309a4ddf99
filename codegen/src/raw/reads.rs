//! What names rows: one by its id, or those that a condition holds of.

use super::{Reader, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::Span;
use crate::yaml::Node;

/// `get`, `restore`
#[derive(Debug, Clone)]
pub struct RowOf {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
}

/// `find`, `list`
#[derive(Debug, Clone)]
pub struct Query {
    /// `table`
    pub table: Option<Text>,
    /// `where`
    pub condition: Option<Node>,
    /// `search`
    pub search: Option<Search>,
    /// `sort`
    pub sort: Vec<Text>,
    /// `limit`
    pub limit: Option<Node>,
}

/// `search`
#[derive(Debug, Clone)]
pub struct Search {
    /// `in`: the fields that are searched.
    pub fields: Vec<Text>,
    /// `for`: the text.
    pub text: Option<Node>,
}

impl RowOf {
    pub(super) fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::ROW_OF, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        let id = reader.required("id", diagnostics).map(|(_, node)| node.clone());
        reader.finish(diagnostics);
        Some(Self { table, id })
    }
}

impl Query {
    pub(super) fn read(at: &Text, query: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::QUERY, at.span, query, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            condition: reader.optional_node("where"),
            search: reader.optional("search").and_then(|(key, node)| Search::read(key, node, diagnostics)),
            sort: reader.optional_texts("sort", diagnostics),
            limit: reader.optional_node("limit"),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Search {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::SEARCH, at, node, diagnostics)?;
        let fields = reader.required("in", diagnostics).and_then(|(_, node)| reader::strings(node, diagnostics));
        let text = reader.required("for", diagnostics).map(|(_, node)| node.clone());
        reader.finish(diagnostics);
        Some(Self { fields: fields.unwrap_or_default(), text })
    }
}
