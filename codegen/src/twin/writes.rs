//! Writing rows: new ones, and changes of those that are there.

use std::collections::BTreeSet;

use mana_mcp_values::{IdUse, Value};
use serde_json::{Number, Value as Json};

use super::call::{Call, MOST_ELEMENTS, USER};
use super::stop::Stop;
use super::store::{Fields, Row};
use super::stored;
use crate::expr::Variable;
use crate::ir::{Given, Kind, Place, Put, Query, Table, TableRef, Update, Which};

const ID: &str = "id";

impl<'c> Call<'c> {
    /// Adds a row, and gives it.
    pub(super) fn insert(
        &mut self,
        table: &TableRef,
        values: &[(String, Given)],
        fields: &BTreeSet<String>,
    ) -> Result<Value, Stop> {
        let table = self.world.table(table)?;
        let values = self.given(table, values)?;
        Ok(self.add(table, values)?.shown(table, fields))
    }

    /// Changes the row of a key where it is there, else adds it.
    pub(super) fn put(&mut self, put: &Put, fields: &BTreeSet<String>) -> Result<Value, Stop> {
        let table = self.world.table(&put.table)?;
        let key: Vec<(&str, Value)> =
            put.key.iter().map(|(name, key)| (name.as_str(), self.evaluator.value(key))).collect();
        let values = self.given(table, &put.values)?;
        let standing = match key.as_slice() {
            [(ID, id)] => self.standing(table, id)?,
            _ => self.first_with(table, &key),
        };
        let (row, created) = match standing {
            Some(row) if row.is_live() => {
                let row = if put.updates && !values.is_empty() { self.set(table, &row.id, values)? } else { row };
                (row, false)
            }
            Some(deleted) => {
                let at = super::store::after(self.env, &deleted.marked);
                self.store.mark(table, &deleted.id, None, &at);
                (self.set(table, &deleted.id, values)?, true)
            }
            None => {
                let mut all = Fields::new();
                for (name, value) in &key {
                    all.insert((*name).to_owned(), json(table, name, value)?);
                }
                all.extend(values);
                (self.add(table, all)?, true)
            }
        };
        Ok(Value::object([("row", row.shown(table, fields)), ("created", Value::Bool(created))]))
    }

    /// Changes one row, or those that a query asks for.
    pub(super) fn update(&mut self, update: &Update, fields: &BTreeSet<String>) -> Result<Value, Stop> {
        match &update.which {
            Which::One(table, id) => {
                let (table, id) = (self.world.table(table)?, self.evaluator.value(id));
                let row = self.live(table, &id)?;
                Ok(self.change(table, &row, update)?.shown(table, fields))
            }
            Which::All(query, at_most) => {
                let (table, rows) = self.few(query, *at_most)?;
                let changed = rows.iter().map(|row| Ok(self.change(table, row, update)?.shown(table, fields)));
                Ok(Value::list(changed.collect::<Result<Vec<_>, Stop>>()?))
            }
        }
    }

    /// The rows that a query asks for, which are no more than that, nor than a call may change.
    pub(super) fn few(&mut self, query: &Query, at_most: i64) -> Result<(&'c Table, Vec<Row>), Stop> {
        let (table, rows) = self.found(query)?;
        let at_most = usize::try_from(at_most).unwrap_or(0).min(MOST_ELEMENTS);
        if rows.len() > at_most {
            return Err(Stop::too_many_rows(table, rows.len(), at_most));
        }
        Ok((table, rows))
    }

    fn change(&mut self, table: &Table, row: &Row, update: &Update) -> Result<Row, Stop> {
        self.evaluator.set(Variable::Row, row.value(table));
        let cleared = update.clear.as_ref().map(|clear| self.evaluator.value(clear)).unwrap_or_default();
        let given: Vec<&String> = update.given.iter().filter(|name| !self.input.member(name).is_null()).collect();
        let mut fields = Fields::new();
        for name in cleared.items().iter().filter_map(Value::as_str) {
            if table.row.property(name).is_none() {
                return Err(Stop::unknown_field(table));
            }
            if given.iter().any(|given| *given == name) {
                return Err(Stop::given_and_cleared(name));
            }
            fields.insert(name.to_owned(), Json::Null);
        }
        for name in given {
            fields.insert(name.clone(), json(table, name, self.input.member(name))?);
        }
        for (name, typed) in &update.values {
            let value = self.evaluator.value(typed);
            fields.insert(name.clone(), json(table, name, &value)?);
        }
        if fields.is_empty() {
            return Err(Stop::nothing_to_store(table));
        }
        self.set(table, &row.id, fields)
    }

