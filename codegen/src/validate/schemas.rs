//! The schemas of one module, while they are made.

use std::collections::BTreeMap;

use super::names::{Namespace, RESERVED_TYPES};
use super::tables::Tables;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::ir::{Schema, Table};
use crate::raw;

/// What a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Type,
    Record,
    Input,
    Output,
}

/// How far a type has come.
#[derive(Debug, Clone)]
pub(super) enum TypeState {
    /// It is being made; a reference to it leads back to itself.
    Open,
    /// It is made, or it was reported what is wrong with it.
    Done(Option<Schema>),
}

/// Makes the schemas of one module.
pub(super) struct Schemas<'a, 'd> {
    pub(super) module: &'a raw::Module,
    pub(super) types: BTreeMap<&'a str, TypeState>,
    /// The tables of the module, once they are made.
    pub(super) tables: Vec<Table>,
    /// The tables of all modules, once these are made.
    pub(super) all: Option<&'a Tables>,
    /// The name of the module.
    pub(super) name: &'a str,
    /// The Rust types of the module.
    pub(super) names: Namespace,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// How many schemas are open, to bound chains of references.
    pub(super) depth: usize,
}

impl<'a, 'd> Schemas<'a, 'd> {
    /// Of a module of which nothing is made yet.
    pub(super) fn new(module: &'a raw::Module, diagnostics: &'d mut Diagnostics) -> Self {
        let names = Namespace::with_reserved(RESERVED_TYPES);
        let name = module.name.as_ref().map_or("", |name| name.value.as_str());
        Self { module, types: BTreeMap::new(), tables: Vec::new(), all: None, name, names, diagnostics, depth: 0 }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
