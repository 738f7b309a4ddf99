//! A unit of work: everything that a call writes, over several tables and apps. Writes are collected with the state of each
//! row before and after, and sent together, one push per app.

use std::sync::Arc;

use serde_json::Value;

use super::{DataError, Filter, SealError};
use crate::{
    data::PlaceClaim,
    decode::{Id, JsonObject},
    log::{Change, Operation, Origin, Stamped, stamp},
    rows::{FieldWriter, Folder, Patch, Placement, Record, Stored, StoredRow, TableSpec},
    tool::{Call, ids},
};

/// The writes of one call. Nothing is stored before [`Batch::commit`].
#[derive(Debug)]
#[must_use = "writes that are not committed are not stored"]
pub struct Batch {
    pub(super) call: Arc<Call>,
    pub(super) writes: Vec<Write>,
    /// The tables in which this call chooses places, until the writes are stored.
    pub(super) claims: Vec<(TableSpec, PlaceClaim)>,
}

/// One write that is not stored yet.
#[derive(Debug)]
pub struct Write {
    pub(super) table: TableSpec,
    home: Option<String>,
    before: Option<StoredRow>,
    pub(super) change: Change,
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
        let placement = Placement { home: self.home.as_deref(), arrived: "" };
        Folder::new(self.table).step(self.before.as_ref(), &(&self.change).into(), placement)
    }

    /// What is sent.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    pub(super) fn is_of(&self, table: &TableSpec, id: &str) -> bool {
        self.table.is_same(table) && self.change.id == id
    }

    pub(super) fn is_insert(&self) -> bool {
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

    /// The place behind all rows that the caller sees in the space, and behind those that this batch adds: the greatest
    /// `order` and one more. The number of rows would be wrong after deletions.
    ///
    /// # Errors
    /// Where the place was not claimed before, or the rows cannot be read.
    pub async fn next_place<R: Record>(&self) -> Result<f64, DataError> {
        if !self.claims.iter().any(|(claimed, _)| claimed.is_same(&R::TABLE)) {
            return Err(DataError::UnclaimedPlace { noun: R::TABLE.noun });
        }
        let stored = self.call.rows(R::TABLE).await?.select(&|row| self.call.sees(row));
        let added = self.writes.iter().filter(|write| write.is_insert() && write.table.is_same(&R::TABLE));
        let rows = stored.into_iter().chain(added.map(Write::after));
        let greatest = rows.filter_map(|row| place_of(&row)).max_by(f64::total_cmp);
        Ok(greatest.map_or(0.0, |greatest| greatest + 1.0))
    }

    /// Adds a new row.
    ///
    /// # Errors
    /// Where a value cannot be stored, or the user's key is needed and cannot be had.
    pub async fn insert<R: Record>(&mut self, row: &R) -> Result<(), DataError> {
        let cipher = if R::TABLE.has_encrypted_fields() { Some(self.call.sealing_cipher().await?) } else { None };
        let mut writer = FieldWriter::new(cipher.as_deref());
        row.seal(&mut writer)?;
        let (mut data, sealed) = writer.finish();
        self.call.note_sealed(sealed);
        let now = Value::String(self.call.now().to_string());
        for time in ["createdAt", "updatedAt"] {
            data.entry(time).or_insert_with(|| now.clone());
        }
        // Without an author, a row that its owner makes private later vanishes for the owner too.
        let stamps = [("spaceId", self.call.space()), ("authorId", self.call.user()), ("visibility", "space")];
        for (name, value) in stamps {
            data.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        let id = data.get("id").and_then(Value::as_str).ok_or(SealError::NotJson { field: "id" })?.to_owned();
        // A call that is made again looks before it writes: what came of the row since then must not be undone.
        if ids::may_be_repeated(&id) {
            let stored = self.call.rows(R::TABLE).await?;
            if stored.find(&id, &|row| self.call.may_see(row)).is_some() {
                return Ok(());
            }
        }
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
        if unless.holds(&row, &R::TABLE) { Ok(()) } else { self.change::<R>(row, patch).await }
    }

    /// What will be stored, in the order in which it was written.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter()
    }

    async fn change<R: Record>(&mut self, row: StoredRow, patch: &R::Patch) -> Result<(), DataError> {
        let cipher = if patch.is_sealed() { Some(self.call.sealing_cipher().await?) } else { None };
        let mut writer = FieldWriter::new(cipher.as_deref());
        patch.seal(&mut writer)?;
        let (values, sealed) = writer.finish();
        self.call.note_sealed(sealed);
        self.update_fields::<R>(row, values);
        Ok(())
    }

    pub(super) fn update_fields<R: Record>(&mut self, row: StoredRow, mut values: JsonObject) {
        let now = self.call.now().to_string();
        values.entry("updatedAt").or_insert_with(|| Value::String(now.clone()));
        let taken = values.keys().map(|name| row.stamp(name)).max().unwrap_or_default();
        let at = stamp::after(now, taken);
        let stamped = |(name, value)| (name, Stamped { value, at: at.clone() });
        let fields = values.into_iter().map(stamped).collect();
        let id = row.id().to_owned();
        self.push(R::TABLE, Some(row), id, Operation::Update { fields });
    }

    /// The live row of that id in the space, with what this batch has written to it.
    pub(super) async fn find<R: Record>(&self, id: &Id) -> Result<StoredRow, DataError> {
        self.find_where::<R>(id, |row| self.call.sees(row)).await
    }

    pub(super) async fn find_where<R: Record>(
        &self,
        id: &Id,
        is_wanted: impl Fn(&StoredRow) -> bool,
    ) -> Result<StoredRow, DataError> {
        let id = id.to_string();
        let is_wanted = |row: &StoredRow| row.is_whole() && is_wanted(row);
        let pending = self.writes.iter().rfind(|write| write.is_of(&R::TABLE, &id)).map(Write::after);
        let row = match pending {
            Some(pending) => Some(pending).filter(is_wanted),
            None => self.call.rows(R::TABLE).await?.find(&id, &is_wanted),
        };
        row.ok_or(DataError::NotFound { noun: R::TABLE.noun, id })
    }

    pub(super) fn push(&mut self, table: TableSpec, before: Option<StoredRow>, id: String, operation: Operation) {
        let change = change_of(&self.call, &table, id, operation);
        let home = self.call.home().map(str::to_owned);
        self.call.note_write();
        self.writes.push(Write { table, home, before, change });
    }
}

/// The value of `order`, where it is a number.
fn place_of(row: &StoredRow) -> Option<f64> {
    match row.get("order")? {
        Stored::Number(place) => place.as_f64(),
        _ => None,
    }
}

pub(super) fn change_of(call: &Call, table: &TableSpec, id: String, operation: Operation) -> Change {
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
