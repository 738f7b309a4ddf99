//! Deleting rows, and bringing them back with what went along.

use serde_json::Value;

use super::{Batch, View};
use crate::{
    data::DataError,
    decode::Id,
    log::{Operation, stamp},
    rows::{DELETED_AT, Record, Stored, StoredRow},
};

/// Rows that one deletion takes along, at most.
pub(crate) const MAX_CASCADE: usize = 5000;

/// What became of a row that was to be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// Nothing: it was not deleted.
    Live,
    /// It was brought back; this is when it had been deleted.
    DeletedAt(String),
}

impl Batch {
    /// Marks a live row as deleted, and returns the time of that. The row is not shown any more, and the mark can be removed.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where no such row is live in the space; else where the rows cannot be read.
    pub async fn soft_delete<R: Record>(&mut self, id: &Id) -> Result<String, DataError> {
        let row = self.find::<R>(id).await?;
        let at = self.time_of_deletion(&[&row]);
        self.mark_deleted(&View::of::<R>(), row, &at);
        Ok(at)
    }

    /// Marks the live rows as deleted whose plain `field` is one of these ids: what hangs on rows that this batch deletes.
    /// Returns their ids.
    ///
    /// # Errors
    /// Where they are too many for one call, or cannot be read.
    pub async fn soft_delete_where<R: Record>(
        &mut self,
        field: &'static str,
        ids: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<String>, DataError> {
        let view = View::of::<R>();
        let rows = self.rows_of(&view, |row| self.call.sees(&view, row) && is_one_of(row, field, ids)).await?;
        let deleted = rows.iter().map(|row| row.id().to_owned()).collect();
        for row in rows {
            let at = self.time_of_deletion(&[&row]);
            self.mark_deleted(&view, row, &at);
        }
        Ok(deleted)
    }

    /// Brings back a row that was marked as deleted. A live one stays as it is.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where the space has no such row, or it is gone for good; else where rows cannot be read.
    pub async fn restore<R: Record>(&mut self, id: &Id) -> Result<Restored, DataError> {
        let row = self.find_where::<R>(id, |view, row| self.call.may_see(view, row)).await?;
        let Some(deleted_at) = deleted_at(&row) else { return Ok(Restored::Live) };
        self.unmark_deleted(&View::of::<R>(), row);
        Ok(Restored::DeletedAt(deleted_at))
    }

    /// Brings back the rows whose plain `field` is one of these ids and that were deleted at that very time: what a deletion
    /// took along. Returns their ids.
    ///
    /// # Errors
    /// As [`Batch::soft_delete_where`].
    pub async fn restore_where<R: Record>(
        &mut self,
        field: &'static str,
        ids: &[impl AsRef<str> + Sync],
        deleted: &str,
    ) -> Result<Vec<String>, DataError> {
        let went_along = |row: &StoredRow| deleted_at(row).as_deref() == Some(deleted) && is_one_of(row, field, ids);
        let view = View::of::<R>();
        let rows = self.rows_of(&view, |row| self.call.may_see(&view, row) && went_along(row)).await?;
        let restored = rows.iter().map(|row| row.id().to_owned()).collect();
        for row in rows {
            self.unmark_deleted(&view, row);
        }
        Ok(restored)
    }

    /// Removes a live row for good: a delete without a time, after which no change brings the row back, whatever its time
    /// and in whatever order the rows of the log come.
    ///
    /// # Errors
    /// As [`Batch::soft_delete`].
    pub async fn hard_delete<R: Record>(&mut self, id: &Id) -> Result<(), DataError> {
        let row = self.find::<R>(id).await?;
        self.remove(&View::of::<R>(), row);
        Ok(())
    }

    /// The time of a deletion of all these rows: later than whatever was said about their deletion before.
    pub(crate) fn time_of_deletion(&self, rows: &[&StoredRow]) -> String {
        let taken = rows.iter().map(|row| row.stamp(DELETED_AT)).max().unwrap_or_default();
        stamp::after(self.call.now().to_string(), taken)
    }

    /// Marks a row as deleted at that time.
    pub(crate) fn mark_deleted(&mut self, view: &View, row: StoredRow, at: &str) {
        let id = row.id().to_owned();
        self.push(view, Some(row), id, Operation::Delete { deleted_at: Some(at.to_owned()) });
    }

    /// Removes a row for good.
    pub(crate) fn remove(&mut self, view: &View, row: StoredRow) {
        let id = row.id().to_owned();
        self.push(view, Some(row), id, Operation::Delete { deleted_at: None });
    }

    /// Takes the mark of its deletion from a row.
    pub(crate) fn unmark_deleted(&mut self, view: &View, row: StoredRow) {
        self.set(view, row, [(DELETED_AT.to_owned(), Value::Null)].into_iter().collect());
    }

    /// The rows that are wanted and that this batch has not written to.
    async fn rows_of(&self, view: &View, is_wanted: impl Fn(&StoredRow) -> bool) -> Result<Vec<StoredRow>, DataError> {
        let is_written = |row: &StoredRow| self.has_written(&view.table, row.id());
        let rows = self.call.rows(view).await?.select(&|row| is_wanted(row) && !is_written(row));
        if rows.len() > MAX_CASCADE {
            return Err(DataError::TooManyRows { noun: view.table.noun, limit: MAX_CASCADE });
        }
        Ok(rows)
    }
}

/// When the row was marked as deleted, where it is.
pub(crate) fn deleted_at(row: &StoredRow) -> Option<String> {
    let mark = row.get(DELETED_AT)?;
    Some(mark.as_str().unwrap_or_default().to_owned()).filter(|_| !row.is_live())
}

fn is_one_of(row: &StoredRow, field: &str, ids: &[impl AsRef<str>]) -> bool {
    let value = row.get(field);
    let value = value.as_ref().and_then(Stored::as_str);
    value.is_some_and(|value| ids.iter().any(|id| id.as_ref() == value))
}
