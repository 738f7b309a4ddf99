//! What a table is called, and what its fields are.

use crate::decode::Scalar;

use super::{Stored, stored_row};

/// What a table is called, and its fields.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// The app that the table belongs to.
    pub app: &'static str,
    /// The name in the catalog.
    pub table: &'static str,
    /// The name on the wire.
    pub sync_name: &'static str,
    /// What one record is called, for people.
    pub noun: &'static str,
    /// The fields that the catalog names.
    pub fields: &'static [FieldSpec],
}

/// A field of a table.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it is stored encrypted.
    pub encrypted: bool,
    /// Whether a row without it is left out.
    pub required: bool,
    /// What a reader takes where it is absent or null.
    pub default: Option<FieldDefault>,
}

/// What a reader takes where a field is absent or null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldDefault {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i32),
    /// A text, or a word of a closed set.
    Text(&'static str),
}

impl FieldDefault {
    /// As if it were stored.
    pub(crate) fn stored(self) -> Stored<'static> {
        match self {
            Self::Bool(value) => Stored::Bool(value),
            Self::Integer(value) => Stored::Number(value.into()),
            Self::Text(text) => Stored::Text(text),
        }
    }

    /// What `read` makes of it.
    pub(crate) fn read<T>(self, read: impl FnOnce(Scalar<'_>) -> T) -> T {
        match self {
            Self::Bool(value) => read(Scalar::Bool(value)),
            Self::Integer(value) => read(Scalar::Number(&value.into())),
            Self::Text(text) => read(Scalar::Text(text)),
        }
    }
}

impl TableSpec {
    /// Whether any field is stored encrypted.
    #[must_use]
    pub fn has_encrypted_fields(&self) -> bool {
        self.fields.iter().any(|field| field.encrypted)
    }

    /// Whether both describe one table of the log.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.app, self.sync_name) == (other.app, other.sync_name)
    }

    /// The names of the fields without which a row is left out.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.required).map(|field| field.name)
    }

    /// Whether records keep a field of that name: what the catalog does not name is not held in memory.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        let is_named = || self.fields.iter().any(|field| field.name == name && !stored_row::is_derived(name));
        stored_row::ALWAYS_KEPT.contains(&name) || is_named()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(crate) fn is_encrypted(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.encrypted)
    }
}
