//! How a batch is stored: one push per app, and what becomes of the earlier ones where a later one fails.

use std::sync::Arc;

use super::{
    Batch,
    batch::{Write, change_of},
};
use crate::{
    data::{Added, DataError, PlaceClaim, WritePermit},
    log::{Operation, stamp},
    rows::TableSpec,
    tool::Call,
};

impl Batch {
    /// Stores all writes: one push per app, apps in the order in which they were first written to. Once this returns, they
    /// are durable, and every later read of this user shows them.
    ///
    /// Several pushes run to their end even if the caller stops waiting.
    ///
    /// # Errors
    /// Where a push is not confirmed. Rows that earlier pushes added are then deleted again, and the error says so.
    pub async fn commit(self) -> Result<(), DataError> {
        if self.call.is_dry() {
            self.discard();
            return Err(DataError::NoDryRun);
        }
        let Self { call, writes, claims, .. } = self;
        call.note_committed(writes.len());
        let mut pushes: Vec<Push> = Vec::new();
        for write in writes {
            match pushes.iter_mut().find(|push| push.app == write.table.app) {
                Some(push) => push.writes.push(write),
                None => pushes.push(Push { app: write.table.app, writes: vec![write] }),
            }
        }
        if pushes.len() <= 1 {
            return store(&call, pushes, claims).await;
        }
        let owned = Arc::clone(&call);
        call.data().detach(Box::pin(async move { store(&owned, pushes, claims).await })).await
    }
}

impl Batch {
    /// Stores nothing, and means it.
    pub(crate) fn discard(self) {
        self.call.note_committed(self.writes.len());
    }
}

/// What goes to the log of one app.
struct Push {
    app: &'static str,
    writes: Vec<Write>,
}

/// A row that a push has added.
struct AddedRow {
    table: TableSpec,
    space_id: Option<String>,
    id: String,
}

/// What one push has stored, or may have.
struct Stored {
    app: &'static str,
    added: Vec<AddedRow>,
    /// Whether it changed or deleted rows that were there before.
    changes_others: bool,
}

impl AddedRow {
    fn of(write: &Write) -> Self {
        Self { table: write.table, space_id: write.change.space_id.clone(), id: write.change.id.clone() }
    }
}

/// Stores the pushes one after the other. The claims are held until the rows can be seen.
async fn store(call: &Call, pushes: Vec<Push>, _claims: Vec<(TableSpec, PlaceClaim)>) -> Result<(), DataError> {
    if pushes.is_empty() {
        return Ok(());
    }
    // One for all, so that what was begun is not refused half-way.
    let permit = call.data().begin_writes().await?;
    let mut stored: Vec<Stored> = Vec::new();
    for Push { app, writes } in pushes {
        let added = writes.iter().filter(|write| write.is_insert());
        let added: Vec<AddedRow> = added.map(AddedRow::of).collect();
        let is_own = |write: &Write| added.iter().any(|row| write.is_of(&row.table, &row.id));
        let changes_others = !writes.iter().all(is_own);
        let changes = writes.into_iter().map(|write| (write.table, write.change)).collect();
        let outcome = call.data().push(&permit, app, changes).await;
        let push = Stored { app, added, changes_others };
        match outcome {
            Ok(()) => stored.push(push),
            Err(error) if stored.is_empty() => return Err(error),
            Err(error) => {
                // It may be stored after all.
                stored.extend(matches!(error, DataError::Unconfirmed(_)).then_some(push));
                return Err(take_back(call, &permit, stored, error).await);
            }
        }
    }
    Ok(())
}

/// Deletes the rows that were added before a later push failed.
async fn take_back(call: &Call, permit: &WritePermit, stored: Vec<Stored>, failure: DataError) -> DataError {
    let changed = stored.iter().any(|stored| stored.changes_others);
    let mut added = Added::None;
    for Stored { app, added: rows, .. } in stored {
        if rows.is_empty() {
            continue;
        }
        let at = stamp::after(call.now().to_string(), &call.now().to_string());
        let delete = |AddedRow { table, space_id, id }| {
            let delete = Operation::Delete { deleted_at: Some(at.clone()) };
            (table, change_of(call, &table, space_id, id, delete))
        };
        let is_removed = call.data().push(permit, app, rows.into_iter().map(delete).collect()).await.is_ok();
        added = match (added, is_removed) {
            (Added::None | Added::Removed, true) => Added::Removed,
            _ => Added::MayRemain,
        };
    }
    DataError::StoredInPart { failure: Box::new(failure), added, changed }
}
