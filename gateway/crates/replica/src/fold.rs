//! The fold: what an append-only log of changes says about each record now.
//!
//! A record is known by its id and its home: a change that names another space than the record's is about another record.
//! Times are compared as strings; field by field, the later or equal one wins. The result does not depend on the order in
//! which changes come, with one exception that every reader of the log shares: where two writers stamp one field with the
//! very same time, the later row of the log wins. The caller applies such rows in the order of the log.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher,
    mem::size_of,
};

use hashbrown::{DefaultHashBuilder, HashTable};
use mana_mcp_runtime::{
    log::Row,
    rows::{Folder, Placement, StoredRow},
    space::Homes,
};

/// The state of a table after some changes. Values are as stored, encrypted where the writer encrypted them.
#[derive(Debug, Clone)]
pub struct Fold {
    homes: Homes,
    /// In the sequence in which they came first, which is also their order in memory: a walk over all of them is faster.
    records: Vec<Placed>,
    /// Their places, by id.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
    shared: SharedSpaces,
    left_out: u64,
}

/// The records of spaces other than the user's personal one.
#[derive(Debug, Clone)]
struct SharedSpaces {
    /// A space whose records take more bytes is closed.
    limit: usize,
    bytes: HashMap<Box<str>, usize>,
    closed: HashSet<Box<str>>,
}

/// What the place of a record takes beside the record itself.
const PLACE: usize = 2 * size_of::<(Placed, u32)>() - size_of::<StoredRow>();

/// A record, and the hash of its id: a table of places that grows need not look at the ids.
#[derive(Debug, Clone)]
struct Placed {
    hash: u64,
    record: StoredRow,
}

impl Fold {
    /// The state before any change, for the user of those homes. A space other than the personal one whose records would take
    /// more than `shared_limit` bytes is closed: it holds no records.
    #[must_use]
    pub fn new(homes: Homes, shared_limit: usize) -> Self {
        let shared = SharedSpaces { limit: shared_limit, bytes: HashMap::new(), closed: HashSet::new() };
        Self {
            homes,
            records: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            bytes: 0,
            shared,
            left_out: 0,
        }
    }

    /// Takes in a row, which came at that time. A record that `known` has seen earlier keeps the time of that.
    pub fn apply(&mut self, folder: &mut Folder, row: &Row<'_>, arrived: &str, known: Option<&Self>) {
        let home = row.home(&self.homes);
        if home.is_some_and(|home| self.shared.closed.contains(home)) {
            return;
        }
        let hash = self.hasher.hash_one(row.id);
        let place = self.place(hash, row.id, home);
        let standing = place.and_then(|place| self.records.get(place)).map(|placed| &placed.record);
        let before = standing.map_or(0, bytes);
        let earlier =
            if standing.is_none() { known.and_then(|known| known.record(row.id, home)?.arrived()) } else { None };
        let record = folder.step(standing, row, Placement { home, arrived: earlier.unwrap_or(arrived) });
        let after = bytes(&record);
        self.bytes = self.bytes.saturating_add(after).saturating_sub(before);
        let placed = Placed { hash, record };
        match place.and_then(|place| self.records.get_mut(place)) {
            Some(standing) => *standing = placed,
            None => self.add(placed),
        }
        if let Some(home) = home
            && self.shared.grow(home, before, after)
        {
            self.close(home);
        }
    }

    /// Counts rows that could not be read.
    pub(super) fn note_left_out(&mut self, rows: u64) {
        self.left_out = self.left_out.saturating_add(rows);
    }

    /// Rows that could not be read.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether the records of that space took more memory than one space may.
    pub(super) fn is_closed(&self, space: &str) -> bool {
        self.shared.closed.contains(space)
    }

    /// Whose records these are.
    pub(super) fn homes(&self) -> &Homes {
        &self.homes
    }

    /// An estimate of the memory that the state takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of records.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// All records, in no order.
    pub(super) fn records(&self) -> impl Iterator<Item = &StoredRow> {
        self.records.iter().map(|placed| &placed.record)
    }

    /// The first record of that id that is wanted.
    pub(super) fn find(&self, id: &str, is_wanted: impl Fn(&StoredRow) -> bool) -> Option<&StoredRow> {
        let hash = self.hasher.hash_one(id);
        let found = self.places.iter_hash(hash).filter_map(|place| self.records.get(*place as usize));
        found.filter(|placed| placed.is(hash, id)).map(|placed| &placed.record).find(|record| is_wanted(record))
    }

    fn record(&self, id: &str, home: Option<&str>) -> Option<&StoredRow> {
        self.find(id, |record| record.home() == home)
    }

    fn place(&self, hash: u64, id: &str, home: Option<&str>) -> Option<usize> {
        let is_it = |placed: &Placed| placed.is(hash, id) && placed.record.home() == home;
        let found = self.places.find(hash, |place| self.records.get(*place as usize).is_some_and(is_it));
        found.map(|place| *place as usize)
    }

    fn add(&mut self, placed: Placed) {
        let hash_at = |place: &u32| self.records.get(*place as usize).map_or(0, |placed| placed.hash);
        self.places.insert_unique(placed.hash, place_of(self.records.len()), hash_at);
        self.records.push(placed);
    }

    /// Drops all records of a space, for good.
    fn close(&mut self, space: &str) {
        self.shared.bytes.remove(space);
        self.shared.closed.insert(space.into());
        self.places.clear();
        let (mut bytes_left, kept) = (0, std::mem::take(&mut self.records));
        for placed in kept.into_iter().filter(|placed| placed.record.home() != Some(space)) {
            bytes_left += bytes(&placed.record);
            self.add(placed);
        }
        self.bytes = bytes_left;
    }
}

impl SharedSpaces {
    /// Whether a space whose record has grown is too large now.
    fn grow(&mut self, space: &str, before: usize, after: usize) -> bool {
        let taken = match self.bytes.get_mut(space) {
            Some(taken) => taken,
            None => self.bytes.entry(space.into()).or_default(),
        };
        *taken = taken.saturating_add(after).saturating_sub(before);
        *taken > self.limit
    }
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        let has_same =
            |record: &StoredRow| other.record(record.id(), record.home()).is_some_and(|found| found == record);
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
