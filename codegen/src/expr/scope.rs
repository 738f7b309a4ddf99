//! What an expression may name, and what is known not to be null.

use std::collections::{BTreeMap, BTreeSet};

use super::ty::{Read, Ty};
use super::typed::Variable;

/// The names of an expression.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The name, what it stands for, its type.
    names: Vec<(String, Variable, Ty)>,
    /// Paths that are not null here.
    there: BTreeSet<String>,
}

/// The fields that are used of what each read gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses {
    fields: BTreeMap<Read, BTreeSet<String>>,
}

impl Scope {
    /// Adds a name, over one that is the same.
    pub(crate) fn add(&mut self, name: &str, variable: Variable, ty: Ty) {
        let prefix = format!("{name}.");
        self.there.retain(|path| path != name && !path.starts_with(&prefix));
        self.names.push((name.to_owned(), variable, ty));
    }

    pub(crate) fn get(&self, name: &str) -> Option<(&Variable, &Ty)> {
        self.names.iter().rev().find(|(known, ..)| known == name).map(|(_, variable, ty)| (variable, ty))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, ..)| name.as_str())
    }

    /// Notes that a path, and so every path before it, is not null.
    pub(crate) fn note_there(&mut self, path: &str) {
        let mut path = path;
        loop {
            self.there.insert(path.to_owned());
            match path.rsplit_once('.') {
                Some((before, _)) => path = before,
                None => return,
            }
        }
    }

    pub(crate) fn is_there(&self, path: &str) -> bool {
        self.there.contains(path)
    }
}

impl Uses {
    pub(crate) fn note(&mut self, reads: &BTreeSet<Read>, field: &str) {
        for read in reads {
            self.fields.entry(*read).or_default().insert(field.to_owned());
        }
    }

    pub(crate) fn of(&self, read: Read) -> BTreeSet<String> {
        self.fields.get(&read).cloned().unwrap_or_default()
    }
}
