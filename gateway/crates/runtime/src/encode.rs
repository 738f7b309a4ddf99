//! JSON out, written once as text and beside it as that text stands between the quotes of a JSON string: an answer holds both.
//! What is known when the gateway is built, such as the keys of a row, is copied in both forms; a tree of values is never made.

use std::{fmt, io};

use bytes::Bytes;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

/// JSON that is being written. Callers see to it that the whole of it is JSON.
#[derive(Default)]
pub struct JsonOut {
    text: Vec<u8>,
    literal: Vec<u8>,
}

/// A part of JSON that is known beforehand, in both forms.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    /// As it stands.
    pub text: &'static str,
    /// As it stands in a JSON string.
    pub literal: &'static str,
}

/// Compact JSON in both forms. Cheap to clone.
#[derive(Clone)]
pub struct Json {
    /// The JSON.
    pub text: Bytes,
    /// How it stands between the quotes of a JSON string.
    pub literal: Bytes,
}

/// How far JSON was written.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    text: usize,
    literal: usize,
}

impl Mark {
    /// The bytes of both forms up to there.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.text + self.literal
    }
}

impl Piece {
    /// One without quotes and backslashes: the same in both forms.
    #[must_use]
    pub const fn of(text: &'static str) -> Self {
        Self { text, literal: text }
    }
}

impl JsonOut {
    /// Writes what is known beforehand.
    pub fn piece(&mut self, piece: Piece) {
        self.text.extend_from_slice(piece.text.as_bytes());
        self.literal.extend_from_slice(piece.literal.as_bytes());
    }

    /// Takes away the comma that stands last, where there is one.
    pub fn end_of_members(&mut self) {
        if self.text.last() == Some(&b',') {
            self.text.pop();
            self.literal.pop();
        }
    }

    /// Writes a value.
    ///
    /// # Errors
    /// Where it has no JSON; a part of it may have been written.
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), serde_json::Error> {
        let start = self.text.len();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut self.text, WholeNumbers))?;
        write_literal(self.text.get(start..).unwrap_or_default(), &mut self.literal);
        Ok(())
    }

    /// Adds a member to the object that was written.
    ///
    /// # Errors
    /// Where the value has no JSON.
    pub(crate) fn add_member(
        &mut self,
        name: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), serde_json::Error> {
        if self.text.last() == Some(&b'}') {
            self.text.pop();
            self.literal.pop();
        }
        if self.text.len() > 1 {
            self.piece(Piece::of(","));
        }
        self.string(name)?;
        self.piece(Piece::of(":"));
        self.value(value)?;
        self.piece(Piece::of("}"));
        Ok(())
    }

    /// Writes a string.
    ///
    /// # Errors
    /// None that a string could bring about.
    pub fn string(&mut self, text: &str) -> Result<(), serde_json::Error> {
        if needs_escape(text.as_bytes()) {
            return self.value(text);
        }
        self.text.reserve(text.len() + 2);
        self.text.push(b'"');
        self.text.extend_from_slice(text.as_bytes());
        self.text.push(b'"');
        self.literal.reserve(text.len() + 4);
        self.literal.extend_from_slice(br#"\""#);
        self.literal.extend_from_slice(text.as_bytes());
        self.literal.extend_from_slice(br#"\""#);
        Ok(())
    }

    /// How far it is written.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { text: self.text.len(), literal: self.literal.len() }
    }

    /// Takes away what was written since then.
    pub fn back_to(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.literal.truncate(mark.literal);
    }

    /// All that was written.
    #[must_use]
    pub fn finish(self) -> Json {
        // Without the room that was not used: it may be kept for long.
        Json { text: self.text.into_boxed_slice().into(), literal: self.literal.into_boxed_slice().into() }
    }
}

impl Json {
    /// The JSON of a value.
    ///
    /// # Errors
    /// Where it has none.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut out = JsonOut::default();
        out.value(value)?;
        Ok(out.finish())
    }

    /// The same object with one member more.
    ///
    /// # Errors
    /// Where the value has no JSON.
    pub(crate) fn with_member(&self, name: &str, value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut out = JsonOut { text: self.text.to_vec(), literal: self.literal.to_vec() };
        out.add_member(name, value)?;
        Ok(out.finish())
    }

    /// The bytes of both forms.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.literal.len()
    }
}

/// Whether a field that may be absent and may be null is one of them. Generated types leave it out then.
pub fn is_null<T>(value: &Option<Option<T>>) -> bool {
    !matches!(value, Some(Some(_)))
}

impl fmt::Debug for JsonOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonOut([redacted])")
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json([redacted])")
    }
}

/// Compact JSON in which a whole number has no fraction (`250`), as ECMAScript writes it.
struct WholeNumbers;

impl Formatter for WholeNumbers {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match whole(value) {
            Some(integer) => CompactFormatter.write_i64(writer, integer),
            None => CompactFormatter.write_f64(writer, value),
        }
    }
}

/// A number without a fraction that an integer holds exactly.
#[must_use]
pub fn whole(value: f64) -> Option<i64> {
    /// 2^53: from here on, not every integer is a number of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    #[expect(clippy::cast_possible_truncation, reason = "within the bound the cast is exact")]
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}

/// Compact JSON as the inside of a string. It has no control characters, so that only quotes and backslashes are escaped. An
/// answer is full of them and holds all of its JSON so: the library, which copies what stands between two of them by itself,
/// takes twice the time.
fn write_literal(json: &[u8], literal: &mut Vec<u8>) {
    literal.reserve(json.len() + json.len() / 4);
    let (words, rest) = json.as_chunks();
    for word in words {
        if has_special(*word) {
            escape(word, literal);
        } else {
            literal.extend_from_slice(word);
        }
    }
    escape(rest, literal);
}

/// Whether a string holds what JSON escapes: quotes, backslashes, control characters.
fn needs_escape(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\') || *byte < b' ';
    words.iter().any(|word| has_special(*word) || has_control(*word)) || rest.iter().any(is_special)
}

const WORD: usize = size_of::<u64>();

const ONES: u64 = u64::from_ne_bytes([0x01; WORD]);
const HIGH: u64 = u64::from_ne_bytes([0x80; WORD]);

/// Whether there is a byte below a space.
fn has_control(word: [u8; WORD]) -> bool {
    let word = u64::from_ne_bytes(word);
    word.wrapping_sub(ONES * u64::from(b' ')) & !word & HIGH != 0
}

/// Whether there is a quote or a backslash, looked for in all eight bytes at once.
fn has_special(word: [u8; WORD]) -> bool {
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
mod tests;
