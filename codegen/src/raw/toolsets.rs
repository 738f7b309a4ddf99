//! `toolsets.yaml`: named groups of tools, each served at its own address.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// The toolsets as they are written.
#[derive(Debug, Clone)]
pub struct Toolsets {
    /// Their file.
    pub file: FileId,
    /// `default`: the name of the set that `/mcp` serves.
    pub default: Option<Text>,
    /// `toolsets`
    pub sets: Named<Toolset>,
}

/// A toolset as it is written.
#[derive(Debug, Clone)]
pub struct Toolset {
    /// `description`
    pub description: Option<Text>,
    /// `tools`: names (`todo.create`) and patterns (`todo.*`).
    pub tools: Option<Vec<Text>>,
}

impl Toolsets {
    /// Reads the file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::TOOLSETS, Span::start_of(file), node, diagnostics)?;
        let toolsets = Self {
            file,
            default: reader.required_text("default", diagnostics),
            sets: reader
                .required("toolsets", diagnostics)
                .and_then(|(_, node)| reader::named(node, diagnostics, Toolset::read))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(toolsets)
    }
}

impl Toolset {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::or_broken(&keys::TOOLSET, name.span, node, diagnostics);
        let toolset = Self {
            description: reader.required_text("description", diagnostics),
            tools: reader.required("tools", diagnostics).and_then(|(_, node)| reader::strings(node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(toolset)
    }
}
