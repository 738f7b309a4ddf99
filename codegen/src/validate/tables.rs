//! All tables of the catalog: a tool names one of its own module bare, one of another as `module.table`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::expr::{Flow, ObjectTy, Read, Ty, TyKind};
use crate::ir::{Table, TableRef};
use crate::raw::Text;

/// The tables of all modules.
#[derive(Debug, Default)]
pub(super) struct Tables {
    all: Vec<Table>,
    /// Tables that were reported, so that nothing more is said of them.
    reported: BTreeSet<TableRef>,
}

impl Tables {
    /// Adds the tables of a module.
    pub(super) fn add(&mut self, module: &str, tables: &[Table], written: impl Iterator<Item = String>) {
        self.all.extend(tables.iter().cloned());
        for name in written.filter(|name| !tables.iter().any(|table| table.name == *name)) {
            self.reported.insert(TableRef { module: module.to_owned(), name });
        }
    }

    /// The table that a name stands for in a module; reported where it stands for none.
    pub(super) fn find<'t>(
        &'t self,
        module: &str,
        name: &Text,
        diagnostics: &mut Diagnostics,
    ) -> Option<(TableRef, &'t Table)> {
        let reference = reference(module, &name.value);
        if let Some(table) = self.get(&reference) {
            return Some((reference, table));
        }
        if !self.reported.contains(&reference) {
            let elsewhere = self.all.iter().find(|table| table.name == name.value).map(dotted);
            let help =
                elsewhere.map(|full| format!("the table of another module is named with it: `{full}`")).or_else(|| {
                    let known: Vec<String> = self
                        .all
                        .iter()
                        .filter(|table| table.module == module)
                        .map(|table| table.name.clone())
                        .chain(self.all.iter().map(dotted))
                        .collect();
                    let is_own = |known: &&String| name.value.contains('.') || !known.contains('.');
                    let near = did_you_mean(&name.value, known.iter().filter(is_own).map(String::as_str));
                    near.or_else(|| did_you_mean(&name.value, known.iter().map(String::as_str)))
                });
            let message = format!("there is no table `{}`", name.value);
            diagnostics.push(Diagnostic::error(Code::UnknownTable, name.span, message).maybe_help(help));
        }
        None
    }

    pub(super) fn get(&self, reference: &TableRef) -> Option<&Table> {
        self.all.iter().find(|table| table.module == reference.module && table.name == reference.name)
    }

    pub(super) fn has_reported(&self, reference: &TableRef) -> bool {
        self.reported.contains(reference)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        self.all.iter_mut()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.all.iter().map(dotted)
    }
}

fn dotted(table: &Table) -> String {
    format!("{}.{}", table.module, table.name)
}

/// The table that a name stands for in a module.
pub(super) fn reference(module: &str, name: &str) -> TableRef {
    match name.split_once('.') {
        Some((module, name)) => TableRef { module: module.to_owned(), name: name.to_owned() },
        None => TableRef { module: module.to_owned(), name: name.to_owned() },
    }
}

/// The type of a row that is read in one place.
pub(super) fn row_type(table: &Table, read: Read) -> Ty {
    let object = ObjectTy::of_struct(&table.row, &a_row(table));
    let members = object.members.into_iter().map(|(name, mut ty)| {
        if table.is_encrypted(&name) {
            ty = ty.with_deep(&Flow { sealed: true, ..Flow::default() });
        }
        let is_set = ["createdAt", "updatedAt"].contains(&name.as_str());
        (name, if is_set { ty.there() } else { ty })
    });
    let members = members.collect();
    Ty::of(TyKind::Object(Arc::new(ObjectTy { what: object.what, members, reads: [read].into() })))
}

/// One row, in words: `a task`.
pub(super) fn a_row(table: &Table) -> String {
    let vowel = table.noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    format!("{} {}", if vowel { "an" } else { "a" }, table.noun)
}
