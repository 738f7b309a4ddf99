//! A row of the log in the form in which it is taken in: its texts stay where they stand, in a page or in a change of our
//! own, and nothing is looked up in it, so its fields are a list.

use serde_json::{Number, Value};

use super::wire::{Change, Operation};

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

#[cfg(test)]
impl Row<'_> {
    /// The change that the row tells of. Who made it is not read.
    pub(super) fn to_change(&self) -> Change {
        use super::wire::Stamped;

        let operation = match &self.event {
            Event::Insert(fields) => {
                let field = |set: &Set<'_>| (set.name.to_string(), set.value.as_ref().unwrap().to_value());
                Operation::Insert { data: fields.iter().map(field).collect() }
            }
            Event::Update(fields) => {
                let mut last = indexmap::IndexMap::new();
                for set in fields {
                    let stamped = |value: &Cell<'_>| Stamped { value: value.to_value(), at: set.at.to_string() };
                    last.insert(set.name.to_string(), set.value.as_ref().map(stamped));
                }
                let fields = last.into_iter().filter_map(|(name, field)| Some((name, field?)));
                Operation::Update { fields: fields.collect() }
            }
            Event::Delete(at) => Operation::Delete { deleted_at: at.map(str::to_owned) },
        };
        Change {
            event_id: self.event_id.to_string(),
            table: self.table.to_string(),
            id: self.id.to_string(),
            operation,
            space_id: self.space_id.map(str::to_owned),
            actor: None,
            origin: None,
        }
    }
}

#[cfg(test)]
impl Cell<'_> {
    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.to_string()),
            Self::Array(json) | Self::Object(json) => serde_json::from_str(json).unwrap(),
        }
    }
}
