//! `crypto.yaml`: the mirror of the web application's encryption registry.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// The registry as it is written.
#[derive(Debug, Clone)]
pub struct Registry {
    /// Its file.
    pub file: FileId,
    /// Tables with their encrypted fields.
    pub encrypted: Named<Vec<Text>>,
    /// Tables that are registered, but switched off.
    pub disabled: Vec<Text>,
    /// Tables that are plain on purpose.
    pub plaintext: Vec<Text>,
}

impl Registry {
    /// Reads the registry's file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::REGISTRY, Span::start_of(file), node, diagnostics)?;
        let registry = Self {
            file,
            encrypted: reader
                .required("encrypted", diagnostics)
                .and_then(|(_, node)| {
                    reader::named(node, diagnostics, |_, node, diagnostics| reader::strings(node, diagnostics))
                })
                .unwrap_or_default(),
            disabled: reader
                .required("disabled", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            plaintext: reader
                .required("plaintext", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(registry)
    }

    /// Every table that it names, with its place.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Text> {
        self.encrypted.iter().map(|(name, _)| name).chain(&self.disabled).chain(&self.plaintext)
    }
}
