//! Rows in memory, by table and id: what tools have stored. Nothing is encrypted.

use std::collections::{BTreeMap, BTreeSet};

use mana_mcp_values::{Env, Timestamp, Value, functions};
use serde_json::{Map, Value as Json};

use super::stored::{self, Absent};
use crate::ir::{Presence, Property, Table, TableRef};

/// When a row was marked as deleted.
pub(super) const DELETED_AT: &str = "deletedAt";
/// Times that every row has, whether its table names them or not.
const TIMES: [&str; 2] = ["createdAt", "updatedAt"];

/// The fields of a row as they are stored.
pub(super) type Fields = Map<String, Json>;

/// All rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    tables: BTreeMap<TableRef, BTreeMap<String, Row>>,
}

/// A row.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) fields: Fields,
    /// Whether it was removed for good.
    pub(super) is_gone: bool,
    /// When its mark of deletion was last set or taken away.
    pub(super) marked: String,
}

impl Store {
    /// The row of that id, whatever became of it.
    pub(super) fn row(&self, table: &Table, id: &str) -> Option<&Row> {
        self.tables.get(&reference(table))?.get(id)
    }

    /// All rows of a table, by id.
    pub(super) fn rows(&self, table: &Table) -> impl Iterator<Item = &Row> {
        self.tables.get(&reference(table)).into_iter().flat_map(BTreeMap::values)
    }

    /// Stores fields of a row, over those that it has.
    pub(super) fn set(&mut self, table: &Table, id: &str, fields: Fields) {
        let rows = self.tables.entry(reference(table)).or_default();
        let row = rows.entry(id.to_owned()).or_insert_with(|| Row { id: id.to_owned(), ..Row::default() });
        row.fields.extend(fields);
    }

    /// Marks a row as deleted at that time, or takes the mark away.
    pub(super) fn mark(&mut self, table: &Table, id: &str, deleted: Option<&str>, at: &str) {
        let mark = deleted.map_or(Json::Null, Json::from);
        self.set(table, id, [(DELETED_AT.to_owned(), mark)].into_iter().collect());
        if let Some(row) = self.tables.get_mut(&reference(table)).and_then(|rows| rows.get_mut(id)) {
            at.clone_into(&mut row.marked);
        }
    }

    /// Removes a row for good.
    pub(super) fn remove(&mut self, table: &Table, id: &str) {
        if let Some(row) = self.tables.get_mut(&reference(table)).and_then(|rows| rows.get_mut(id)) {
            *row = Row { id: row.id.clone(), is_gone: true, ..Row::default() };
        }
    }
}

impl Row {
    /// A row without anything.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    /// When it was marked as deleted, where it is.
    pub(super) fn deleted_at(&self) -> Option<&str> {
        self.fields.get(DELETED_AT)?.as_str().filter(|at| !at.is_empty())
    }

    /// Whether it is neither deleted nor gone.
    pub(super) fn is_live(&self) -> bool {
        !self.is_gone && self.deleted_at().is_none()
    }

    /// Whether that user may see it.
    pub(super) fn is_seen_by(&self, table: &Table, user: &str) -> bool {
        let is = |field: &str, word: &str| self.fields.get(field).and_then(Json::as_str) == Some(word);
        !(table.has_privacy && is("visibility", "private") && !is("authorId", user))
    }

    /// Whether it has every field without which it is left out.
    pub(super) fn is_whole(&self, table: &Table) -> bool {
        let must =
            table.row.properties.iter().filter(|field| field.presence == Presence::Required && field.name != "id");
        must.map(|field| self.fields.get(&field.name)).all(|value| value.is_some_and(|value| !value.is_null()))
    }

    /// A field as it is read: its default where it is absent or of another type.
    pub(super) fn get(&self, table: &Table, name: &str) -> Value {
        if name == "id" {
            return Value::text(self.id.as_str());
        }
        let stored = self.fields.get(name);
        match table.row.property(name) {
            Some(Property { schema, presence, .. }) => {
                let read = stored.and_then(|json| stored::value(schema, json, Absent::IsNull));
                read.filter(|value| !value.is_null()).unwrap_or_else(|| match presence {
                    Presence::Default(default) => stored::value(schema, default, Absent::IsNull).unwrap_or_default(),
                    Presence::Required | Presence::Optional => Value::Null,
                })
            }
            None if TIMES.contains(&name) => {
                let time = stored.and_then(Json::as_str).and_then(|time| time.parse::<Timestamp>().ok());
                time.map_or(Value::Null, Value::Timestamp)
            }
            None => Value::Null,
        }
    }

    /// These fields of it, as a step binds them.
    pub(super) fn shown(&self, table: &Table, fields: &BTreeSet<String>) -> Value {
        Value::object(fields.iter().map(|name| (name.as_str(), self.get(table, name))))
    }

    /// The row as expressions see it.
    pub(super) fn value(&self, table: &Table) -> Value {
        let names = table.row.properties.iter().map(|field| field.name.as_str()).chain(TIMES);
        Value::object(names.map(|name| (name, self.get(table, name))))
    }
}

fn reference(table: &Table) -> TableRef {
    TableRef { module: table.module.clone(), name: table.name.clone() }
}

/// The time of the call, or a millisecond after `taken` where that is not before it.
pub(super) fn after(env: &Env, taken: &str) -> String {
    let now = env.now().to_string();
    match taken.parse::<Timestamp>() {
        Ok(time) if now.as_str() <= taken => match functions::add(env, &Value::Timestamp(time), &Value::Duration(1)) {
            Value::Timestamp(next) => next.to_string(),
            _ => now,
        },
        _ => now,
    }
}
