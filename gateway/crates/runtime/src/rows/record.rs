//! Records: how a typed row is read from a stored one.

use serde::Serialize;
use serde_json::Value;

use super::{FieldWriter, RowWriter, Stored, StoredRow, TableSpec};
use crate::{
    crypto::{
        FieldCipher,
        enc1::{OpenBuffer, OpenError, Opened},
    },
    decode::{Decode, Scalar, decode_stored},
    table::SealError,
};

/// A typed row of a table.
pub trait Record: Sized + Send + 'static {
    /// The table.
    const TABLE: TableSpec;

    /// A change of some of the fields.
    type Patch: Patch;

    /// Reads the row. `None` means that faults were noted in the reader.
    fn open(reader: &mut RowReader<'_>) -> Option<Self>;

    /// Writes the row's JSON as it would be if it were read first, one field after the other. Where faults are noted, what
    /// was written is none.
    fn write(writer: &mut RowWriter<'_, '_>);

    /// Writes every field that is stored.
    ///
    /// # Errors
    /// Where a value cannot be stored.
    fn seal(&self, writer: &mut FieldWriter<'_>) -> Result<(), SealError>;
}

/// A change of some fields of a row.
pub trait Patch: Send {
    /// Writes the fields that change.
    ///
    /// # Errors
    /// Where a value cannot be stored.
    fn seal(&self, writer: &mut FieldWriter<'_>) -> Result<(), SealError>;
}

/// A field of a row that could not be read: encrypted under another key, damaged, or not of its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The row's id.
    pub id: String,
    /// The field.
    pub field: String,
}

/// Reads the fields of one row, decrypting each at most once, and notes the ones that cannot be read.
#[derive(Debug)]
pub struct RowReader<'a> {
    table: &'static str,
    row: &'a StoredRow,
    cipher: Option<&'a FieldCipher>,
    buffer: &'a mut OpenBuffer,
    /// What was looked through for a search.
    searched: Vec<(&'static str, Opened)>,
    faults: Vec<Unreadable>,
    another_key: Option<&'a str>,
}

/// A field's value where it stands.
pub(super) enum Found<'a> {
    Scalar(Scalar<'a>),
    /// An array or an object.
    Tree(&'a Value),
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(
        table: &'static str,
        row: &'a StoredRow,
        cipher: Option<&'a FieldCipher>,
        buffer: &'a mut OpenBuffer,
    ) -> Self {
        Self { table, row, cipher, buffer, searched: Vec::new(), faults: Vec::new(), another_key: None }
    }

    /// A field that is stored as it is.
    pub fn plain<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.plain_optional(name)?.or_else(|| self.missing(name))
    }

    /// A field that is stored as it is, and may be absent: the inner `None`.
    pub fn plain_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        self.take_plain(name, decoded)
    }

    /// A field that is stored encrypted.
    pub fn encrypted<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.encrypted_optional(name)?.or_else(|| self.missing(name))
    }

    /// A field that is stored encrypted, and may be absent: the inner `None`.
    pub fn encrypted_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        self.take_encrypted(name, decoded)
    }

    /// The text of a field, for a search. `None` where it is no text, or a fault was noted.
    pub(crate) fn text(&mut self, name: &'static str, is_encrypted: bool) -> Option<&str> {
        let stored = self.row.get(name)?.as_str()?;
        if !is_encrypted {
            return Some(stored);
        }
        if !self.searched.iter().any(|(searched, _)| *searched == name) {
            let Some(cipher) = self.cipher else { return self.has_no_key(name) };
            match cipher.open_into(stored, self.buffer).and_then(|text| text.value()) {
                Ok(value) => self.searched.push((name, value)),
                Err(error) => return self.does_not_open(name, error),
            }
        }
        let (_, opened) = self.searched.iter().find(|(searched, _)| *searched == name)?;
        opened.expose().as_str()
    }

    pub(crate) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// When the newest value was written that did not open under the cipher, though it is well-formed.
    pub(crate) fn another_key(&self) -> Option<&'a str> {
        self.another_key
    }

    pub(crate) fn into_faults(self) -> Vec<Unreadable> {
        self.faults
    }

    /// What `take` makes of a field that is stored as it is; it makes nothing of a value of another type.
    pub(super) fn take_plain<T>(
        &mut self,
        name: &'static str,
        take: impl FnOnce(Found<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let stored = if name == "id" { Some(Stored::Text(self.row.id())) } else { self.row.get(name) };
        match stored {
            Some(stored) => lenient_of_stored(stored, take).or_else(|| self.of_another_type(name)),
            None => Some(None),
        }
    }

    /// As [`RowReader::take_plain`], for a field that is stored encrypted.
    pub(super) fn take_encrypted<T>(
        &mut self,
        name: &'static str,
        take: impl FnOnce(Found<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let stored = match self.row.get(name) {
            Some(Stored::Text(stored)) => stored,
            Some(stored) => return lenient_of_stored(stored, take).or_else(|| self.of_another_type(name)),
            None => return Some(None),
        };
        let taken = if let Some((_, opened)) = self.searched.iter().find(|(searched, _)| *searched == name) {
            Ok(lenient(found(opened.expose()), take))
        } else {
            let Some(cipher) = self.cipher else { return self.has_no_key(name) };
            match cipher.open_into(stored, self.buffer) {
                Ok(text) => match text.as_str() {
                    Some(text) => Ok(lenient(Found::Scalar(Scalar::Text(text)), take)),
                    None => text.value().map(|opened| lenient(found(opened.expose()), take)),
                },
                Err(error) => Err(error),
            }
        };
        match taken {
            Ok(taken) => taken.or_else(|| self.of_another_type(name)),
            Err(error) => self.does_not_open(name, error),
        }
    }

    fn does_not_open<T>(&mut self, name: &'static str, error: OpenError) -> Option<T> {
        if error == OpenError::WrongKeyOrDamaged {
            self.another_key = self.another_key.max(Some(self.row.stamp(name)));
        }
        self.fault(name, &error.to_string())
    }

    fn has_no_key<T>(&mut self, name: &'static str) -> Option<T> {
        self.fault(name, "encrypted, in a table that is described as plain")
    }

    fn of_another_type<T>(&mut self, name: &'static str) -> Option<T> {
        self.fault(name, "of another type")
    }

    pub(super) fn missing<T>(&mut self, name: &'static str) -> Option<T> {
        self.fault(name, "missing")
    }

    fn fault<T>(&mut self, field: &'static str, why: &str) -> Option<T> {
        let id = self.row.id();
        if !self.faults.iter().any(|fault| fault.field == field) {
            tracing::debug!(table = self.table, id, field, why, "a stored field cannot be read");
            self.faults.push(Unreadable { id: id.to_owned(), field: field.to_owned() });
        }
        None
    }
}

fn found(value: &Value) -> Found<'_> {
    Found::Scalar(match value {
        Value::Null => Scalar::Null,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => Scalar::Number(number),
        Value::String(text) => Scalar::Text(text),
        Value::Array(_) | Value::Object(_) => return Found::Tree(value),
    })
}

fn decoded<T: Decode>(found: Found<'_>) -> Option<T> {
    match found {
        Found::Scalar(value) => T::of_stored(value),
        Found::Tree(value) => decode_stored(value).ok(),
    }
}

/// What `take` makes of a value; `None` where that is nothing. A null counts as absent where the type knows no null: other
/// writers clear optional fields so.
fn lenient<T>(found: Found<'_>, take: impl FnOnce(Found<'_>) -> Option<T>) -> Option<Option<T>> {
    let is_null = matches!(found, Found::Scalar(Scalar::Null));
    take(found).map(Some).or_else(|| is_null.then_some(None))
}

/// As [`lenient`].
fn lenient_of_stored<T>(stored: Stored<'_>, take: impl FnOnce(Found<'_>) -> Option<T>) -> Option<Option<T>> {
    let scalar = match &stored {
        Stored::Null => Scalar::Null,
        Stored::Bool(value) => Scalar::Bool(*value),
        Stored::Number(number) => Scalar::Number(number),
        Stored::Text(text) => Scalar::Text(text),
        Stored::Array(_) | Stored::Object(_) => return lenient(Found::Tree(&stored.to_value()), take),
    };
    lenient(Found::Scalar(scalar), take)
}
