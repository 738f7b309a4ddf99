//! What a write stores.

use mana_mcp_values::{SmolStr, Value};
use serde_json::Value as Json;

use super::{StepError, TableInfo, store::json_of};

/// A value for a field of a new row.
#[derive(Debug, Clone)]
pub enum Given {
    /// A literal null, which is stored.
    Null,
    /// What an expression gave. Where that is null, it is as if the field had not been named.
    Value(Value),
}

/// A change of some fields of a row. Of several values for one field, the last one counts.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The fields with their new values, null included.
    pub values: Vec<(&'static str, Value)>,
    given: Vec<&'static str>,
    cleared: Vec<SmolStr>,
}

/// Fields with what is stored in them, before it is encrypted.
pub(super) type Fields = Vec<(&'static str, Json)>;

impl Change {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores the input of that name in the field, where it is there.
    #[must_use]
    pub fn given(mut self, field: &'static str, input: &Value, name: &str) -> Self {
        let value = input.member(name);
        if !value.is_null() {
            self.values.push((field, value.clone()));
            self.given.push(field);
        }
        self
    }

    /// Empties the fields that a list names.
    #[must_use]
    pub fn clear(mut self, names: &Value) -> Self {
        self.cleared.extend(names.items().iter().filter_map(Value::as_str).map(SmolStr::new));
        self
    }

    /// Stores a value in the field, null included.
    #[must_use]
    pub fn set(mut self, field: &'static str, value: Value) -> Self {
        self.values.push((field, value));
        self
    }

    /// What is stored in which fields.
    pub(super) fn fields(self, table: &TableInfo) -> Result<Fields, StepError> {
        let Self { values, given, cleared } = self;
        let mut fields = Fields::new();
        for name in cleared {
            let field = table.field(&name).ok_or(StepError::UnknownField { noun: table.spec.noun })?;
            if given.contains(&field.name) {
                return Err(StepError::GivenAndCleared { field: field.name });
            }
            fields.push((field.name, Json::Null));
        }
        for (name, value) in values {
            put(&mut fields, name, json(table, name, &value)?);
        }
        if fields.is_empty() { Err(StepError::NothingToStore { noun: table.spec.noun }) } else { Ok(fields) }
    }
}

/// Sets a field, in the place where it stands already.
pub(super) fn put(fields: &mut Fields, name: &'static str, value: Json) {
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => fields.push((name, value)),
    }
}

/// The JSON of a value for a field.
pub(super) fn json(table: &TableInfo, name: &'static str, value: &Value) -> Result<Json, StepError> {
    let field = table.field(name).ok_or(StepError::UnknownField { noun: table.spec.noun })?;
    json_of(field.ty, value).ok_or(StepError::Misfit { field: name })
}
