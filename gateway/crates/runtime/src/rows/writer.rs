//! How fields are written: to the log as they are stored, and to an answer as they are read.

use serde::Serialize;
use serde_json::Value;

use super::{
    FieldDefault,
    reader::{Found, RowReader},
};
use crate::{
    crypto::{FieldCipher, enc1::Opened},
    data::SealError,
    decode::{Decode, JsonObject, Scalar, decode_stored},
    encode::{JsonOut, Piece, whole},
};

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
    pub(crate) fn new(reader: &'w mut RowReader<'a>, out: &'w mut JsonOut) -> Self {
        Self { reader, out }
    }

    /// As [`RowReader::plain`].
    pub fn plain<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_plain(member.name, |found| write_member::<T>(member, found, out)) {
            reader.absent::<T>(member.name);
        }
    }

    /// As [`RowReader::plain_optional`].
    pub fn plain_optional<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        reader.take_plain(member.name, |found| write_member::<T>(member, found, out));
    }

    /// As [`RowReader::plain_or`], but left out where it cannot be read.
    pub fn plain_or<T: Decode + Serialize>(&mut self, member: Member, default: FieldDefault) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_plain(member.name, |found| write_member::<T>(member, found, out)) {
            default.read(|value| write_member::<T>(member, Found::Scalar(value), out));
        }
    }

    /// As [`RowReader::encrypted`].
    pub fn encrypted<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_encrypted(member.name, |found| write_member::<T>(member, found, out)) {
            reader.absent::<T>(member.name);
        }
    }

    /// As [`RowReader::encrypted_optional`].
    pub fn encrypted_optional<T: Decode + Serialize>(&mut self, member: Member) {
        let Self { reader, out } = self;
        reader.take_encrypted(member.name, |found| write_member::<T>(member, found, out));
    }

    /// As [`RowReader::encrypted_or`], but left out where it cannot be read.
    pub fn encrypted_or<T: Decode + Serialize>(&mut self, member: Member, default: FieldDefault) {
        let Self { reader, out } = self;
        if let Some(None) = reader.take_encrypted(member.name, |found| write_member::<T>(member, found, out)) {
            default.read(|value| write_member::<T>(member, Found::Scalar(value), out));
        }
    }
}

/// Writes key and value; of a null that the type knows, nothing. `None`, and nothing written, where the value is of another
/// type.
fn write_member<T: Decode + Serialize>(member: Member, found: Found<'_>, out: &mut JsonOut) -> Option<()> {
    if matches!(found, Found::Scalar(Scalar::Null)) {
        return T::of_stored(Scalar::Null).map(drop);
    }
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
    sealed: Vec<&'static str>,
}

impl<'a> FieldWriter<'a> {
    pub(crate) fn new(cipher: Option<&'a FieldCipher>) -> Self {
        Self { cipher, fields: JsonObject::new(), sealed: Vec::new() }
    }

    /// Writes a field as it is.
    ///
    /// # Errors
    /// Where the value holds U+0000 at any depth, or has no JSON.
    pub fn plain<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), SealError> {
        let mut value = serde_json::to_value(value).map_err(|_| SealError::NotJson { field: name })?;
        make_whole(&mut value);
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
                self.sealed.push(name);
                Value::String(sealed)
            }
        };
        self.fields.insert(name.to_owned(), stored);
        Ok(())
    }

    /// The fields as they are stored, and the names of those that are encrypted.
    pub(crate) fn finish(self) -> (JsonObject, Vec<&'static str>) {
        (self.fields, self.sealed)
    }
}

/// Takes the fraction from whole numbers at any depth, as the web application writes them.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(integer) = number.as_f64().and_then(whole) {
                *value = integer.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(object) => object.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
