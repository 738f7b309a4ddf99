//! A unit of work: everything that a call writes, over several tables and apps. Writes are collected with the state of each
//! row before and after, and sent together, one push per app.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::{Filter, View};
use crate::{
    data::{DataError, PlaceClaim, SealError, TableRows},
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
    /// The place of the last write to each row, by app and wire name of its table, and by id.
    last: HashMap<(&'static str, &'static str), HashMap<String, usize>>,
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
        Self { call, writes: Vec::new(), last: HashMap::new(), claims: Vec::new() }
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
        if !self.has_claimed(&R::TABLE) {
            return Err(DataError::UnclaimedPlace { noun: R::TABLE.noun });
        }
        let view = View::of::<R>();
        let stored = self.call.rows(&view).await?.select(&|row| self.call.sees(&view, row));
        let added = self.writes.iter().filter(|write| write.is_insert() && write.table.is_same(&R::TABLE));
        let rows = stored.into_iter().chain(added.map(Write::after));
        let greatest = rows.filter_map(|row| place_of(&row, "order")).max_by(f64::total_cmp);
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
        let (data, sealed) = writer.finish();
        self.call.note_sealed(sealed);
        // A call that is made again looks before it writes: what came of the row since then must not be undone.
        if let Some(id) = data.get("id").and_then(Value::as_str)
            && ids::may_be_repeated(id)
        {
            let stored = self.call.rows(&View::of::<R>()).await?;
            if stored.find(id, &|row| self.call.may_see(&View::of::<R>(), row)).is_some() {
                return Ok(());
            }
        }
        self.add(&View::of::<R>(), data)
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
    pub fn writes(&self) -> impl ExactSizeIterator<Item = &Write> {
        self.writes.iter()
    }

    async fn change<R: Record>(&mut self, row: StoredRow, patch: &R::Patch) -> Result<(), DataError> {
        let cipher = if patch.is_sealed() { Some(self.call.sealing_cipher().await?) } else { None };
        let mut writer = FieldWriter::new(cipher.as_deref());
        patch.seal(&mut writer)?;
        let (values, sealed) = writer.finish();
        self.call.note_sealed(sealed);
        self.set(&View::of::<R>(), row, values);
        Ok(())
    }

    /// Adds a new row of these fields and what every row has.
    pub(crate) fn add(&mut self, view: &View, mut data: JsonObject) -> Result<(), DataError> {
        let text = |text: &str| Value::String(text.to_owned());
        let now = text(&self.call.now().to_string());
        for time in ["createdAt", "updatedAt"] {
            data.entry(time).or_insert_with(|| now.clone());
        }
        if view.is_of_user {
            data.insert("userId".to_owned(), text(self.call.user()));
        } else {
            data.insert("spaceId".to_owned(), text(self.call.space()));
            // Without an author, a row that its owner makes private later vanishes for the owner too.
            data.insert("authorId".to_owned(), text(self.call.user()));
            data.entry("visibility").or_insert_with(|| text("space"));
        }
        let id = data.get("id").and_then(Value::as_str).ok_or(SealError::NotJson { field: "id" })?.to_owned();
        self.push(view, None, id, Operation::Insert { data });
        Ok(())
    }

    /// Sets fields of a row as they are stored, and its `updatedAt`.
    pub(crate) fn set(&mut self, view: &View, row: StoredRow, mut values: JsonObject) {
        let now = self.call.now().to_string();
        values.entry("updatedAt").or_insert_with(|| Value::String(now.clone()));
        let taken = values.keys().map(|name| row.stamp(name)).max().unwrap_or_default();
        let at = stamp::after(now, taken);
        let stamped = |(name, value)| (name, Stamped { value, at: at.clone() });
        let fields = values.into_iter().map(stamped).collect();
        let id = row.id().to_owned();
        self.push(view, Some(row), id, Operation::Update { fields });
    }

    /// The live row of that id in the space, with what this batch has written to it.
    pub(super) async fn find<R: Record>(&self, id: &Id) -> Result<StoredRow, DataError> {
        self.find_where::<R>(id, |view, row| self.call.sees(view, row)).await
    }

    pub(super) async fn find_where<R: Record>(
        &self,
        id: &Id,
        is_wanted: impl Fn(&View, &StoredRow) -> bool,
    ) -> Result<StoredRow, DataError> {
        let (view, id) = (View::of::<R>(), id.to_string());
        let is_wanted = |row: &StoredRow| row.is_whole() && is_wanted(&view, row);
        let row = match self.last_write(&R::TABLE, &id) {
            Some(write) => Some(write.after()).filter(is_wanted),
            None => self.call.rows(&view).await?.find(&id, &is_wanted),
        };
        row.ok_or(DataError::NotFound { noun: R::TABLE.noun, id })
    }

    /// The row of that id that is wanted, as it is with what this batch has written to it.
    pub(crate) fn row(
        &self,
        table: &TableSpec,
        stored: &dyn TableRows,
        id: &str,
        is_wanted: &dyn Fn(&StoredRow) -> bool,
    ) -> Option<StoredRow> {
        match self.last_write(table, id) {
            Some(write) => Some(write.after()).filter(is_wanted),
            None => stored.find(id, is_wanted),
        }
    }

    /// The rows that are wanted, as they are with what this batch has written to them, in no order.
    pub(crate) fn rows(
        &self,
        table: &TableSpec,
        stored: &dyn TableRows,
        is_wanted: &dyn Fn(&StoredRow) -> bool,
    ) -> Vec<StoredRow> {
        let Some(last) = self.last.get(&(table.app, table.sync_name)) else { return stored.select(is_wanted) };
        let mut rows = stored.select(&|row| !last.contains_key(row.id()) && is_wanted(row));
        let mut written: Vec<usize> = last.values().copied().collect();
        written.sort_unstable();
        let written = written.into_iter().filter_map(|place| self.writes.get(place)).map(Write::after);
        rows.extend(written.filter(is_wanted));
        rows
    }

    /// The row that was written last, as it is since.
    pub(crate) fn last_written(&self) -> Option<StoredRow> {
        self.writes.last().map(Write::after)
    }

    /// Whether this batch has written to that row.
    pub(super) fn has_written(&self, table: &TableSpec, id: &str) -> bool {
        self.last_write(table, id).is_some()
    }

    /// Whether the right to choose places in that table was claimed.
    pub(crate) fn has_claimed(&self, table: &TableSpec) -> bool {
        self.claims.iter().any(|(claimed, _)| claimed.is_same(table))
    }

    fn last_write(&self, table: &TableSpec, id: &str) -> Option<&Write> {
        let place = self.last.get(&(table.app, table.sync_name))?.get(id)?;
        self.writes.get(*place)
    }

    pub(super) fn push(&mut self, view: &View, before: Option<StoredRow>, id: String, operation: Operation) {
        // A change is about a row of the home that it names, so it names the one that the row has.
        let (home, space) = if view.is_of_user {
            let home = before.as_ref().and_then(StoredRow::home).map(str::to_owned);
            (home.clone(), home)
        } else {
            (self.call.home().map(str::to_owned), Some(self.call.space().to_owned()))
        };
        let table = view.table;
        self.last.entry((table.app, table.sync_name)).or_default().insert(id.clone(), self.writes.len());
        let change = change_of(&self.call, &table, space, id, operation);
        self.call.note_write();
        self.writes.push(Write { table, home, before, change });
    }
}

/// The value of the field that orders rows, where it is a number.
pub(crate) fn place_of(row: &StoredRow, field: &str) -> Option<f64> {
    match row.get(field)? {
        Stored::Number(place) => place.as_f64(),
        _ => None,
    }
}

pub(super) fn change_of(
    call: &Call,
    table: &TableSpec,
    space_id: Option<String>,
    id: String,
    operation: Operation,
) -> Change {
    Change {
        event_id: String::new(),
        table: table.sync_name.to_owned(),
        id,
        operation,
        space_id,
        actor: Some(call.actor()),
        origin: Some(Origin::Agent),
    }
}
