//! One record as the log says it is now.

use std::mem::size_of;

use super::{packed::Fields, stored::Stored};

/// The field that marks a deleted record.
pub const DELETED_AT: &str = "deletedAt";

const CREATED_AT: &str = "createdAt";
/// Derived from the times of all fields: the web application does not store it.
const UPDATED_AT: &str = "updatedAt";
const AUTHOR: &str = "authorId";
const VISIBILITY: &str = "visibility";
/// The word that nearly all tables have for it.
const PRIVATE: &str = "private";

/// Fields that a record keeps whether the catalog names them or not.
pub(super) const ALWAYS_KEPT: [&str; 4] = [AUTHOR, CREATED_AT, DELETED_AT, VISIBILITY];

/// Facts about a record that are kept among its fields, because they are merged as fields are. No field of a row is called
/// so, for U+0000 cannot be stored.
///
/// When a record whose insert names no time was first seen.
pub(super) const ARRIVED: &str = "\0arrived";
/// Its time is the latest of any field, also of those that are not kept.
pub(super) const CHANGED: &str = "\0changed";
/// The home, where it is not the user's personal space.
pub(super) const HOME: &str = "\0home";

/// Whether the value of that field follows from others and is not kept.
pub(super) fn is_derived(name: &str) -> bool {
    name == UPDATED_AT
}

/// A folded record, its values as stored. A clone shares them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRow {
    pub(super) fields: Fields,
    /// Deleted without a time: whatever else comes, it does not return.
    pub(super) is_gone: bool,
    is_live: bool,
    is_private: bool,
}

impl StoredRow {
    pub(super) fn new(fields: Fields) -> Self {
        let is_live = !fields.get(DELETED_AT).is_some_and(is_set);
        let is_private = fields.get(VISIBILITY) == Some(Stored::Text(PRIVATE));
        Self { fields, is_gone: false, is_live, is_private }
    }

    pub(super) fn gone(nothing: Fields) -> Self {
        Self { fields: nothing, is_gone: true, is_live: false, is_private: false }
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.fields.id()
    }

    /// A field as it is stored; `createdAt` and `updatedAt` as they follow from the log where they are not.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Stored<'_>> {
        match field {
            UPDATED_AT => self.updated_at().map(Stored::Text),
            CREATED_AT => self.created_at(),
            _ => self.fields.get(field),
        }
    }

    /// When a field was last set; empty where it was not, or nobody said when.
    #[must_use]
    pub fn stamp(&self, field: &str) -> &str {
        self.fields.at(field).unwrap_or_default()
    }

    /// The home of the record: a space other than the user's personal one, which is `None`.
    #[must_use]
    pub fn home(&self) -> Option<&str> {
        self.fields.get(HOME)?.as_str()
    }

    /// Whether it is not deleted.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Whether it is deleted for good.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Whether it has all fields without which a row of its table is left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.fields.is_whole()
    }

    /// Whether its author alone may see it, because its visibility is that word, and that is somebody else, or nobody
    /// known.
    #[must_use]
    pub fn is_hidden_from(&self, user: &str, word: &str) -> bool {
        let is_private =
            if word == PRIVATE { self.is_private } else { self.fields.get(VISIBILITY) == Some(Stored::Text(word)) };
        is_private && !self.is_by(user)
    }

    /// Whether that user is its author.
    #[must_use]
    pub fn is_by(&self, user: &str) -> bool {
        self.fields.get(AUTHOR) == Some(Stored::Text(user))
    }

    /// When the record was first seen, where its insert names no time.
    #[must_use]
    pub fn arrived(&self) -> Option<&str> {
        self.fields.get(ARRIVED)?.as_str()
    }

    /// An estimate of the memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.fields.bytes()
    }

    fn updated_at(&self) -> Option<&str> {
        self.fields.at(CHANGED).filter(|at| !at.is_empty()).or_else(|| self.arrived())
    }

    fn created_at(&self) -> Option<Stored<'_>> {
        let stored = self.fields.get(CREATED_AT).filter(|stored| !is_blank(stored));
        let derived = || self.arrived().into_iter().chain(self.fields.earliest()).min().map(Stored::Text);
        stored.or_else(derived)
    }
}

fn is_blank(stored: &Stored<'_>) -> bool {
    matches!(stored, Stored::Null | Stored::Text(""))
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
