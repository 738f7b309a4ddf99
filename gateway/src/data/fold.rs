//! The fold: what an append-only log of changes says about each record now.
//!
//! Times are compared as strings; field by field, the later or equal one wins. The result does not depend on the order in
//! which changes come, with one exception that every reader of the log shares: where two writers stamp one field with the
//! very same time, the later row of the log wins. Who feeds a fold feeds such rows in the order of the log.

use std::{hash::BuildHasher, mem::size_of};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{
    order::Order,
    packed::{Fields, Incoming, Packer, Stored, offset},
};
use crate::backend::{Cell, Event, Row, Set};

pub(super) const DELETED_AT: &str = "deletedAt";

/// The space that inserts name, and the one that updates name, which counts where no insert has been seen. They stand among
/// the fields, because they are merged as fields are; no field of a row is called so, for U+0000 cannot be stored.
const INSERTED_IN: &str = "\0inserted";
const UPDATED_IN: &str = "\0updated";

/// The state of a table after some changes. Values are as stored, encrypted where the writer encrypted them.
#[derive(Debug)]
pub struct Fold {
    /// In the sequence in which they came first: so they lie in memory, and who walks over all of them is faster by that.
    records: Vec<Placed>,
    /// Their places, by id.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    order: Order,
    packer: Packer,
    bytes: usize,
}

/// One record. A clone shares its fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folded {
    fields: Fields,
    is_inserted: bool,
    /// Deleted without a time: whatever else comes, it does not return.
    is_gone: bool,
    is_live: bool,
}

/// A record, and the hash of its id: a table of places that grows need not look at the ids.
#[derive(Debug)]
struct Placed {
    hash: u64,
    record: Folded,
}

impl Fold {
    /// The state before any change. A record is live when it is not deleted and has all `required` fields.
    pub fn new(required: impl IntoIterator<Item = &'static str>) -> Self {
        // The id stands beside the fields.
        let required = required.into_iter().filter(|name| *name != "id").collect();
        Self {
            records: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            order: Order::default(),
            packer: Packer::new(required),
            bytes: 0,
        }
    }

    /// Takes in a row.
    pub fn apply(&mut self, row: &Row<'_>) {
        let &Row { id, ref event, space_id, .. } = row;
        let hash = self.hasher.hash_one(id);
        let place = self.place(hash, id);
        let standing = place.and_then(|place| self.records.get(place)).map(|placed| &placed.record);
        if standing.is_some_and(|record| record.is_gone) {
            return;
        }
        let before = standing.map_or(0, Folded::bytes);
        let old = standing.map(|record| &record.fields);
        let was_inserted = standing.is_some_and(|record| record.is_inserted);
        let record = match event {
            Event::Insert(fields) => {
                let text = |name: &str| text_of(fields, name);
                let at = text("updatedAt").or_else(|| text("createdAt")).unwrap_or_default();
                let space = space_id.or_else(|| text("spaceId")).map(Cell::Text);
                let space = space.iter().map(|value| Incoming { name: INSERTED_IN, at, value });
                let fields = self.order.sorted(fields).filter_map(incoming).map(|field| Incoming { at, ..field });
                Folded::new(self.packer.pack(id, old, space.chain(fields)), true)
            }
            Event::Update(fields) => {
                let named = space_id.map(Cell::Text);
                let fields = self.order.sorted(fields);
                let latest = fields.clone().map(|set| set.at).max().unwrap_or_default();
                let space = named.iter().map(|value| Incoming { name: UPDATED_IN, at: latest, value });
                let fields = fields.filter_map(incoming);
                Folded::new(self.packer.pack(id, old, space.chain(fields)), was_inserted)
            }
            Event::Delete(Some(at)) => {
                let value = &Cell::Text(at);
                let mark = std::iter::once(Incoming { name: DELETED_AT, at, value });
                Folded::new(self.packer.pack(id, old, mark), was_inserted)
            }
            Event::Delete(None) => Folded::gone(self.packer.pack(id, None, std::iter::empty())),
        };
        self.bytes = self.bytes.saturating_add(record.bytes()).saturating_sub(before);
        let placed = Placed { hash, record };
        // Readers that hold the record keep the state that they have seen.
        match place.and_then(|place| self.records.get_mut(place)) {
            Some(standing) => *standing = placed,
            None => {
                let hash_at = |place: &u32| self.records.get(*place as usize).map_or(0, |placed| placed.hash);
                self.places.insert_unique(hash, offset(self.records.len()), hash_at);
                self.records.push(placed);
            }
        }
    }

