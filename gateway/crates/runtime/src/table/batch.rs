//! A unit of work: everything that a call writes, over several tables and apps. Writes are collected with the state of each
//! row before and after, and sent together, one push per app.

use std::sync::Arc;

use serde_json::Value;

use super::{DataError, Filter, SealError, error::Added};
use crate::{
    data::{PlaceClaim, WritePermit},
    decode::Id,
    log::{Change, Operation, Origin, Stamped, stamp},
    rows::{DELETED_AT, FieldWriter, Folder, Patch, Record, StoredRow, TableSpec},
    tool::Call,
};

/// The writes of one call. Nothing is stored before [`Batch::commit`].
#[derive(Debug)]
#[must_use = "writes that are not committed are not stored"]
pub struct Batch {
    call: Arc<Call>,
    writes: Vec<Write>,
    /// The tables in which this call chooses places, until the writes are stored.
    claims: Vec<(TableSpec, PlaceClaim)>,
}

/// One write that is not stored yet.
#[derive(Debug)]
pub struct Write {
    table: TableSpec,
    before: Option<StoredRow>,
    change: Change,
}

impl Write {
    /// The table.
    #[must_use]
    pub fn table(&self) -> TableSpec {
        self.table
    }

    /// The row before the write; `None` for a new one.
    #[must_use]
    pub fn before(&self) -> Option<&StoredRow> {
        self.before.as_ref()
    }

    /// The row after the write.
    #[must_use]
    pub fn after(&self) -> StoredRow {
        Folder::new(self.table.required()).step(self.before.as_ref(), &(&self.change).into())
    }

    /// What is sent.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    fn is_of(&self, table: &TableSpec, id: &str) -> bool {
        self.table.is_same(table) && self.change.id == id
    }

    fn is_insert(&self) -> bool {
        matches!(self.change.operation, Operation::Insert { .. })
    }
}

