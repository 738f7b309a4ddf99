//! One record as the log says it is now.

use std::mem::size_of;

use super::packed::{Fields, Stored};

/// The field that marks a deleted record.
pub const DELETED_AT: &str = "deletedAt";

/// The space that inserts name, and the one that updates name, which counts where no insert has been seen. They stand among
/// the fields, because they are merged as fields are; no field of a row is called so, for U+0000 cannot be stored.
pub(super) const INSERTED_IN: &str = "\0inserted";
pub(super) const UPDATED_IN: &str = "\0updated";

/// A folded record, its values as stored. A clone shares them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRow {
    pub(super) fields: Fields,
    pub(super) is_inserted: bool,
    /// Deleted without a time: whatever else comes, it does not return.
    pub(super) is_gone: bool,
    is_live: bool,
}

impl StoredRow {
    pub(super) fn new(fields: Fields, is_inserted: bool) -> Self {
        let is_deleted = fields.get(DELETED_AT).is_some_and(is_set);
        let is_live = !is_deleted && fields.is_whole();
        Self { fields, is_inserted, is_gone: false, is_live }
    }

    pub(super) fn gone(nothing: Fields) -> Self {
        Self { fields: nothing, is_inserted: false, is_gone: true, is_live: false }
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.fields.id()
    }

    /// A field as it is stored.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Stored<'_>> {
        self.fields.get(field)
    }

    /// When a field was last set; empty where it was not, or nobody said when.
    #[must_use]
    pub fn stamp(&self, field: &str) -> &str {
        self.fields.at(field).unwrap_or_default()
    }

    /// The space that the record names; `None` means the user's personal one.
    #[must_use]
    pub fn space(&self) -> Option<&str> {
        self.fields.get(if self.is_inserted { INSERTED_IN } else { UPDATED_IN })?.as_str()
    }

    /// Whether it is not deleted, and has all fields that a record of its table needs.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// An estimate of the memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.fields.bytes()
    }
}

/// Whether the web application, which asks so, takes the value for true.
fn is_set(value: Stored<'_>) -> bool {
    match value {
        Stored::Null => false,
        Stored::Bool(set) => set,
        Stored::Text(text) => !text.is_empty(),
        Stored::Number(number) => number.as_f64() != Some(0.0),
        Stored::Array(_) | Stored::Object(_) => true,
    }
}
