//! A table as one call sees it: which of its rows exist for the caller, and where new ones belong.

use crate::rows::{Record, TableSpec};

/// The word of `visibility` that says so of records whose author alone may see them.
const PRIVATE: &str = "private";

/// A table, and to whom its rows belong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) table: TableSpec,
    /// Whether its rows belong to a user and to no space.
    pub(crate) is_of_user: bool,
    /// The word of `visibility` with which a row exists for its author alone, where there is one.
    pub(crate) privacy: Option<&'static str>,
}

impl View {
    pub(crate) fn of<R: Record>() -> Self {
        Self { table: R::TABLE, is_of_user: false, privacy: Some(PRIVATE) }
    }
}
