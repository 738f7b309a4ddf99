//! What a tool returns, as the JSON that is sent: written once, and never a tree of values in between.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::data::{DataError, Query, Record, Rows, Table};

/// The structured result of a call, in compact JSON. Cheap to clone.
#[derive(Clone)]
pub struct ToolOutput {
    json: Bytes,
    literal: Bytes,
}

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
        let json = serde_json::to_vec(output)?;
        let literal = literal_of(&json);
        Ok(Self { json: json.into(), literal: literal.into() })
    }

    /// The output of a list that says nothing but which rows there are. Of a table that is stored in plain text it stays
    /// beside the rows until one of them changes, for the same question.
    ///
    /// # Errors
    /// Where the rows cannot be read, or the output has no JSON.
    pub async fn of_rows<R: Record, O: Serialize, E: From<DataError> + From<serde_json::Error>>(
        table: &Table<R>,
        query: Query,
        output: impl FnOnce(Rows<R>) -> O + Send,
    ) -> Result<Self, E> {
        let write = |found| Self::of(&output(found));
        let bytes = |output: &Self| output.json.len() + output.literal.len();
        Ok(table.listing(query, write, bytes).await??)
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.len()
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// How the JSON stands between the quotes of a JSON string.
    #[must_use]
    pub fn literal(&self) -> &Bytes {
        &self.literal
    }
}

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolOutput([redacted])")
    }
}

/// Compact JSON as the inside of a string. It has no control characters, so that only quotes and backslashes are escaped. An
/// answer is full of them and holds all of its JSON so: the library, which copies what stands between two of them by itself,
/// takes twice the time.
fn literal_of(json: &[u8]) -> Vec<u8> {
    let mut literal = Vec::with_capacity(json.len() + json.len() / 4);
    let (words, rest) = json.as_chunks();
    for word in words {
        if has_special(*word) {
            escape(word, &mut literal);
        } else {
            literal.extend_from_slice(word);
        }
    }
    escape(rest, &mut literal);
    literal
}

const WORD: usize = size_of::<u64>();

/// Whether there is a quote or a backslash, looked for in all eight bytes at once.
fn has_special(word: [u8; WORD]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; WORD]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; WORD]);
    let word = u64::from_ne_bytes(word);
    let has = |byte: u8| {
        let zero_where_equal = word ^ (ONES * u64::from(byte));
        zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & HIGH != 0
    };
    has(b'"') || has(b'\\')
}

/// At most a word. Without a branch for each byte: where the quotes stand, nothing foretells.
fn escape(bytes: &[u8], literal: &mut Vec<u8>) {
    let mut escaped = [0; 2 * WORD];
    let mut length = 0;
    for byte in bytes {
        if let Some(place) = escaped.get_mut(length) {
            *place = b'\\';
        }
        length += usize::from(matches!(byte, b'"' | b'\\'));
        if let Some(place) = escaped.get_mut(length) {
            *place = *byte;
        }
        length += 1;
    }
    let end = literal.len() + length;
    literal.extend_from_slice(&escaped);
    literal.truncate(end);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_literal_is_the_json_as_a_string() {
        for value in [
            json!(null),
            json!({}),
            json!({ "a": "say \"so\" \\ or\nnot\u{1}", "ключ": ["😀", 1.5, true], "\"": "\\\\" }),
            json!("x".repeat(10_000)),
        ] {
            let output = ToolOutput::of(&value).unwrap();
            let json = value.to_string();
            assert_eq!(output.json(), &json);
            let literal = str::from_utf8(output.literal()).unwrap();
            assert_eq!(serde_json::to_string(&json).unwrap(), format!("\"{literal}\""));
        }
    }
}
