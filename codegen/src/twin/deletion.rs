//! Deleting rows with what hangs on them, and bringing both back.

use std::collections::BTreeSet;

use mana_mcp_values::Value;

use super::call::{Call, USER};
use super::stop::Stop;
use super::store::{Row, after};
use crate::expr::{Evaluator, Typed, Variable};
use crate::ir::{Cascade, Delete, Table, TableRef, Which};

/// Rows that one deletion takes along, at most.
const MOST_ALONG: usize = 5000;

/// Rows that belong together, each with its table, none twice.
#[derive(Default)]
struct Together<'c> {
    rows: Vec<(&'c Table, Row)>,
    known: BTreeSet<(TableRef, String)>,
}

impl<'c> Together<'c> {
    fn add(&mut self, table: &'c Table, row: Row) {
        let reference = TableRef { module: table.module.clone(), name: table.name.clone() };
        if self.known.insert((reference, row.id.clone())) {
            self.rows.push((table, row));
        }
    }
}

impl<'c> Call<'c> {
    /// Deletes one row or those that a query asks for, with what hangs on them, and gives their number.
    pub(super) fn delete(&mut self, delete: &Delete) -> Result<Value, Stop> {
        let (table, rows) = match &delete.which {
            Which::One(table, id) => {
                let (table, id) = (self.world.table(table)?, self.evaluator.value(id));
                (table, vec![self.live(table, &id)?])
            }
            Which::All(query, at_most) => self.few(query, *at_most)?,
        };
        let mut together = Together::default();
        rows.into_iter().for_each(|row| together.add(table, row));
        self.gather(&mut together, None)?;
        // One time for all: by it, a restoration knows what went along.
        let marked = together.rows.iter().map(|(_, row)| row.marked.as_str()).max().unwrap_or_default();
        let at = after(self.env, marked);
        for (table, row) in &together.rows {
            self.writes += 1;
            if delete.is_hard {
                self.store.remove(table, &row.id);
            } else {
                self.store.mark(table, &row.id, Some(&at), &at);
            }
        }
        Ok(Value::from_index(together.rows.len()))
    }

    /// Brings back a deleted row, with what the same deletion took along.
    pub(super) fn restore(&mut self, table: &TableRef, id: &Typed, fields: &BTreeSet<String>) -> Result<Value, Stop> {
        let (table, id) = (self.world.table(table)?, self.evaluator.value(id));
        let row = id.as_str().and_then(|id| self.store.row(table, id));
        let row = row.filter(|row| !row.is_gone && row.is_seen_by(table, USER) && row.is_whole(table)).cloned();
        let row = row.ok_or_else(|| Stop::not_found(table, id.as_str()))?;
        let Some(deleted) = row.deleted_at().map(str::to_owned) else { return Ok(row.shown(table, fields)) };
        let id = row.id.clone();
        let mut together = Together::default();
        together.add(table, row);
        self.gather(&mut together, Some(&deleted))?;
        for (table, row) in together.rows {
            let at = after(self.env, &row.marked);
            self.store.mark(table, &row.id, None, &at);
            self.set(table, &row.id, Default::default())?;
        }
        Ok(self.row(table, &id)?.shown(table, fields))
    }

    /// Adds what hangs on the rows and on what was added, in turn: live rows, or those that were deleted at that time.
    fn gather(&self, together: &mut Together<'c>, deleted: Option<&str>) -> Result<(), Stop> {
        let first = together.rows.len();
        let mut done = 0;
        while let Some((table, row)) = together.rows.get(done) {
            let (table, parent) = (*table, row.value(table));
            done += 1;
            for cascade in &table.cascade {
                let child = self.world.table(&cascade.table)?;
                for row in self.along(table, &parent, cascade, child, deleted) {
                    together.add(child, row);
                }
                if together.rows.len() - first > MOST_ALONG {
                    return Err(Stop::too_many_hang_on_it(child, MOST_ALONG));
                }
            }
        }
        Ok(())
    }

    /// The rows of one table that go along with a row.
    fn along(
        &self,
        table: &Table,
        parent: &Value,
        cascade: &Cascade,
        child: &Table,
        deleted: Option<&str>,
    ) -> Vec<Row> {
        let mut evaluator = Evaluator::new(self.env, self.world.constants(&table.module));
        evaluator.set(Variable::Deleted, parent.clone());
        let mut takes = |row: &Row| {
            evaluator.set(Variable::Row, row.value(child));
            evaluator.holds(&cascade.condition)
        };
        // A condition that a row without anything fulfils says nothing of what hangs on the deleted one.
        if takes(&Row::empty()) {
            return Vec::new();
        }
        let is_candidate = |row: &&Row| match deleted {
            None => self.sees(child, row),
            Some(at) => !row.is_gone && row.is_seen_by(child, USER) && row.deleted_at() == Some(at),
        };
        self.store.rows(child).filter(is_candidate).filter(|row| takes(row)).cloned().collect()
    }
}
