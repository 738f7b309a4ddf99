//! The fold: what an append-only log of changes says about each record now.
//!
//! Times are compared as strings; field by field, the later or equal one wins. The result does not depend on the order in
//! which changes come, with one exception that every reader of the log shares: where two writers stamp one field with the
//! very same time, the later row of the log wins. Who feeds a fold feeds such rows in the order of the log.

use std::{hash::BuildHasher, mem::size_of};

use hashbrown::{DefaultHashBuilder, HashTable};
use mana_mcp_runtime::{
    log::Row,
    rows::{Folder, StoredRow},
};

/// The state of a table after some changes. Values are as stored, encrypted where the writer encrypted them.
#[derive(Debug)]
pub struct Fold {
    /// In the sequence in which they came first: so they lie in memory, and who walks over all of them is faster by that.
    records: Vec<Placed>,
    /// Their places, by id.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    folder: Folder,
    bytes: usize,
}

/// What the place of a record takes beside the record itself.
const PLACE: usize = 2 * size_of::<(Placed, u32)>() - size_of::<StoredRow>();

/// A record, and the hash of its id: a table of places that grows need not look at the ids.
#[derive(Debug)]
struct Placed {
    hash: u64,
    record: StoredRow,
}

impl Fold {
    /// The state before any change. A record is live when it is not deleted and has all `required` fields.
    pub fn new(required: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            records: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            folder: Folder::new(required),
            bytes: 0,
        }
    }

    /// Takes in a row.
    pub fn apply(&mut self, row: &Row<'_>) {
        let hash = self.hasher.hash_one(row.id);
        let place = self.place(hash, row.id);
        let standing = place.and_then(|place| self.records.get(place)).map(|placed| &placed.record);
        let before = standing.map_or(0, bytes);
        let record = self.folder.step(standing, row);
        self.bytes = self.bytes.saturating_add(bytes(&record)).saturating_sub(before);
        let placed = Placed { hash, record };
        // Readers that hold the record keep the state that they have seen.
        match place.and_then(|place| self.records.get_mut(place)) {
            Some(standing) => *standing = placed,
            None => {
                let hash_at = |place: &u32| self.records.get(*place as usize).map_or(0, |placed| placed.hash);
                self.places.insert_unique(hash, place_of(self.records.len()), hash_at);
                self.records.push(placed);
            }
        }
    }

    /// An estimate of the memory that the state takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.folder.bytes()
    }

    /// The live record of that id. Writers spell the letters of an id in either case.
    pub(super) fn get(&self, id: &str) -> Option<&StoredRow> {
        let spelled_otherwise = || self.records().find(|record| record.id().eq_ignore_ascii_case(id));
        self.find(id).or_else(spelled_otherwise).filter(|record| record.is_live())
    }

    /// All live records, in no order.
    pub(super) fn live(&self) -> impl Iterator<Item = &StoredRow> {
        self.records().filter(|record| record.is_live())
    }

    fn records(&self) -> impl Iterator<Item = &StoredRow> {
        self.records.iter().map(|placed| &placed.record)
    }

    fn find(&self, id: &str) -> Option<&StoredRow> {
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
        let has_same = |record: &StoredRow| other.find(record.id()).is_some_and(|found| found == record);
        self.records.len() == other.records.len() && self.records().all(has_same)
    }
}

/// Nothing comes near 4 Gi of records: the memory of all replicas is bounded far below.
fn place_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// An estimate of the memory that a record takes, with its place, beside which another one may be empty.
fn bytes(record: &StoredRow) -> usize {
    record.bytes() + PLACE
}

impl Placed {
    fn is(&self, hash: u64, id: &str) -> bool {
        self.hash == hash && self.record.id() == id
    }
}

#[cfg(test)]
mod tests;
