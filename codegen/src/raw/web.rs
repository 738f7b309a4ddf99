//! `web.yaml`: the mirror of the web application's tables.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// The mirror as it is written.
#[derive(Debug, Clone)]
pub struct Web {
    /// Its file.
    pub file: FileId,
    /// `apps`: the tables of each app, with their names on the wire.
    pub apps: Named<Named<Text>>,
    /// `userTables`: tables of which a user has a row, and spaces have none.
    pub user_tables: Vec<Text>,
}

impl Web {
    /// Reads the file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::WEB, Span::start_of(file), node, diagnostics)?;
        let tables = |_: &Text, node: &Node, diagnostics: &mut Diagnostics| {
            reader::named(node, diagnostics, |_, node, diagnostics| reader::string(node, diagnostics))
        };
        let web = Self {
            file,
            apps: reader
                .required("apps", diagnostics)
                .and_then(|(_, node)| reader::named(node, diagnostics, tables))
                .unwrap_or_default(),
            user_tables: reader
                .required("userTables", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(web)
    }
}
