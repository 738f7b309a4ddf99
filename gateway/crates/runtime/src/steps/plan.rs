//! What a call would change, for a person who is asked before and for a client that asks what would happen.

use serde::Serialize;

use crate::decode::JsonObject;

/// All that a call would change. Nothing of it is stored.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The rows, in the order in which they would be written; the first hundred.
    pub changes: Vec<PlannedChange>,
    /// The number of all rows.
    pub total: usize,
}

impl Plan {
    /// Its size as JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}

/// What would become of one row.
#[derive(Clone, Serialize)]
pub struct PlannedChange {
    /// What would be done.
    pub change: ChangeKind,
    /// The table, as the catalog names it.
    pub table: &'static str,
    /// What people call such a row.
    #[serde(skip)]
    pub noun: &'static str,
    /// The row's id.
    pub id: String,
    /// What people call this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The fields that would change, as they are. What is not there is left out.
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    pub before: JsonObject,
    /// The fields that would change, as they would be.
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    pub after: JsonObject,
}

/// What would be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It would be new.
    Create,
    /// Fields of it would be set.
    Update,
    /// It would be deleted, and could be restored.
    Delete,
    /// It would be brought back.
    Restore,
    /// It would be removed for good.
    Remove,
}

impl std::fmt::Debug for PlannedChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlannedChange")
            .field("change", &self.change)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
