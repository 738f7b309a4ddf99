//! One step of the fold: what a record is after a row of the log.
//!
//! Times are compared as strings; field by field, the later or equal one wins.

use std::iter;

use super::{
    packed::{Incoming, Packer},
    stored_row::{DELETED_AT, INSERTED_IN, StoredRow, UPDATED_IN},
};
use crate::log::{Cell, Event, Order, Row, Set};

/// Folds rows of the log into records of one table, in memory that it reuses.
#[derive(Debug)]
pub struct Folder {
    order: Order,
    packer: Packer,
}

impl Folder {
    /// A folder for records that are live only with all `required` fields.
    pub fn new(required: impl IntoIterator<Item = &'static str>) -> Self {
        // The id stands beside the fields.
        let required = required.into_iter().filter(|name| *name != "id").collect();
        Self { order: Order::default(), packer: Packer::new(required) }
    }

    /// The record after that row. A record that is gone for good stays so.
    pub fn step(&mut self, standing: Option<&StoredRow>, row: &Row<'_>) -> StoredRow {
        let &Row { id, ref event, space_id, .. } = row;
        if let Some(gone) = standing.filter(|record| record.is_gone) {
            return gone.clone();
        }
        let old = standing.map(|record| &record.fields);
        let was_inserted = standing.is_some_and(|record| record.is_inserted);
        match event {
            Event::Insert(fields) => {
                let text = |name: &str| text_of(fields, name);
                let at = text("updatedAt").or_else(|| text("createdAt")).unwrap_or_default();
                let space = space_id.or_else(|| text("spaceId")).map(Cell::Text);
                let space = space.iter().map(|value| Incoming { name: INSERTED_IN, at, value });
                let fields = self.order.sorted(fields).filter_map(incoming).map(|field| Incoming { at, ..field });
                StoredRow::new(self.packer.pack(id, old, space.chain(fields)), true)
            }
            Event::Update(fields) => {
                let named = space_id.map(Cell::Text);
                let fields = self.order.sorted(fields);
                let latest = fields.clone().map(|set| set.at).max().unwrap_or_default();
                let space = named.iter().map(|value| Incoming { name: UPDATED_IN, at: latest, value });
                let fields = fields.filter_map(incoming);
                StoredRow::new(self.packer.pack(id, old, space.chain(fields)), was_inserted)
            }
            Event::Delete(Some(at)) => {
                let value = &Cell::Text(at);
                let mark = iter::once(Incoming { name: DELETED_AT, at, value });
                StoredRow::new(self.packer.pack(id, old, mark), was_inserted)
            }
            Event::Delete(None) => StoredRow::gone(self.packer.pack(id, None, iter::empty())),
        }
    }

    /// An estimate of the memory that field names take, which records share.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packer.bytes()
    }
}

/// The text of a field, where it is one and not empty.
fn text_of<'a>(fields: &'a [Set<'_>], name: &str) -> Option<&'a str> {
    match &fields.iter().rfind(|set| set.name == name)?.value {
        Some(Cell::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn incoming<'a>(set: &'a Set<'a>) -> Option<Incoming<'a>> {
    let value = set.value.as_ref().filter(|_| is_a_field(set.name))?;
    Some(Incoming { name: set.name, at: set.at, value })
}

/// The record's own id is the one that counts, and what the service could not have stored is no field. Nor is what has no
/// name: it would stand before the spaces.
fn is_a_field(name: &str) -> bool {
    name != "id" && !name.is_empty() && !name.starts_with('\0')
}
