//! The places of new rows in an order.

use std::sync::Arc;

use mana_mcp_values::Value;

use super::{Place, Row, Steps, TableInfo, chosen::Last};
use crate::{
    data::DataError,
    rows::StoredRow,
    table::{Write, place_of},
    types::Type,
};

impl Steps {
    /// Names the tables in which this call may choose places. The right to do so is claimed when the first place is chosen,
    /// and for all of them in one fixed order of tables, so that two calls never wait for each other.
    pub fn claim_places(&mut self, tables: &[&'static TableInfo]) {
        self.places.tables.extend(tables.iter().map(|table| table.spec));
    }

    /// The place of a new row that has these values in the fields by which rows are like each other: behind the last of the
    /// live rows that the caller sees, and of those that this call has written.
    pub(super) async fn next_place(
        &mut self,
        table: &'static TableInfo,
        place: &Place,
        among: Vec<Value>,
    ) -> Result<f64, DataError> {
        if !self.batch.has_claimed(&table.spec) {
            self.claim(table).await?;
        }
        let view = table.view();
        let call = Arc::clone(&self.call);
        let is_like = |row: &StoredRow| {
            let seen = Row::new(table, row);
            call.sees(&view, row) && place.among.iter().zip(&among).all(|(field, value)| seen.get(field) == *value)
        };
        let known = self.places.last.iter().position(|last| last.table.is_same(&table.spec) && last.among == among);
        let written = self.batch.writes().len();
        let greatest = |rows: &mut dyn Iterator<Item = StoredRow>| {
            rows.filter_map(|row| place_of(&row, place.field)).max_by(f64::total_cmp)
        };
        let last = match known.map(|known| self.places.last.swap_remove(known)) {
            Some(last) => {
                let writes = self.batch.writes().skip(last.writes);
                let of_table = writes.filter(|write| write.table().is_same(&table.spec));
                let since = greatest(&mut of_table.map(Write::after).filter(is_like));
                last.place.into_iter().chain(since).max_by(f64::total_cmp)
            }
            None => {
                let source = self.source(table).await?;
                greatest(&mut self.batch.rows(&table.spec, &*source, &is_like).into_iter())
            }
        };
        let is_int = table.field(place.field).is_some_and(|field| *field.ty == Type::Int);
        let next = match last {
            Some(last) if is_int => last.ceil() + place.step,
            Some(last) => last + place.step,
            None if place.step == 1.0 => 0.0,
            None => place.step,
        };
        self.places.last.push(Last { table: table.spec, among, place: last, writes: written });
        Ok(next)
    }

    async fn claim(&mut self, table: &TableInfo) -> Result<(), DataError> {
        if !self.places.tables.iter().any(|named| named.is_same(&table.spec)) {
            return Err(DataError::UnclaimedPlace { noun: table.spec.noun });
        }
        let tables = std::mem::take(&mut self.places.tables);
        self.batch.claim_places(&tables).await?;
        // Others may have added rows until now.
        self.sources.retain(|(known, _)| !tables.iter().any(|table| table.is_same(known)));
        Ok(())
    }
}
