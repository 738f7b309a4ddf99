//! What a tool returns, as the JSON that is sent: written once, and never a tree of values in between.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::{
    data::{DataError, Query, Record, Table},
    encode::{Json, JsonOut, Piece},
};

/// The structured result of a call, in compact JSON. Cheap to clone.
#[derive(Clone)]
pub struct ToolOutput(Json);

/// What a tool's handler may return: a value to be written, or what is written already.
pub trait Output {
    /// The JSON of it.
    ///
    /// # Errors
    /// Where it has none.
    fn written(self) -> Result<ToolOutput, serde_json::Error>;
}

impl<T: Serialize> Output for T {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        ToolOutput::of(&self)
    }
}

impl Output for ToolOutput {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        Ok(self)
    }
}

impl ToolOutput {
    /// Writes a tool's output.
    pub(super) fn of(output: &impl Serialize) -> Result<Self, serde_json::Error> {
        Json::of(output).map(Self)
    }

    /// The output of a list that says nothing but which rows there are, under that name, and which could not be read: made
    /// once for the same question, as [`Table::listing`] says.
    ///
    /// # Errors
    /// Where the rows cannot be read, or the output has no JSON.
    pub async fn of_rows<R: Record, E: From<DataError> + From<serde_json::Error>>(
        table: &Table<R>,
        query: Query,
        name: &'static str,
    ) -> Result<Self, E> {
        let mut begin = JsonOut::default();
        begin.piece(Piece::of("{"));
        begin.value(name)?;
        begin.piece(Piece::of(":"));
        let end = |mut written: JsonOut, unreadable: Vec<_>| {
            if !unreadable.is_empty() {
                written.piece(UNREADABLE);
                written.value(&unreadable)?;
            }
            written.piece(Piece::of("}"));
            Ok(Self(written.finish()))
        };
        table.listing(query, begin, end, |output: &Self| output.0.bytes()).await
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

/// The key of what could not be read, after the rows.
const UNREADABLE: Piece = Piece { text: r#","unreadable":"#, literal: r#",\"unreadable\":"# };

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolOutput([redacted])")
    }
}
