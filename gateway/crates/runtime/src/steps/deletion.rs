//! Deleting rows with what hangs on them, and bringing both back.

use std::collections::HashSet;

use mana_mcp_values::{SmolStr, Value};

use super::{Cascade, List, Row, Steps, TableInfo, state::not_found};
use crate::{
    data::DataError,
    rows::{Folder, StoredRow},
    table::{MAX_CASCADE, Pace, deleted_at},
    tool::ToolError,
};

const ID: &str = "id";

/// Rows that belong together, each with its table, none twice.
#[derive(Default)]
struct Together {
    rows: Vec<(&'static TableInfo, StoredRow)>,
    known: HashSet<(&'static str, &'static str, String)>,
}

impl Together {
    fn add(&mut self, table: &'static TableInfo, row: StoredRow) {
        if self.known.insert((table.spec.app, table.spec.sync_name, row.id().to_owned())) {
            self.rows.push((table, row));
        }
    }
}

impl Steps {
    /// Deletes a live row and what its table says hangs on it. Returns the number of rows. One that is not deleted hard can be
    /// restored.
    ///
    /// # Errors
    /// Where no such row is live, or too many rows hang on it.
    pub async fn delete(&mut self, table: &'static TableInfo, id: &Value, is_hard: bool) -> Result<Value, ToolError> {
        let row = self.live(table, id).await?;
        self.delete_all(table, vec![row], is_hard).await
    }

    /// Deletes all rows that a list asks for, as [`Steps::delete`] does.
    ///
    /// # Errors
    /// Where they are more than `at_most`: then nothing is deleted. Else as [`Steps::delete`].
    pub async fn delete_where(&mut self, what: List<'_>, at_most: usize, is_hard: bool) -> Result<Value, ToolError> {
        let rows = self.found(what, at_most).await?.into_iter().map(|(row, _)| row).collect();
        self.delete_all(what.table, rows, is_hard).await
    }

    /// Brings back a deleted row, and what the same deletion took along. A live row stays as it is. Returns the row.
    ///
    /// # Errors
    /// Where there is no such row, or it was removed for good.
    pub async fn restore(
        &mut self,
        table: &'static TableInfo,
        fields: &'static [&'static str],
        id: &Value,
    ) -> Result<Value, ToolError> {
        let (view, source) = (table.view(), self.source(table).await?);
        let is_wanted = |row: &StoredRow| self.call.may_see(&view, row) && row.is_whole();
        let row = id.as_str().and_then(|id| self.batch.row(&table.spec, &*source, id, &is_wanted));
        let row = row.ok_or_else(|| not_found(table, id))?;
        let Some(deleted) = deleted_at(&row) else { return self.shown(table, &row, fields).await };
        let mut together = Together::default();
        together.add(table, row);
        self.gather(&mut together, Some(&deleted)).await?;
        for (table, row) in together.rows {
            self.writes_to(table);
            self.batch.unmark_deleted(&table.view(), row);
        }
        let source = self.source(table).await?;
        let restored = id.as_str().and_then(|id| self.batch.row(&table.spec, &*source, id, &|_| true));
        self.shown(table, &restored.ok_or_else(|| not_found(table, id))?, fields).await
    }

    async fn delete_all(
        &mut self,
        table: &'static TableInfo,
        rows: Vec<StoredRow>,
        is_hard: bool,
    ) -> Result<Value, ToolError> {
        let mut together = Together::default();
        rows.into_iter().for_each(|row| together.add(table, row));
        self.gather(&mut together, None).await?;
        // One time for all: by it, a restoration knows what went along.
        let at = self.batch.time_of_deletion(&together.rows.iter().map(|(_, row)| row).collect::<Vec<_>>());
        let count = i64::try_from(together.rows.len()).unwrap_or(i64::MAX);
        for (table, row) in together.rows {
            self.writes_to(table);
            if is_hard {
                self.batch.remove(&table.view(), row);
            } else {
                self.batch.mark_deleted(&table.view(), row, &at);
            }
        }
        Ok(Value::Int(count))
    }

    /// Adds what hangs on the rows and on what was added, in turn: live rows, or those that were deleted at that time.
    async fn gather(&mut self, together: &mut Together, deleted: Option<&str>) -> Result<(), ToolError> {
        let first = together.rows.len();
        let mut done = 0;
        while done < together.rows.len() {
            // The rows of one table that stand behind each other, so that its cascades are walked once for all of them.
            let Some(table) = together.rows.get(done).map(|(table, _)| *table) else { break };
            let of_table = together.rows.iter().skip(done).take_while(|(other, _)| other.spec.is_same(&table.spec));
            let parents: Vec<StoredRow> = of_table.map(|(_, row)| row.clone()).collect();
            done += parents.len();
            for cascade in table.cascade {
                self.gather_of(table, &parents, cascade, together, deleted).await?;
                if together.rows.len() - first > MAX_CASCADE {
                    let noun = (cascade.table)().spec.noun;
                    return Err(DataError::TooManyRows { noun, limit: MAX_CASCADE }.into());
                }
            }
        }
        Ok(())
    }

    /// The fields of a row, and its id whatever it is: another writer's may be none that could be given.
    async fn with_id(
        &mut self,
        table: &'static TableInfo,
        row: &StoredRow,
        needs: &[&'static str],
    ) -> Result<Value, ToolError> {
        let shown = self.shown(table, row, needs).await?;
        let mut members = shown.members().cloned().unwrap_or_default();
        members.insert(SmolStr::new_static(ID), Value::text(row.id()));
        Ok(Value::Map(members.into()))
    }

    async fn gather_of(
        &mut self,
        table: &'static TableInfo,
        parents: &[StoredRow],
        cascade: &Cascade,
        together: &mut Together,
        deleted: Option<&str>,
    ) -> Result<(), ToolError> {
        let child = (cascade.table)();
        let bare = Folder::new(child.spec).empty();
        let mut values = Vec::with_capacity(parents.len());
        for parent in parents {
            let parent = self.with_id(table, parent, cascade.needs).await?;
            // Absent is equal to absent: a field of the deleted row that is not there must not take along every row that lacks
            // one too. A condition that a row without anything fulfils says nothing of what hangs on the deleted one.
            if !(cascade.takes)(&self.env, &Row::new(child, &bare), &parent) {
                values.push(parent);
            }
        }
        if values.is_empty() {
            return Ok(());
        }
        let (view, source) = (child.view(), self.source(child).await?);
        let is_candidate = |row: &StoredRow| match deleted {
            None => self.call.sees(&view, row),
            Some(at) => self.call.may_see(&view, row) && deleted_at(row).as_deref() == Some(at),
        };
        let rows = self.batch.rows(&child.spec, &*source, &is_candidate);
        let _turn = self.call.turn(child.spec, &rows).await;
        let mut pace = Pace::default();
        for row in rows {
            pace.step(&row).await;
            let goes_along = {
                let seen = Row::new(child, &row);
                values.iter().any(|parent| (cascade.takes)(&self.env, &seen, parent))
            };
            if goes_along {
                together.add(child, row);
            }
        }
        Ok(())
    }
}
