//! One step of the fold: what a record is after a row of the log.
//!
//! Times are compared as strings; field by field, the later or equal one wins.

use super::{
    TableSpec,
    packer::{Incoming, Packer},
    stored_row::{ARRIVED, CHANGED, DELETED_AT, HOME, StoredRow},
};
use crate::log::{Cell, Event, Order, Row, Set};

/// Folds rows of the log into records of one table, in memory that it reuses.
#[derive(Debug)]
pub struct Folder {
    table: TableSpec,
    order: Order,
    packer: Packer,
}

/// Where and when a row of the log belongs.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// The home of the record, as [`Homes`](crate::space::Homes) resolves it.
    pub home: Option<&'a str>,
    /// When the row came, for records that name no time themselves.
    pub arrived: &'a str,
}

impl Folder {
    /// A folder for records of that table.
    #[must_use]
    pub fn new(table: TableSpec) -> Self {
        // The id stands beside the fields.
        let required = table.required().filter(|name| *name != "id").collect();
        Self { table, order: Order::default(), packer: Packer::new(required) }
    }

    /// The record after that row, of the same id and home. A record that is gone for good stays so.
    pub fn step(&mut self, standing: Option<&StoredRow>, row: &Row<'_>, placement: Placement<'_>) -> StoredRow {
        let Self { table, order, packer } = self;
        if let Some(gone) = standing.filter(|record| record.is_gone) {
            return gone.clone();
        }
        let old = standing.map(|record| &record.fields);
        let home = placement.home.map(Cell::Text);
        let (arrived, null) = (Cell::Text(placement.arrived), Cell::Null);
        // Sorted by name, and all before the fields.
        let facts = |at, arrived| {
            let home = home.as_ref().map(|value| Incoming { name: HOME, at, value });
            [arrived, Some(Incoming { name: CHANGED, at, value: &null }), home].into_iter().flatten()
        };
        let fields = match &row.event {
            Event::Insert(fields) => {
                let at = insert_time(fields);
                let is_first = at.is_empty() && standing.is_none_or(|record| record.arrived().is_none());
                let arrived = is_first.then_some(Incoming { name: ARRIVED, at, value: &arrived });
                let fields = order.sorted(fields, |name| table.keeps(name)).filter_map(incoming);
                packer.pack(row.id, old, facts(at, arrived).chain(fields.map(|field| Incoming { at, ..field })))
            }
            Event::Update(fields) => {
                let latest = fields.iter().map(|set| set.at).max().unwrap_or_default();
                let fields = order.sorted(fields, |name| table.keeps(name)).filter_map(incoming);
                packer.pack(row.id, old, facts(latest, None).chain(fields))
            }
            Event::Delete(Some(at)) => {
                let mark = Incoming { name: DELETED_AT, at, value: &Cell::Text(at) };
                packer.pack(row.id, old, facts(at, None).chain([mark]))
            }
            Event::Delete(None) => return StoredRow::gone(packer.pack(row.id, None, facts("", None))),
        };
        StoredRow::new(fields)
    }

    /// A record without an id and without any field.
    #[must_use]
    pub fn empty(&mut self) -> StoredRow {
        StoredRow::new(self.packer.pack("", None, std::iter::empty()))
    }

    /// An estimate of the memory that field names take, which records share.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packer.bytes()
    }
}

/// The time of all fields of an insert; empty where it names none.
fn insert_time<'a>(fields: &[Set<'a>]) -> &'a str {
    let text = |name| Set::text_of(fields, name);
    text("updatedAt").or_else(|| text("createdAt")).unwrap_or_default()
}

fn incoming<'a>(set: &'a Set<'a>) -> Option<Incoming<'a>> {
    Some(Incoming { name: set.name, at: set.at, value: set.value.as_ref()? })
}
