//! Reading rows: one by its id, or those that a query asks for, in their order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use mana_mcp_values::{Value, functions};

use super::call::{Call, Page, USER, cursor};
use super::stop::Stop;
use super::store::Row;
use crate::expr::{Evaluator, Variable};
use crate::ir::{Kind, Query, Sort, SortBy, Table};

/// The rows of a page where the caller does not say how many.
const USUAL_PAGE: usize = 50;

impl<'c> Call<'c> {
    /// The live row of that id.
    pub(super) fn live(&self, table: &Table, id: &Value) -> Result<Row, Stop> {
        let row = id.as_str().and_then(|id| self.store.row(table, id));
        let row = row.filter(|row| self.sees(table, row) && row.is_whole(table));
        row.cloned().ok_or_else(|| Stop::not_found(table, id.as_str()))
    }

    /// Whether the caller sees a row.
    pub(super) fn sees(&self, table: &Table, row: &Row) -> bool {
        row.is_live() && row.is_seen_by(table, USER)
    }

    /// The rows that a query asks for, with their table.
    pub(super) fn found(&mut self, query: &Query) -> Result<(&'c Table, Vec<Row>), Stop> {
        let table = self.world.table(&query.table)?;
        let mut rows = self.matching(table, query)?;
        if let Some(limit) = &query.limit {
            let limit = self.evaluator.value(limit);
            rows.truncate(limit.as_int().map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0)));
        }
        Ok((table, rows))
    }

    /// A page of the rows that a query asks for.
    pub(super) fn paged(&mut self, query: &Query, fields: &BTreeSet<String>) -> Result<Value, Stop> {
        let table = self.world.table(&query.table)?;
        let rows = self.matching(table, query)?;
        let most = self.input.member("limit").as_int();
        let most = most.map_or(USUAL_PAGE, |most| usize::try_from(most).unwrap_or(0).max(1));
        let behind = match self.input.member("cursor").as_str() {
            None => 0,
            Some(text) => {
                let known = (0..=rows.len()).find(|behind| cursor(*behind) == text);
                known.ok_or_else(Stop::stale_cursor)?
            }
        };
        let end = behind + most;
        self.page = Some(Page { total: rows.len(), next: (end < rows.len()).then_some(end) });
        Ok(Value::list(rows.iter().skip(behind).take(most).map(|row| row.shown(table, fields))))
    }

    fn matching(&mut self, table: &'c Table, query: &Query) -> Result<Vec<Row>, Stop> {
        let search = query.search.as_ref().map(|(fields, text)| (fields, self.evaluator.value(text)));
        let search = search.and_then(|(fields, text)| Some((fields, folded(text.as_str()?))));
        let search = search.filter(|(_, text)| !text.is_empty());
        let all: Vec<Row> = self.store.rows(table).filter(|row| self.sees(table, row)).cloned().collect();
        let mut found = Vec::new();
        for row in all {
            if !self.env.look_at(1) {
                break;
            }
            let holds = |field: &String| row.get(table, field).as_str().is_some_and(|text| self.is_in(&search, text));
            if !row.is_whole(table) || search.as_ref().is_some_and(|(fields, _)| !fields.iter().any(holds)) {
                continue;
            }
            self.evaluator.set(Variable::Row, row.value(table));
            let sealed = query.sealed.as_ref().map(|(_, condition)| condition);
            if query.stored.iter().chain(sealed).all(|condition| self.evaluator.holds(condition)) {
                let keys = query.sort.iter().map(|sort| key(&mut self.evaluator, self.env, table, &row, sort));
                found.push((keys.collect::<Vec<Value>>(), row));
            }
        }
        // By id before, so that rows that the order leaves equal stay so.
        found.sort_by(|(one, _), (other, _)| self.compare(&query.sort, one, other));
        self.look()?;
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }

    fn is_in(&self, search: &Option<(&Vec<String>, String)>, text: &str) -> bool {
        search.as_ref().is_none_or(|(_, wanted)| folded(text).contains(wanted))
    }

    fn compare(&self, sort: &[Sort], one: &[Value], other: &[Value]) -> Ordering {
        let pairs = sort.iter().zip(one.iter().zip(other));
        let mut compared = pairs.map(|(sort, (one, other))| match (one.is_null(), other.is_null()) {
            (false, false) if functions::less(self.env, one, other).is_true() => direction(Ordering::Less, sort),
            (false, false) if functions::less(self.env, other, one).is_true() => direction(Ordering::Greater, sort),
            (false, false) => Ordering::Equal,
            // No value comes last in either direction.
            (one, other) => one.cmp(&other),
        });
        compared.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn direction(order: Ordering, sort: &Sort) -> Ordering {
    if sort.descending { order.reverse() } else { order }
}

/// What a row is compared by.
fn key(evaluator: &mut Evaluator<'_>, env: &mana_mcp_values::Env, table: &Table, row: &Row, sort: &Sort) -> Value {
    let value = match &sort.by {
        SortBy::Key(_, key) => evaluator.value(key),
        SortBy::Field(name) => {
            let value = row.get(table, name);
            match table.row.property(name).map(|property| &property.schema.kind) {
                Some(Kind::Enum(one)) => {
                    let words: Vec<&str> = one.variants.iter().map(|variant| variant.value.as_str()).collect();
                    functions::rank(env, &value, &words)
                }
                _ => value,
            }
        }
    };
    match value {
        Value::Moment(_) => functions::instant_of(env, &value),
        Value::List(_) | Value::Map(_) => Value::Null,
        value => value,
    }
}

/// A text without differences of case, as `search` compares it.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}