    /// Adds a row of these values and of what every new row of the table has.
    fn add(&mut self, table: &Table, values: Fields) -> Result<Row, Stop> {
        let mut all: Fields = table.creates.iter().cloned().collect();
        all.extend(values);
        let id = match all.get(ID).and_then(Json::as_str) {
            Some(id) => id.to_owned(),
            None => self.evaluator.new_id(IdUse::Row),
        };
        all.insert(ID.to_owned(), id.as_str().into());
        if let Some(place) = table.place.as_ref().filter(|place| !all.contains_key(&place.field)) {
            let next = self.next_place(table, place, &all);
            all.insert(place.field.clone(), Number::from_f64(next).map_or(Json::Null, Json::Number));
        }
        let now = Json::from(self.env.now().to_string());
        for time in ["createdAt", "updatedAt"] {
            all.entry(time).or_insert_with(|| now.clone());
        }
        if table.is_of_user {
            all.insert("userId".to_owned(), USER.into());
        } else {
            all.insert("authorId".to_owned(), USER.into());
            all.entry("visibility").or_insert_with(|| "space".into());
        }
        self.writes += 1;
        self.store.set(table, &id, all);
        self.row(table, &id)
    }

    /// Sets fields of a row, and when it was changed.
    pub(super) fn set(&mut self, table: &Table, id: &str, mut fields: Fields) -> Result<Row, Stop> {
        let now = self.env.now().to_string();
        fields.entry("updatedAt").or_insert_with(|| now.into());
        self.writes += 1;
        self.store.set(table, id, fields);
        self.row(table, id)
    }

    /// A row as it is now.
    pub(super) fn row(&self, table: &Table, id: &str) -> Result<Row, Stop> {
        self.store.row(table, id).cloned().ok_or_else(|| Stop::not_found(table, Some(id)))
    }

    /// The row of that id, live or deleted.
    fn standing(&self, table: &Table, id: &Value) -> Result<Option<Row>, Stop> {
        let id = id.as_str().ok_or_else(|| Stop::misfit(ID))?;
        match self.store.row(table, id) {
            Some(row) if row.is_gone => Err(Stop::removed_for_good(table)),
            Some(row) if !row.is_seen_by(table, USER) => Err(Stop::of_another(table)),
            row => Ok(row.cloned()),
        }
    }

    /// The first live row, by id, that has these values.
    fn first_with(&self, table: &Table, key: &[(&str, Value)]) -> Option<Row> {
        let has_key = |row: &&Row| key.iter().all(|(name, value)| row.get(table, name) == *value);
        self.store.rows(table).filter(|row| self.sees(table, row) && row.is_whole(table)).find(has_key).cloned()
    }

    /// The place behind the live rows that are like the new one.
    fn next_place(&self, table: &Table, place: &Place, fields: &Fields) -> f64 {
        let new = Row { fields: fields.clone(), ..Row::empty() };
        let is_like = |row: &&Row| place.among.iter().all(|name| row.get(table, name) == new.get(table, name));
        let rows = self.store.rows(table).filter(|row| self.sees(table, row)).filter(is_like);
        let last = rows.filter_map(|row| row.fields.get(&place.field)?.as_f64()).max_by(f64::total_cmp);
        let is_int =
            table.row.property(&place.field).is_some_and(|field| matches!(field.schema.kind, Kind::Integer { .. }));
        match last {
            Some(last) if is_int => last.ceil() + place.step,
            Some(last) => last + place.step,
            None if place.step == 1.0 => 0.0,
            None => place.step,
        }
    }

    /// What is stored in which fields: a literal null is, a computed one is not.
    fn given(&mut self, table: &Table, values: &[(String, Given)]) -> Result<Fields, Stop> {
        let mut fields = Fields::new();
        for (name, given) in values {
            let value = match given {
                Given::Null => Some(Value::Null),
                Given::Value(typed) => Some(self.evaluator.value(typed)).filter(|value| !value.is_null()),
            };
            if let Some(value) = value {
                fields.insert(name.clone(), json(table, name, &value)?);
            }
        }
        Ok(fields)
    }
}

/// The JSON of a value for a field.
fn json(table: &Table, name: &str, value: &Value) -> Result<Json, Stop> {
    let field = table.row.property(name).ok_or_else(|| Stop::unknown_field(table))?;
    stored::json(&field.schema, value).ok_or_else(|| Stop::misfit(name))
}
