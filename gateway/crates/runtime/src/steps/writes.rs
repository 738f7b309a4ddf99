//! Writing rows: new ones, and changes of those that are there.

use mana_mcp_values::{Env, Value};
use serde_json::Value as Json;

use super::{
    Change, Given, List, Row, StepError, Steps, TableInfo,
    change::{Fields, json, put},
    state::MOST_ELEMENTS,
    stored::of_json,
    walk::Window,
};
use crate::{
    data::DataError,
    decode::{JsonObject, tree},
    rows::{DELETED_AT, FieldWriter, StoredRow},
    tool::{ToolError, ids},
    types::Type,
};

const ID: &str = "id";

impl Steps {
    /// Adds a row: what `values` leaves out comes from what the table says of new rows. Returns it.
    ///
    /// # Errors
    /// Where a value does not fit or cannot be stored, or the user's key is needed and cannot be had.
    pub async fn insert(
        &mut self,
        table: &'static TableInfo,
        fields: &'static [&'static str],
        values: Vec<(&'static str, Given)>,
    ) -> Result<Value, ToolError> {
        let row = self.add(table, given(table, values)?).await?;
        self.shown(table, &row, fields).await
    }

    /// The live row with that key, changed where `replaces` says so; else a new one with the key and the values. A key of `id`
    /// alone also brings back a deleted row, with the values. Returns `{ row, created }`.
    ///
    /// # Errors
    /// As [`Steps::insert`]; where the row was removed for good, or is another user's.
    pub async fn put(
        &mut self,
        table: &'static TableInfo,
        fields: &'static [&'static str],
        key: Vec<(&'static str, Value)>,
        replaces: bool,
        values: Vec<(&'static str, Given)>,
    ) -> Result<Value, ToolError> {
        let values = given(table, values)?;
        let standing = match key.as_slice() {
            [(ID, id)] => self.standing(table, id).await?,
            _ => self.first_with(table, &key).await?,
        };
        let (row, created) = match standing {
            Some(row) if row.is_live() => {
                let row = if replaces && !values.is_empty() { self.set(table, row, values).await? } else { row };
                (row, false)
            }
            Some(deleted) => {
                let mut values = values;
                values.push((DELETED_AT, Json::Null));
                (self.set(table, deleted, values).await?, true)
            }
            None => {
                let mut all = Fields::new();
                for (name, value) in &key {
                    put(&mut all, name, json(table, name, value)?);
                }
                values.into_iter().for_each(|(name, value)| put(&mut all, name, value));
                (self.add(table, all).await?, true)
            }
        };
        let row = self.shown(table, &row, fields).await?;
        Ok(Value::object([("row", row), ("created", Value::Bool(created))]))
    }

    /// Changes a live row: `change` sees it as it is, with the fields that it needs. Returns the row as it is then.
    ///
    /// # Errors
    /// Where no such row is live, nothing is to be stored, or as [`Steps::insert`].
    pub async fn update(
        &mut self,
        table: &'static TableInfo,
        fields: &'static [&'static str],
        needs: &'static [&'static str],
        id: &Value,
        change: impl FnOnce(&Env, &Value) -> Result<Change, ToolError>,
    ) -> Result<Value, ToolError> {
        let row = self.live(table, id).await?;
        let before = self.shown(table, &row, needs).await?;
        let values = change(&self.env, &before)?.fields(table)?;
        let row = self.set(table, row, values).await?;
        self.shown(table, &row, fields).await
    }

    /// Changes all rows that a list asks for, each by what `change` makes of the list's fields of it. Returns the rows as they
    /// are then.
    ///
    /// # Errors
    /// Where they are more than `at_most`: then nothing is changed. Else as [`Steps::update`].
    pub async fn update_where(
        &mut self,
        what: List<'_>,
        at_most: usize,
        change: impl Fn(&Env, &Value) -> Result<Change, ToolError>,
    ) -> Result<Value, ToolError> {
        let table = what.table;
        let found = self.found(what, at_most).await?;
        let mut changed = Vec::with_capacity(found.len());
        for (row, before) in found {
            let values = change(&self.env, &before)?.fields(table)?;
            let row = self.set(table, row, values).await?;
            changed.push(self.shown(table, &row, what.fields).await?);
        }
        Ok(Value::list(changed))
    }

    /// The rows that a list asks for, which are no more than that, nor than a call may change.
    pub(super) async fn found(&mut self, what: List<'_>, at_most: usize) -> Result<Vec<(StoredRow, Value)>, ToolError> {
        let walk = self.walk(what, Window::first(what.most())).await?;
        let at_most = at_most.min(MOST_ELEMENTS);
        if walk.taken.len() > at_most {
            let (noun, rows) = (what.table.spec.noun, walk.taken.len());
            return Err(StepError::TooManyRows { noun, rows, limit: at_most }.into());
        }
        Ok(walk.taken.into_iter().map(|(placed, value)| (placed.row, value)).collect())
    }

    /// A row that was written or is about to be. It is shown also where it lacks a field.
    pub(super) async fn shown(
        &mut self,
        table: &'static TableInfo,
        row: &StoredRow,
        fields: &[&'static str],
    ) -> Result<Value, ToolError> {
        Ok(self.show(table, row, fields).await?.value)
    }

    /// Adds a row of these values and of what every new row of the table has.
    async fn add(&mut self, table: &'static TableInfo, values: Fields) -> Result<StoredRow, ToolError> {
        let mut all = Fields::new();
        for (name, stored) in table.creates {
            put(&mut all, name, tree::from_str(stored).map_err(|_| StepError::Misfit { field: name })?);
        }
        values.into_iter().for_each(|(name, value)| put(&mut all, name, value));
        if !all.iter().any(|(name, _)| *name == ID) {
            let id = self.ids.row();
            all.insert(0, (ID, Json::String(id.to_string())));
        }
        // A call that is made again looks before it writes: what came of the row since then must not be undone.
        if let Some((_, Json::String(id))) = all.iter().find(|(name, _)| *name == ID)
            && ids::may_be_repeated(id)
        {
            let (view, id) = (table.view(), id.clone());
            let source = self.source(table).await?;
            if let Some(stored) = source.find(&id, &|row| self.call.may_see(&view, row)) {
                return Ok(stored);
            }
        }
        if let Some(place) = table.place.as_ref()
            && !all.iter().any(|(name, _)| *name == place.field)
        {
            let among = place.among.iter().map(|name| value_of(table, &all, name)).collect();
            let next = self.next_place(table, place, among).await?;
            all.push((place.field, next.into()));
        }
        let data = self.sealed(table, all).await?;
        self.writes_to(table);
        self.batch.add(&table.view(), data)?;
        self.last_written(table)
    }

    /// Sets fields of a row.
    pub(super) async fn set(
        &mut self,
        table: &'static TableInfo,
        row: StoredRow,
        values: Fields,
    ) -> Result<StoredRow, ToolError> {
        self.keep_unread(table, &row, &values).await?;
        let values = self.sealed(table, values).await?;
        self.writes_to(table);
        self.batch.set(&table.view(), row, values);
        self.last_written(table)
    }

    /// A list or an object is written as a whole, and is mostly made of the one that stands there. Where that cannot be read,
    /// the new one would lack what it holds.
    async fn keep_unread(&self, table: &'static TableInfo, row: &StoredRow, values: &Fields) -> Result<(), ToolError> {
        let wholes = values.iter().filter(|(name, value)| {
            let is_whole = |ty: &Type| matches!(ty, Type::List(_) | Type::Map(_) | Type::Object(_));
            !value.is_null() && table.field(name).is_some_and(|field| is_whole(field.ty))
        });
        let wholes: Vec<&'static str> = wholes.map(|(name, _)| *name).collect();
        if wholes.is_empty() {
            return Ok(());
        }
        match self.open(table, row, &wholes).await?.1.first() {
            Some(field) => Err(StepError::Unreadable { noun: table.spec.noun, field }.into()),
            None => Ok(()),
        }
    }

    fn last_written(&self, table: &TableInfo) -> Result<StoredRow, ToolError> {
        let row = self.batch.last_written();
        row.ok_or_else(|| DataError::NotFound { noun: table.spec.noun, id: String::new() }.into())
    }

    /// The fields as they are stored, encrypted where their table says so.
    async fn sealed(&self, table: &'static TableInfo, fields: Fields) -> Result<JsonObject, DataError> {
        let values = fields.iter().filter(|(_, value)| !value.is_null());
        let cipher =
            if table.seals_any(values.map(|(name, _)| *name)) { Some(self.call.sealing_cipher().await?) } else { None };
        let mut writer = FieldWriter::new(cipher.as_deref());
        for (name, value) in &fields {
            if table.spec.is_encrypted(name) { writer.encrypted(name, value)? } else { writer.plain(name, value)? }
        }
        let (data, sealed) = writer.finish();
        self.call.note_sealed(sealed);
        Ok(data)
    }

    /// The row of that id, live or deleted.
    async fn standing(&mut self, table: &'static TableInfo, id: &Value) -> Result<Option<StoredRow>, ToolError> {
        let (view, noun) = (table.view(), table.spec.noun);
        let Some(id) = id.as_str() else { return Err(StepError::Misfit { field: ID }.into()) };
        let source = self.source(table).await?;
        // Also a row that the caller may not see: what is written under its id would change it.
        let row = self.batch.row(&table.spec, &*source, id, &|row| self.call.has(&view, row));
        match row {
            Some(row) if !self.call.may_see(&view, &row) => Err(StepError::OfAnother { noun }.into()),
            Some(row) if row.is_gone() => Err(StepError::RemovedForGood { noun }.into()),
            row => Ok(row),
        }
    }

    /// The first live row, by id, that has these values.
    async fn first_with(
        &mut self,
        table: &'static TableInfo,
        key: &[(&'static str, Value)],
    ) -> Result<Option<StoredRow>, ToolError> {
        let has_key = |_: &Env, row: &Row<'_>| key.iter().all(|(name, value)| row.get(name) == *value);
        let what = List { stored: Some(&has_key), ..List::of(table) };
        Ok(self.walk(what, Window::first(1)).await?.taken.into_iter().next().map(|(placed, _)| placed.row))
    }
}

/// What is stored in which fields: a literal null is, a computed one is not.
fn given(table: &TableInfo, values: Vec<(&'static str, Given)>) -> Result<Fields, StepError> {
    let mut fields = Fields::new();
    for (name, value) in values {
        match value {
            Given::Null => put(&mut fields, name, json(table, name, &Value::Null)?),
            Given::Value(value) if value.is_null() => {}
            Given::Value(value) => put(&mut fields, name, json(table, name, &value)?),
        }
    }
    Ok(fields)
}

/// A field of a new row, as readers will take it.
fn value_of(table: &TableInfo, fields: &Fields, name: &str) -> Value {
    let Some(field) = table.field(name) else { return Value::Null };
    let stored = fields.iter().find(|(known, _)| *known == name).and_then(|(_, value)| of_json(field.ty, value));
    stored.filter(|value| !value.is_null()).unwrap_or_else(|| field.absent())
}
