//! How much a call reads and answers: the rate window weighs it by that ([`Gate::weigh`]).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use mana_mcp_runtime::{
    data::{LastListing, TableRows},
    rows::StoredRow,
    tool::ToolId,
};

use crate::{auth::UserId, policy::Gate};

/// The bytes of the rows that a call has read so far. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct BytesRead(Arc<AtomicUsize>);

/// Rows whose bytes are counted as they are read.
pub(super) struct CountedRows {
    rows: Arc<dyn TableRows>,
    read: BytesRead,
}

/// Weighs a call when it ends, also if its caller has gone and it is dropped half-way.
pub(super) struct Weighed<'a> {
    gate: &'a Gate,
    user: UserId,
    tool: ToolId,
    read: BytesRead,
    /// Bytes of the answer.
    pub(super) answered: usize,
}

impl BytesRead {
    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl CountedRows {
    pub(super) fn new(rows: Arc<dyn TableRows>, read: BytesRead) -> Self {
        Self { rows, read }
    }
}

impl TableRows for CountedRows {
    fn select(&self, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Vec<StoredRow> {
        let rows = self.rows.select(is_wanted);
        self.read.add(rows.iter().map(StoredRow::bytes).sum());
        rows
    }

    fn find(&self, id: &str, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Option<StoredRow> {
        let row = self.rows.find(id, is_wanted);
        self.read.add(row.as_ref().map_or(0, StoredRow::bytes));
        row
    }

    fn is_complete_in(&self, space: &str) -> bool {
        self.rows.is_complete_in(space)
    }

    fn left_out(&self) -> u64 {
        self.rows.left_out()
    }

    fn version(&self) -> u64 {
        self.rows.version()
    }

    fn listing(&self) -> &LastListing {
        self.rows.listing()
    }
}

impl<'a> Weighed<'a> {
    pub(super) fn new(gate: &'a Gate, user: UserId, tool: ToolId, read: BytesRead) -> Self {
        Self { gate, user, tool, read, answered: 0 }
    }
}

impl Drop for Weighed<'_> {
    fn drop(&mut self) {
        self.gate.weigh(&self.user, self.tool, self.read.get() + self.answered, Instant::now());
    }
}
