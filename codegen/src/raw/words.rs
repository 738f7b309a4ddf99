//! `words.yaml`: words that people use when they look for a tool, and the catalog's words for them.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// The words as they are written.
#[derive(Debug, Clone)]
pub struct Words {
    /// `words`
    pub words: Named<Vec<Text>>,
}

impl Words {
    /// Reads the file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::WORDS, Span::start_of(file), node, diagnostics)?;
        let words = reader.required("words", diagnostics).and_then(|(_, node)| {
            reader::named(node, diagnostics, |_, node, diagnostics| reader::strings(node, diagnostics))
        });
        reader.finish(diagnostics);
        Some(Self { words: words.unwrap_or_default() })
    }
}
