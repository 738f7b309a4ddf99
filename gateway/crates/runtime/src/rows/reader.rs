//! The fields of a stored row, read one by one.

use serde_json::Value;

use super::{Faults, FieldDefault, Stored, StoredRow};
use crate::{
    crypto::{
        FieldCipher,
        enc1::{self, OpenBuffer, OpenError, Opened},
    },
    decode::{Decode, Scalar, decode_stored},
};

/// The field that names a row.
const ID: &str = "id";

/// Reads the fields of one row, decrypting each at most once, and notes the ones that cannot be read.
#[derive(Debug)]
pub struct RowReader<'a> {
    row: &'a StoredRow,
    cipher: Option<&'a FieldCipher>,
    buffer: &'a mut OpenBuffer,
    /// What was looked through for a search.
    searched: Vec<(&'static str, Opened)>,
    faults: Vec<&'static str>,
    lacks: bool,
    another_key: Option<&'a str>,
}

/// A field's value where it stands.
pub(crate) enum Found<'a> {
    Scalar(Scalar<'a>),
    /// An array or an object.
    Tree(&'a Value),
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(row: &'a StoredRow, cipher: Option<&'a FieldCipher>, buffer: &'a mut OpenBuffer) -> Self {
        Self { row, cipher, buffer, searched: Vec::new(), faults: Vec::new(), lacks: false, another_key: None }
    }

    /// A field that is stored as it is.
    pub fn plain<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.take_plain(name, decoded)?.or_else(|| self.absent(name))
    }

    /// A field that is stored as it is, and may be absent: the inner `None`. So it is where it cannot be read.
    pub fn plain_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        Some(self.take_plain(name, decoded).flatten())
    }

    /// A field that is stored as it is, or the default where it is absent or cannot be read.
    pub fn plain_or<T: Decode>(&mut self, name: &'static str, default: FieldDefault) -> Option<T> {
        self.take_plain(name, decoded).flatten().or_else(|| default.read(T::of_stored))
    }

    /// A field that is stored encrypted.
    pub fn encrypted<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.take_encrypted(name, decoded)?.or_else(|| self.absent(name))
    }

    /// A field that is stored encrypted, and may be absent: the inner `None`. So it is where it cannot be read.
    pub fn encrypted_optional<T: Decode>(&mut self, name: &'static str) -> Option<Option<T>> {
        Some(self.take_encrypted(name, decoded).flatten())
    }

    /// A field that is stored encrypted, or the default where it is absent or cannot be read.
    pub fn encrypted_or<T: Decode>(&mut self, name: &'static str, default: FieldDefault) -> Option<T> {
        self.take_encrypted(name, decoded).flatten().or_else(|| default.read(T::of_stored))
    }

    /// The text of a field, for a search. `None` where it is no text, or a fault was noted.
    pub(crate) fn text(&mut self, name: &'static str, is_encrypted: bool) -> Option<&str> {
        let stored = self.row.get(name)?.as_str()?;
        if !is_encrypted {
            return Some(stored);
        }
        if !self.searched.iter().any(|(searched, _)| *searched == name) {
            let Some(cipher) = self.cipher else {
                return if enc1::is_sealed(stored) { self.has_no_key(name) } else { Some(stored) };
            };
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

    /// Whether the row must be left out, because it lacks its id or a field that it must have.
    pub(crate) fn lacks_a_field(&self) -> bool {
        self.lacks
    }

    /// When the newest value was written that did not open under the cipher, though it is well-formed.
    pub(crate) fn another_key(&self) -> Option<&'a str> {
        self.another_key
    }

    /// The fields that could not be read.
    pub(crate) fn faults(&self) -> &[&'static str] {
        &self.faults
    }

    /// Reports the fields that could not be read.
    pub(crate) fn report(&self, faults: &mut Faults) {
        for field in &self.faults {
            faults.add(self.row.id(), field);
        }
    }

    /// What `take` makes of a field that is stored as it is; it makes nothing of a value of another type.
    pub(crate) fn take_plain<T>(
        &mut self,
        name: &'static str,
        take: impl FnOnce(Found<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let stored = if name == ID { Some(Stored::Text(self.row.id())) } else { self.row.get(name) };
        match stored {
            Some(stored) => lenient_of_stored(stored, take).or_else(|| self.of_another_type(name)),
            None => Some(None),
        }
    }

    /// As [`RowReader::take_plain`], for a field that is stored encrypted.
    pub(crate) fn take_encrypted<T>(
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
            let Some(cipher) = self.cipher else {
                if enc1::is_sealed(stored) {
                    return self.has_no_key(name);
                }
                let plain = lenient(Found::Scalar(Scalar::Text(stored)), take);
                return plain.or_else(|| self.of_another_type(name));
            };
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
        self.fault(name, "encrypted, and there is no key")
    }

    fn of_another_type<T>(&mut self, name: &'static str) -> Option<T> {
        // A row with another id than ids have can be named by nobody.
        self.lacks |= name == ID;
        self.fault(name, "of another type")
    }

    /// The value of an absent field: null, or none, and the row is left out.
    pub(super) fn absent<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        T::of_stored(Scalar::Null).or_else(|| self.lack(name))
    }

    /// Notes that a field is absent that the row must have, so that it is left out.
    pub(crate) fn lack<T>(&mut self, name: &'static str) -> Option<T> {
        self.lacks = true;
        self.fault(name, "missing")
    }

    fn fault<T>(&mut self, field: &'static str, why: &str) -> Option<T> {
        if !self.faults.contains(&field) {
            tracing::debug!(field, why, "a stored field cannot be read");
            self.faults.push(field);
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
/// writers clear fields so.
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
