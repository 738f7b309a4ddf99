//! What could not be read in a call, each field of a row once.

use std::collections::HashSet;

use crate::rows::{Faults, RowReader, StoredRow, Unreadable};

/// The fields that could not be read in one walk over rows.
#[derive(Debug, Default)]
pub(super) struct Unopened {
    fields: Vec<(String, &'static str)>,
    /// Where values did not open under the cipher, though they are well-formed: when the newest of them was written.
    pub(super) another_key: Option<String>,
}

impl Unopened {
    /// Notes what a row's reader could not read.
    pub(super) fn note(&mut self, row: &StoredRow, reader: &RowReader<'_>) {
        self.note_key(reader);
        self.add(row, reader.faults());
    }

    /// Notes where a row's values did not open, though they are well-formed.
    pub(super) fn note_key(&mut self, reader: &RowReader<'_>) {
        if let Some(at) = reader.another_key()
            && self.another_key.as_deref().is_none_or(|newest| at > newest)
        {
            self.another_key = Some(at.to_owned());
        }
    }

    /// One of the fields.
    pub(super) fn first(&self) -> Option<&'static str> {
        self.fields.first().map(|(_, field)| *field)
    }

    /// Notes fields of a row.
    pub(super) fn add(&mut self, row: &StoredRow, fields: &[&'static str]) {
        self.fields.extend(fields.iter().map(|field| (row.id().to_owned(), *field)));
    }
}

/// The fields that could not be read in a call.
#[derive(Debug, Default)]
pub(super) struct Unread {
    known: HashSet<(&'static str, String, &'static str)>,
    faults: Faults,
}

impl Unread {
    /// Takes over what could not be read of a table.
    pub(super) fn take(&mut self, table: &'static str, unopened: Unopened) {
        for (id, field) in unopened.fields {
            if self.known.insert((table, id.clone(), field)) {
                self.faults.add(&id, field);
            }
        }
    }

    /// As an answer names them.
    pub(super) fn into_fields(self) -> Vec<Unreadable> {
        self.faults.into_fields()
    }
}
