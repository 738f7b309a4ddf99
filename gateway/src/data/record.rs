//! Records: how a typed row is read from a folded one, and how it is written.

use serde::Serialize;
use serde_json::Value;

use super::{RowView, SealError, packed::Stored};
use crate::{
    crypto::{
        FieldCipher,
        enc1::{OpenError, Opened},
    },
    decode::{Decode, JsonObject, Scalar, decode_stored},
};

/// What a table is called, and its fields.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// The app that the table belongs to.
    pub app: &'static str,
    /// The name in the catalog.
    pub table: &'static str,
    /// The name on the wire.
    pub sync_name: &'static str,
    /// What one record is called, for people.
    pub noun: &'static str,
    /// The fields that the catalog names.
    pub fields: &'static [FieldSpec],
}

/// A field of a table.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it is stored encrypted.
    pub encrypted: bool,
    /// Whether a live row must have it.
    pub required: bool,
}

impl TableSpec {
    pub(super) fn has_encrypted_fields(&self) -> bool {
        self.fields.iter().any(|field| field.encrypted)
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.required).map(|field| field.name)
    }

    pub(super) fn is_encrypted(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.encrypted && field.name == name)
    }
}

/// A typed row of a table.
pub trait Record: Sized + Send + 'static {
    /// The table.
    const TABLE: TableSpec;

    /// A change of some of the fields.
    type Patch: Patch;

    /// Reads the row. `None` means that faults were noted in the reader.
    fn open(reader: &mut RowReader<'_>) -> Option<Self>;

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
    row: RowView<'a>,
    cipher: Option<&'a FieldCipher>,
    opened: Vec<(&'static str, Opened)>,
    faults: Vec<Unreadable>,
    another_key: Option<&'a str>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(table: &'static str, row: RowView<'a>, cipher: Option<&'a FieldCipher>) -> Self {
        Self { table, row, cipher, opened: Vec::new(), faults: Vec::new(), another_key: None }
    }

    /// A field that is stored as it is.
    pub fn plain<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.plain_optional(name)?.or_else(|| self.fault(name, "missing"))
    }

    /// A field that is stored as it is, and may be absent: the inner `None`.
    pub fn plain_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        if name == "id" {
            return self.decoded(name, Stored::Text(self.row.id()));
        }
        match self.row.get(name) {
            Some(value) => self.decoded(name, value),
            None => Some(None),
        }
    }

    /// A field that is stored encrypted.
    pub fn encrypted<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.encrypted_optional(name)?.or_else(|| self.fault(name, "missing"))
    }

    /// A field that is stored encrypted, and may be absent: the inner `None`.
    pub fn encrypted_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        match self.row.get(name) {
            Some(Stored::Text(stored)) => {
                if !self.open_once(name, stored) {
                    return None;
                }
                // The borrow must end before a fault can be noted.
                let (_, opened) = self.opened.iter().find(|(opened, _)| *opened == name)?;
                let decoded = decode_lenient(opened.expose());
                decoded.or_else(|| self.fault(name, "of another type"))
            }
            Some(value) => self.decoded(name, value),
            None => Some(None),
        }
    }

    /// The text of a field, for a search. `None` where it is no text, or a fault was noted.
    pub(super) fn text(&mut self, name: &'static str, is_encrypted: bool) -> Option<&str> {
        let stored = self.row.get(name)?.as_str()?;
        if !is_encrypted {
            return Some(stored);
        }
        if !self.open_once(name, stored) {
            return None;
        }
        let (_, opened) = self.opened.iter().find(|(opened, _)| *opened == name)?;
        opened.expose().as_str()
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// When the newest value was written that did not open under the cipher, though it is well-formed.
    pub(super) fn another_key(&self) -> Option<&'a str> {
        self.another_key
    }

    pub(super) fn into_faults(self) -> Vec<Unreadable> {
        self.faults
    }

    fn decoded<T: Decode>(&mut self, name: &'static str, value: Stored<'_>) -> Option<Option<T>> {
        let scalar = match value {
            Stored::Null => Some(Scalar::Null),
            Stored::Bool(value) => Some(Scalar::Bool(value)),
            Stored::Number(number) => Some(Scalar::Number(number)),
            Stored::Text(text) => Some(Scalar::Text(text)),
            Stored::Array(_) | Stored::Object(_) => None,
        };
        let decoded = match scalar {
            Some(scalar) => scalar_lenient(scalar),
            None => decode_lenient(&value.to_value()),
        };
        decoded.or_else(|| self.fault(name, "of another type"))
    }

    /// Whether the field's plain text is at hand.
    fn open_once(&mut self, name: &'static str, stored: &str) -> bool {
        if self.opened.iter().any(|(opened, _)| *opened == name) {
            return true;
        }
        let Some(cipher) = self.cipher else {
            return self.fault::<()>(name, "encrypted, in a table that is described as plain").is_some();
        };
        match cipher.open(stored) {
            Ok(value) => {
                self.opened.push((name, value));
                true
            }
            Err(error) => {
                if error == OpenError::WrongKeyOrDamaged {
                    self.another_key = self.another_key.max(Some(self.row.stamp(name)));
                }
                self.fault::<()>(name, &error.to_string()).is_some()
            }
        }
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

/// `None` where the value is not a `T`. A null counts as absent where the type knows no null: other writers clear
/// optional fields so.
fn decode_lenient<T: Decode>(value: &Value) -> Option<Option<T>> {
    match value {
        Value::Null => scalar_lenient(Scalar::Null),
        Value::Bool(value) => scalar_lenient(Scalar::Bool(*value)),
        Value::Number(number) => scalar_lenient(Scalar::Number(number)),
        Value::String(text) => scalar_lenient(Scalar::Text(text)),
        Value::Array(_) | Value::Object(_) => decode_stored(value).ok().map(Some),
    }
}

/// As [`decode_lenient`].
fn scalar_lenient<T: Decode>(value: Scalar<'_>) -> Option<Option<T>> {
    T::of_stored(value).map(Some).or_else(|| (value == Scalar::Null).then_some(None))
}

/// Writes fields as they are stored.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    cipher: Option<&'a FieldCipher>,
    fields: JsonObject,
}

impl<'a> FieldWriter<'a> {
    pub(super) fn new(cipher: Option<&'a FieldCipher>) -> Self {
        Self { cipher, fields: JsonObject::new() }
    }

    /// Writes a field as it is.
    ///
    /// # Errors
    /// Where the value holds U+0000 at any depth, or has no JSON.
    pub fn plain<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), SealError> {
        let value = serde_json::to_value(value).map_err(|_| SealError::NotJson { field: name })?;
        if holds_nul(&value) {
            return Err(SealError::Nul { field: name });
        }
        self.fields.insert(name.to_owned(), value);
        Ok(())
    }

    /// Writes a field encrypted. Null stays null.
    ///
    /// # Errors
    /// Where the value has no JSON, or encryption does not work.
    pub fn encrypted<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), SealError> {
        let value = serde_json::to_value(value).map_err(|_| SealError::NotJson { field: name })?;
        let value = Opened::from(value);
        let stored = match value.expose() {
            Value::Null => Value::Null,
            value => {
                let cipher = self.cipher.ok_or(SealError::NoKey { field: name })?;
                let sealed = cipher.seal(value).map_err(|source| SealError::Encryption { field: name, source })?;
                Value::String(sealed)
            }
        };
        self.fields.insert(name.to_owned(), stored);
        Ok(())
    }

    pub(super) fn into_fields(self) -> JsonObject {
        self.fields
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
