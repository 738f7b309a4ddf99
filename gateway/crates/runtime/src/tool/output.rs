//! What a tool returns, as the JSON that is sent: written once, and never a tree of values in between.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use super::ToolError;
use crate::{
    encode::Json,
    rows::Record,
    table::{Query, Table},
};

/// The structured result of a call, in compact JSON. Cheap to clone.
#[derive(Clone)]
pub struct ToolOutput(Json);

/// What a tool's handler may return: a value, or JSON that is written already.
pub trait Output {
    /// Its JSON.
    ///
    /// # Errors
    /// Where it has none.
    fn written(self) -> Result<ToolOutput, serde_json::Error>;
}

impl<T: Serialize> Output for T {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        Json::of(&self).map(ToolOutput)
    }
}

impl Output for ToolOutput {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        Ok(self)
    }
}

impl ToolOutput {
    /// The output of a list that returns its rows alone: an object with the rows under `name`, and what could not be read.
    /// It is made once for calls with the same tool, arguments, space and day, so the query must follow from these, and a
    /// handler uses a name once.
    ///
    /// # Errors
    /// Where the rows cannot be read, or the output has no JSON.
    pub async fn list_response<R: Record>(
        table: &Table<R>,
        query: Query,
        name: &'static str,
    ) -> Result<Self, ToolError> {
        table.list_response(query, name).await.map(Self)
    }

    /// The output that is written already.
    pub(crate) fn of(json: Json) -> Self {
        Self(json)
    }

    /// The same object with one member more.
    pub(crate) fn with_member(&self, name: &'static str, value: &impl Serialize) -> Result<Self, serde_json::Error> {
        self.0.with_member(name, value).map(Self)
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.text.len()
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.0.text
    }

    /// How the JSON stands between the quotes of a JSON string.
    #[must_use]
    pub fn literal(&self) -> &Bytes {
        &self.0.literal
    }
}

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolOutput([redacted])")
    }
}
