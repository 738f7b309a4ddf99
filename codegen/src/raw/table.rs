//! Tables, as they are written.

use super::{Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// A table as it is written.
#[derive(Debug, Clone)]
pub struct Table {
    /// `noun`
    pub noun: Option<Text>,
    /// `syncName`
    pub sync_name: Option<Text>,
    /// `encryptedFields`, at the place of its key.
    pub encrypted_fields: Option<Spanned<Vec<Text>>>,
    /// `scope`
    pub scope: Option<Text>,
    /// `label`
    pub label: Option<Text>,
    /// `privacy`
    pub privacy: Option<Text>,
    /// `creates`
    pub creates: Named<Node>,
    /// `place`
    pub place: Option<Place>,
    /// `cascade`
    pub cascade: Vec<Cascade>,
    /// `record`
    pub record: Option<Schema>,
}

/// `place`
#[derive(Debug, Clone)]
pub struct Place {
    /// `field`
    pub field: Option<Text>,
    /// `step`
    pub step: Option<Node>,
    /// `among`
    pub among: Vec<Text>,
}

/// An entry of `cascade`.
#[derive(Debug, Clone)]
pub struct Cascade {
    /// `table`
    pub table: Option<Text>,
    /// `where`
    pub condition: Option<Node>,
}

impl Table {
    pub(super) fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::or_broken(&keys::TABLE, name.span, node, diagnostics);
        let table = Self {
            noun: reader.required_text("noun", diagnostics),
            sync_name: reader.optional_text("syncName", diagnostics),
            encrypted_fields: reader
                .required("encryptedFields", diagnostics)
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            scope: reader.optional_text("scope", diagnostics),
            label: reader.optional_text("label", diagnostics),
            privacy: reader.optional_text("privacy", diagnostics),
            creates: reader
                .optional("creates")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            place: reader.optional("place").and_then(|(key, node)| Place::read(key, node, diagnostics)),
            cascade: reader
                .optional("cascade")
                .and_then(|(_, node)| reader::sequence(node, diagnostics))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| Cascade::read(node, diagnostics))
                .collect(),
            record: reader.required("record", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(table)
    }
}

impl Place {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PLACE, at, node, diagnostics)?;
        let read = Self {
            field: reader.required_text("field", diagnostics),
            step: reader.optional("step").map(|(_, node)| node.clone()),
            among: reader
                .optional("among")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Cascade {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::CASCADE, node.span, node, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            condition: reader.required("where", diagnostics).map(|(_, node)| node.clone()),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}