impl Batch {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self { call, writes: Vec::new(), claims: Vec::new() }
    }

    /// Claims the right to choose places in these tables until the batch is committed or dropped: two rows that are stored
    /// at once would get the same place. Claims are taken in one order of tables, whatever the order here, so that two calls
    /// never wait for each other. Hence all tables of a call are claimed at once.
    ///
    /// # Errors
    /// Where this call has claimed places before, in this batch or another one.
    pub async fn claim_places(&mut self, tables: &[TableSpec]) -> Result<(), DataError> {
        if !self.call.may_claim_places() {
            return Err(DataError::ClaimedTwice);
        }
        let mut tables = tables.to_vec();
        tables.sort_by_key(|table| (table.app, table.sync_name));
        tables.dedup_by(|one, other| one.is_same(other));
        for table in tables {
            let claim = self.call.data().claim_place(table).await;
            self.claims.push((table, claim));
        }
        Ok(())
    }

    /// The number of live rows in the space, with those that this batch adds: the place of a row that is about to be added.
    ///
    /// # Errors
    /// Where the place was not claimed before, or the rows cannot be read.
    pub async fn next_place<R: Record>(&self) -> Result<f64, DataError> {
        if !self.claims.iter().any(|(claimed, _)| claimed.is_same(&R::TABLE)) {
            return Err(DataError::UnclaimedPlace { noun: R::TABLE.noun });
        }
        let stored = self.call.data().rows(R::TABLE).await?.live(&|row| self.call.is_here(row)).len();
        let added = self.writes.iter().filter(|write| write.is_insert() && write.table.is_same(&R::TABLE)).count();
        Ok((stored + added) as f64)
    }

    /// Adds a new row.
    ///
    /// # Errors
    /// Where a value cannot be stored, or the user's key is needed and cannot be had.
    pub async fn insert<R: Record>(&mut self, row: &R) -> Result<(), DataError> {
        let cipher = self.call.cipher_of(&R::TABLE).await?;
        let mut writer = FieldWriter::new(cipher.as_deref());
        row.seal(&mut writer)?;
        let mut data = writer.into_fields();
        let now = Value::String(self.call.now().to_string());
        for time in ["createdAt", "updatedAt"] {
            data.entry(time).or_insert_with(|| now.clone());
        }
        data.insert("spaceId".to_owned(), Value::String(self.call.space().to_owned()));
        let id = data.get("id").and_then(Value::as_str).ok_or(SealError::NotJson { field: "id" })?.to_owned();
        self.push(R::TABLE, None, id, Operation::Insert { data });
        Ok(())
    }

    /// Changes the fields of a live row that the patch names, and its `updatedAt`. Others stay as they are, also where
    /// another writer changes them at this moment.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where no such row is live in the space; else as [`Batch::insert`].
    pub async fn update<R: Record>(&mut self, id: &Id, patch: &R::Patch) -> Result<(), DataError> {
        let row = self.find::<R>(id).await?;
        self.change::<R>(row, patch).await
    }

    /// As [`Batch::update`], but writes nothing where the row matches already.
    ///
    /// # Errors
    /// As [`Batch::update`].
    pub async fn update_unless<R: Record>(
        &mut self,
        id: &Id,
        unless: &Filter,
        patch: &R::Patch,
    ) -> Result<(), DataError> {
        let row = self.find::<R>(id).await?;
        if unless.holds(&row) { Ok(()) } else { self.change::<R>(row, patch).await }
    }

    /// Marks a live row as deleted at this time. It is not shown any more, and another writer may remove the mark.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where no such row is live in the space; else where the rows cannot be read.
    pub async fn soft_delete<R: Record>(&mut self, id: &Id) -> Result<(), DataError> {
        let row = self.find::<R>(id).await?;
        let at = stamp::after(self.call.now().to_string(), row.stamp(DELETED_AT));
        let id = row.id().to_owned();
        self.push(R::TABLE, Some(row), id, Operation::Delete { deleted_at: Some(at) });
        Ok(())
    }

    /// Removes a live row for good: a delete without a time, after which no change brings the row back, whatever its time
    /// and in whatever order the rows of the log come.
    ///
    /// # Errors
    /// As [`Batch::soft_delete`].
    pub async fn hard_delete<R: Record>(&mut self, id: &Id) -> Result<(), DataError> {
        let row = self.find::<R>(id).await?;
        let id = row.id().to_owned();
        self.push(R::TABLE, Some(row), id, Operation::Delete { deleted_at: None });
        Ok(())
    }

    /// What will be stored, in the order in which it was written.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter()
    }

    /// Stores all writes: one push per app, apps in the order in which they were first written to. Once this returns, they
    /// are durable, and every later read of this user shows them.
    ///
    /// Several pushes run to their end even if the caller stops waiting.
    ///
    /// # Errors
    /// Where a push is not confirmed. Rows that earlier pushes added are then deleted again, and the error says so.
    pub async fn commit(self) -> Result<(), DataError> {
        let Self { call, writes, claims } = self;
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

    async fn change<R: Record>(&mut self, row: StoredRow, patch: &R::Patch) -> Result<(), DataError> {
        let cipher = self.call.cipher_of(&R::TABLE).await?;
        let mut writer = FieldWriter::new(cipher.as_deref());
        patch.seal(&mut writer)?;
        let mut values = writer.into_fields();
        let now = self.call.now().to_string();
        values.entry("updatedAt").or_insert_with(|| Value::String(now.clone()));
        let taken = values.keys().map(|name| row.stamp(name)).max().unwrap_or_default();
        let at = stamp::after(now, taken);
        let stamped = |(name, value)| (name, Stamped { value, at: at.clone() });
        let fields = values.into_iter().map(stamped).collect();
        let id = row.id().to_owned();
        self.push(R::TABLE, Some(row), id, Operation::Update { fields });
        Ok(())
    }

    /// The live row of that id in the space, with what this batch has written to it.
    async fn find<R: Record>(&self, id: &Id) -> Result<StoredRow, DataError> {
        let pending = self.writes.iter().rfind(|write| write.is_of(&R::TABLE, id.as_str())).map(Write::after);
        let row = match pending {
            Some(pending) => Some(pending).filter(StoredRow::is_live),
            None => self.call.data().rows(R::TABLE).await?.get(id.as_str()),
        };
        let not_found = || DataError::NotFound { noun: R::TABLE.noun, id: id.to_string() };
        row.filter(|row| self.call.is_here(row)).ok_or_else(not_found)
    }

    fn push(&mut self, table: TableSpec, before: Option<StoredRow>, id: String, operation: Operation) {
        let change = change_of(&self.call, &table, id, operation);
        self.call.note_write();
        self.writes.push(Write { table, before, change });
    }
}

/// What goes to the log of one app.
struct Push {
    app: &'static str,
    writes: Vec<Write>,
}

/// What one push has stored, or may have.
struct Stored {
    app: &'static str,
    added: Vec<(TableSpec, String)>,
    /// Whether it changed or deleted rows that were there before.
    changes_others: bool,
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
        let added: Vec<_> = added.map(|write| (write.table, write.change.id.clone())).collect();
        let is_own = |write: &Write| added.iter().any(|(table, id)| write.is_of(table, id));
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
        let delete = |(table, id)| {
            let delete = Operation::Delete { deleted_at: Some(at.clone()) };
            (table, change_of(call, &table, id, delete))
        };
        let is_removed = call.data().push(permit, app, rows.into_iter().map(delete).collect()).await.is_ok();
        added = match (added, is_removed) {
            (Added::None | Added::Removed, true) => Added::Removed,
            _ => Added::MayRemain,
        };
    }
    DataError::StoredInPart { failure: Box::new(failure), added, changed }
}

fn change_of(call: &Call, table: &TableSpec, id: String, operation: Operation) -> Change {
    Change {
        event_id: String::new(),
        table: table.sync_name.to_owned(),
        id,
        operation,
        space_id: Some(call.space().to_owned()),
        actor: Some(call.actor()),
        origin: Some(Origin::Agent),
    }
}
