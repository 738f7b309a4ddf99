//! A change as it travels to the log.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::JsonObject;

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The row's own id, given by the service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_id: String,
    /// The wire name of the table.
    pub table: String,
    /// The id of the record that changed.
    pub id: String,
    /// What happened to it.
    #[serde(flatten)]
    pub operation: Operation,
    /// The space that the row is shared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space_id: Option<String>,
    /// Who did it, as the web application's history shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Value>,
    /// What kind of writer it was. What the gateway does not know is `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Operation {
    /// The record was made, or made again.
    Insert {
        /// Its fields.
        data: JsonObject,
    },
    /// Fields were set.
    Update {
        /// The fields by name.
        fields: IndexMap<String, Stamped>,
    },
    /// The record was deleted; without a time, for good.
    Delete {
        /// When.
        #[serde(skip_serializing_if = "Option::is_none")]
        deleted_at: Option<String>,
    },
}

/// A field's value and when it was set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stamped {
    /// The value.
    pub value: Value,
    /// When it was set; empty where the writer did not say.
    pub at: String,
}

/// What kind of writer made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A person.
    User,
    /// An agent for a person.
    Agent,
    /// The system.
    System,
    /// A migration of old data.
    Migration,
}
