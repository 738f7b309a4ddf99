//! A module's file: its types, tables and tools.

use super::table::Table;
use super::tool::Tool;
use super::{Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span, Spanned};
use crate::yaml::Node;

/// A module as it is written.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its file.
    pub file: FileId,
    /// `module`
    pub name: Option<Text>,
    /// `app`
    pub app: Option<Text>,
    /// `spaces`, at the place of its key.
    pub spaces: Option<Spanned<Vec<Text>>>,
    /// `summary`
    pub summary: Option<Text>,
    /// `webName`
    pub web_name: Option<Text>,
    /// `constants`
    pub constants: Named<Node>,
    /// `types`
    pub types: Named<Schema>,
    /// `tables`
    pub tables: Named<Table>,
    /// `tools`
    pub tools: Named<Tool>,
}

impl Module {
    /// A module without anything in it.
    pub(crate) fn empty(file: FileId) -> Self {
        Self {
            file,
            name: None,
            app: None,
            spaces: None,
            summary: None,
            web_name: None,
            constants: Vec::new(),
            types: Vec::new(),
            tables: Vec::new(),
            tools: Vec::new(),
        }
    }

    /// Reads a module's file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::MODULE, Span::start_of(file), node, diagnostics)?;
        let module = Self {
            file,
            name: reader.required_text("module", diagnostics),
            app: reader.optional_text("app", diagnostics),
            spaces: reader
                .optional("spaces")
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            summary: reader.required_text("summary", diagnostics),
            types: reader
                .optional("types")
                .and_then(|(_, node)| {
                    reader::named(node, diagnostics, |name, node, diagnostics| {
                        Some(Schema::read(name.span, node, diagnostics))
                    })
                })
                .unwrap_or_default(),
            tables: reader
                .optional("tables")
                .and_then(|(_, node)| reader::named(node, diagnostics, Table::read))
                .unwrap_or_default(),
            web_name: reader.optional_text("webName", diagnostics),
            constants: reader
                .optional("constants")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            tools: reader
                .optional("tools")
                .and_then(|(_, node)| reader::named(node, diagnostics, Tool::read))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(module)
    }
}
