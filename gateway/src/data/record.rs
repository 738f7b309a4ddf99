//! Records: how a typed row is read from a folded one, and how it is written.

use serde::Serialize;
use serde_json::Value;

use super::{RowView, SealError, packed::Stored};
use crate::{
    crypto::{
        FieldCipher,
        enc1::{OpenBuffer, OpenError, Opened},
    },
    decode::{Decode, JsonObject, Scalar, decode_stored},
    encode::{JsonOut, Piece},
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
    /// Whether null can be read: as null, or as absent.
    pub nullable: bool,
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

    pub(super) fn is_nullable(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.nullable && field.name == name)
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
    row: RowView<'a>,
    cipher: Option<&'a FieldCipher>,
    buffer: &'a mut OpenBuffer,
    /// What was looked through for a search.
    searched: Vec<(&'static str, Opened)>,
    faults: Vec<Unreadable>,
    another_key: Option<&'a str>,
}

/// A field's value where it stands.
enum Found<'a> {
    Scalar(Scalar<'a>),
    /// An array or an object.
    Tree(&'a Value),
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        table: &'static str,
        row: RowView<'a>,
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
    pub(super) fn text(&mut self, name: &'static str, is_encrypted: bool) -> Option<&str> {
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

    /// What `take` makes of a field that is stored as it is; it makes nothing of a value of another type.
    fn take_plain<T>(&mut self, name: &'static str, take: impl FnOnce(Found<'_>) -> Option<T>) -> Option<Option<T>> {
        let stored = if name == "id" { Some(Stored::Text(self.row.id())) } else { self.row.get(name) };
        match stored {
            Some(stored) => lenient_of_stored(stored, take).or_else(|| self.of_another_type(name)),
            None => Some(None),
        }
    }

    /// As [`RowReader::take_plain`], for a field that is stored encrypted.
    fn take_encrypted<T>(
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

    fn missing<T>(&mut self, name: &'static str) -> Option<T> {
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

/// Writes the fields of one row as JSON, each as soon as it is read.
#[derive(Debug)]
pub struct RowWriter<'w, 'a> {
    reader: &'w mut RowReader<'a>,
    out: &'w mut JsonOut,
}

/// A field of a row that is written.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its name as a key: in quotes, and with the colon.
    pub key: Piece,
}

impl<'w, 'a> RowWriter<'w, 'a> {
    pub(super) fn new(reader: &'w mut RowReader<'a>, out: &'w mut JsonOut) -> Self {
        Self { reader, out }
    }

    /// As [`RowReader::plain`].
    pub fn plain<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_plain(member.name, |found| write_member::<T>(member, found, out)) {
            reader.missing::<()>(member.name);
        }
    }

    /// As [`RowReader::plain_optional`].
    pub fn plain_optional<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        reader.take_plain(member.name, |found| write_member::<T>(member, found, out));
    }

    /// As [`RowReader::encrypted`].
    pub fn encrypted<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_encrypted(member.name, |found| write_member::<T>(member, found, out)) {
            reader.missing::<()>(member.name);
        }
    }

    /// As [`RowReader::encrypted_optional`].
    pub fn encrypted_optional<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        reader.take_encrypted(member.name, |found| write_member::<T>(member, found, out));
    }
}

/// Writes key and value. `None`, and nothing written, where the value is of another type.
fn write_member<T: Decode + Serialize>(member: Member, found: Found<'_>, out: &mut JsonOut) -> Option<()> {
    let mark = out.mark();
    out.piece(member.key);
    let written = match found {
        Found::Scalar(value) => T::write_stored(value, out),
        Found::Tree(value) => decode_stored::<T>(value).ok().and_then(|value| out.value(&value).ok()),
    };
    match written {
        Some(()) => out.piece(Piece::of(",")),
        None => out.back_to(mark),
    }
    written
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