    /// An estimate of the memory that the state takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.packer.bytes()
    }

    /// The live record of that id. Writers spell the letters of an id in either case.
    pub(super) fn get(&self, id: &str) -> Option<&Folded> {
        let spelled_otherwise = || self.records().find(|record| record.id().eq_ignore_ascii_case(id));
        self.find(id).or_else(spelled_otherwise).filter(|record| record.is_live)
    }

    /// All live records, in no order.
    pub(super) fn live(&self) -> impl Iterator<Item = &Folded> {
        self.records().filter(|record| record.is_live)
    }

    fn records(&self) -> impl Iterator<Item = &Folded> {
        self.records.iter().map(|placed| &placed.record)
    }

    fn find(&self, id: &str) -> Option<&Folded> {
        let place = self.place(self.hasher.hash_one(id), id)?;
        self.records.get(place).map(|placed| &placed.record)
    }

    fn place(&self, hash: u64, id: &str) -> Option<usize> {
        let is_it = |place: &u32| self.records.get(*place as usize).is_some_and(|placed| placed.is(hash, id));
        self.places.find(hash, is_it).map(|place| *place as usize)
    }
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        let has_same = |record: &Folded| other.find(record.id()).is_some_and(|found| found == record);
        self.records.len() == other.records.len() && self.records().all(has_same)
    }
}

impl Folded {
    fn new(fields: Fields, is_inserted: bool) -> Self {
        let is_deleted = fields.get(DELETED_AT).is_some_and(is_set);
        let is_live = !is_deleted && fields.is_whole();
        Self { fields, is_inserted, is_gone: false, is_live }
    }

    fn gone(nothing: Fields) -> Self {
        Self { fields: nothing, is_inserted: false, is_gone: true, is_live: false }
    }

    fn id(&self) -> &str {
        self.fields.id()
    }

    /// A view of the row.
    pub(super) fn view(&self) -> RowView<'_> {
        RowView { record: self }
    }

    /// The space that the record names; `None` means the user's personal one.
    pub(super) fn space(&self) -> Option<&str> {
        self.fields.get(if self.is_inserted { INSERTED_IN } else { UPDATED_IN })?.as_str()
    }

    /// When a field was last set; empty where it was not, or nobody said when.
    pub(super) fn stamp(&self, name: &str) -> &str {
        self.fields.at(name).unwrap_or_default()
    }

    /// An estimate of the memory that it takes, with its place, beside which another one may be empty.
    fn bytes(&self) -> usize {
        2 * size_of::<(Placed, u32)>() + self.fields.bytes()
    }
}

impl Placed {
    fn is(&self, hash: u64, id: &str) -> bool {
        self.hash == hash && self.record.id() == id
    }
}

/// A folded row, its values as stored.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'a> {
    record: &'a Folded,
}

impl<'a> RowView<'a> {
    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.record.id()
    }

    /// A field as it is stored.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Stored<'a>> {
        self.record.fields.get(field)
    }

    /// When a field was last set; empty where nobody said when.
    pub(super) fn stamp(&self, field: &str) -> &'a str {
        self.record.stamp(field)
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

/// Whether the web application, which asks so, takes the value for true.
fn is_set(value: Stored<'_>) -> bool {
    match value {
        Stored::Null => false,
        Stored::Bool(set) => set,
        Stored::Text(text) => !text.is_empty(),
        Stored::Number(number) => number.as_f64() != Some(0.0),
        Stored::Array(_) | Stored::Object(_) => true,
    }
}
