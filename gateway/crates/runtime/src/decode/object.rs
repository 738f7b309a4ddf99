//! Objects of JSON.

use serde_json::Value;

/// A JSON object, its keys in the order in which they came.
pub type JsonObject = serde_json::Map<String, Value>;
