//! The sync log: a row of it as it is folded, and a change as it is written.
//!
//! A [`Row`] borrows its texts from a page or from a change of our own. Nothing is looked up in it, so its fields are a list.

mod change;
mod order;
pub mod stamp;

use serde_json::{Number, Value};

use crate::space::Homes;

pub use change::{Change, Operation, Origin, Stamped};
pub(crate) use order::Order;

/// A row of the log.
#[derive(Debug)]
pub struct Row<'a> {
    /// The row's own id, given by the service; empty where it has none.
    pub event_id: &'a str,
    /// The wire name of the table.
    pub table: &'a str,
    /// The id of the record that changed.
    pub id: &'a str,
    /// What happened to it.
    pub event: Event<'a>,
    /// The space that the row is shared with.
    pub space_id: Option<&'a str>,
}

/// What happened to a record.
#[derive(Debug)]
pub enum Event<'a> {
    /// The record was made, or made again.
    Insert(Vec<Set<'a>>),
    /// Fields were set.
    Update(Vec<Set<'a>>),
    /// The record was deleted; without a time, for good.
    Delete(Option<&'a str>),
}

/// A field that was set. Of a name that stands twice, the last one counts.
#[derive(Debug)]
pub struct Set<'a> {
    /// Its name.
    pub name: &'a str,
    /// The value; `None` where the row names the field and sets nothing.
    pub value: Option<Cell<'a>>,
    /// When; empty where the row has one time for all, or the writer did not say.
    pub at: &'a str,
}

impl<'a> Set<'a> {
    /// The text that fields set under that name, where it is one and not empty.
    pub(crate) fn text_of(fields: &[Self], name: &str) -> Option<&'a str> {
        match fields.iter().rfind(|set| set.name == name)?.value {
            Some(Cell::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

impl Row<'_> {
    /// The home of the record that the row is about.
    #[must_use]
    pub fn home(&self, homes: &Homes) -> Option<&str> {
        let data = match &self.event {
            Event::Insert(fields) => Set::text_of(fields, "spaceId"),
            Event::Update(_) | Event::Delete(_) => None,
        };
        homes.resolve(self.space_id, data)
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(&'a str),
    /// The JSON of an array.
    Array(String),
    /// The JSON of an object.
    Object(String),
}

impl<'a> From<&'a Change> for Row<'a> {
    fn from(change: &'a Change) -> Self {
        let event = match &change.operation {
            Operation::Insert { data } => {
                Event::Insert(data.iter().map(|(name, value)| set(name, value, "")).collect())
            }
            Operation::Update { fields } => {
                Event::Update(fields.iter().map(|(name, field)| set(name, &field.value, &field.at)).collect())
            }
            Operation::Delete { deleted_at } => Event::Delete(deleted_at.as_deref()),
        };
        Self {
            event_id: &change.event_id,
            table: &change.table,
            id: &change.id,
            event,
            space_id: change.space_id.as_deref(),
        }
    }
}

fn set<'a>(name: &'a str, value: &'a Value, at: &'a str) -> Set<'a> {
    Set { name, value: Some(value.into()), at }
}

impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text),
            Value::Array(_) => Self::Array(value.to_string()),
            Value::Object(_) => Self::Object(value.to_string()),
        }
    }
}
