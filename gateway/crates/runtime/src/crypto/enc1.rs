//! The wire format of an encrypted field: `enc:1:{base64(iv)}.{base64(ciphertext || tag)}`.
//!
//! AES-256-GCM with a random 96-bit IV per value, a 128-bit tag and no additional data, over the value's JSON as
//! ECMAScript writes it. A browser reads and writes the same strings, byte for byte.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce, Tag,
    aead::{AeadInOut, inout::InOutBuf},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_PAD_INDIFFERENT as BASE64};
use rand::{TryRng, rngs::SysRng};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::{MasterKey, json};
use crate::decode::tree;

const PREFIX: &str = "enc:1:";
const IV: usize = 12;
const TAG: usize = 16;

/// A user's master key, ready to seal and open fields. The key schedule is zeroed when dropped.
pub struct FieldCipher(Aes256Gcm);

/// A stored string that does not open. It never holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The string names a version of the format that the gateway does not know.
    #[error("encrypted in a format that is not known here")]
    UnknownVersion,
    /// The string is not made as the format says.
    #[error("not a well-formed encrypted value")]
    Malformed,
    /// The key is another one, or the value was cut or tampered with.
    #[error("encrypted under another key, or damaged")]
    WrongKeyOrDamaged,
    /// It opened, but what was inside is not JSON.
    #[error("the decrypted value is not JSON")]
    NotJson,
}

/// A value that cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// The value is larger than the cipher takes (64 GiB), or has no JSON.
    #[error("the value cannot be encrypted")]
    Unsealable,
}

/// What a stored string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored<'a> {
    Sealed {
        iv: &'a str,
        sealed: &'a str,
    },
    /// From before encryption was switched on for the table.
    Plain(&'a str),
}

impl FieldCipher {
    /// A cipher under that key.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        Self(Aes256Gcm::new(key.expose().into()))
    }

    /// Encrypts a value under a fresh random IV.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn seal(&self, value: &Value) -> Result<String, SealError> {
        let mut iv = [0; IV];
        SysRng.try_fill_bytes(&mut iv).map_err(|_| SealError::NoRandomness)?;
        self.seal_with(value, &iv)
    }

    /// Encrypts under an IV that must never have been used with this key.
    pub(super) fn seal_with(&self, value: &Value, iv: &[u8; IV]) -> Result<String, SealError> {
        // Room for all of it from the start: a buffer that grows leaves copies of the plain text behind.
        let length = json::length(value).map_err(|_| SealError::Unsealable)?;
        let mut buffer = Zeroizing::new(Vec::with_capacity(length + TAG));
        json::write(value, &mut *buffer).map_err(|_| SealError::Unsealable)?;
        let tag = self
            .0
            .encrypt_inout_detached(&Nonce::from(*iv), b"", InOutBuf::from(buffer.as_mut_slice()))
            .map_err(|_| SealError::Unsealable)?;
        buffer.extend_from_slice(&tag);
        let mut wire = String::with_capacity(PREFIX.len() + 17 + buffer.len().div_ceil(3) * 4);
        wire.push_str(PREFIX);
        BASE64.encode_string(iv, &mut wire);
        wire.push('.');
        BASE64.encode_string(buffer.as_slice(), &mut wire);
        Ok(wire)
    }

    /// Reads a stored string: decrypted, or as it is where it is plain text of old.
    ///
    /// # Errors
    /// Where it is in another version of the format, malformed, or does not open under this key.
    pub fn open(&self, stored: &str) -> Result<Opened, OpenError> {
        self.open_into(stored, &mut OpenBuffer::default())?.value()
    }

    /// As [`FieldCipher::open`], but leaves the plain text in the buffer, unread.
    ///
    /// # Errors
    /// As [`FieldCipher::open`]; whether it is JSON inside, reading it tells.
    pub fn open_into<'a>(&self, stored: &'a str, buffer: &'a mut OpenBuffer) -> Result<PlainText<'a>, OpenError> {
        let (iv, sealed) = match parse(stored)? {
            Stored::Plain(text) => return Ok(PlainText::OfOld(text)),
            Stored::Sealed { iv, sealed } => (iv, sealed),
        };
        let mut nonce = [0; IV + 3];
        let Ok(IV) = BASE64.decode_slice(iv, &mut nonce) else { return Err(OpenError::Malformed) };
        let nonce: &[u8; IV] = nonce.first_chunk().ok_or(OpenError::Malformed)?;
        let bytes = buffer.emptied(base64::decoded_len_estimate(sealed.len()));
        BASE64.decode_vec(sealed, bytes).map_err(|_| OpenError::Malformed)?;
        let (text, tag) = bytes.split_last_chunk_mut::<TAG>().ok_or(OpenError::Malformed)?;
        self.0
            .decrypt_inout_detached(&Nonce::from(*nonce), b"", InOutBuf::from(&mut *text), &Tag::from(*tag))
            .map_err(|_| OpenError::WrongKeyOrDamaged)?;
        Ok(PlainText::Json(text))
    }
}

/// Room for one plain text after the other. It is zeroed when dropped.
#[derive(Default)]
pub struct OpenBuffer(Zeroizing<Vec<u8>>);

impl OpenBuffer {
    /// Itself, empty and with room for this many bytes: a buffer that grows leaves copies of the plain text behind.
    fn emptied(&mut self, bytes: usize) -> &mut Vec<u8> {
        if self.0.capacity() < bytes {
            self.0 = Zeroizing::new(Vec::with_capacity(bytes));
        }
        self.0.clear();
        &mut self.0
    }
}

impl fmt::Debug for OpenBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What was inside a stored string.
pub enum PlainText<'a> {
    /// The value's JSON, not yet read.
    Json(&'a [u8]),
    /// Text from before encryption was switched on for the table.
    OfOld(&'a str),
}

impl<'a> PlainText<'a> {
    /// The text, where it is one that stands as it is: nearly all do.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Json(json) => serde_json::from_slice(json).ok(),
            Self::OfOld(text) => Some(text),
        }
    }

    /// The value by itself.
    ///
    /// # Errors
    /// Where what was encrypted is not JSON.
    pub fn value(&self) -> Result<Opened, OpenError> {
        match self {
            Self::Json(json) => tree::from_slice(json).map(Opened).map_err(|_| OpenError::NotJson),
            Self::OfOld(text) => Ok(Opened(Value::String((*text).to_owned()))),
        }
    }
}

impl fmt::Debug for PlainText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for FieldCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A decrypted value. Its strings are zeroed when dropped; it is never printed.
pub struct Opened(Value);

impl Opened {
    /// The value.
    #[must_use]
    pub fn expose(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Opened {
    /// Takes a value whose strings are to be zeroed.
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(object) => object.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a stored string is encrypted, in whatever version: if not, it is plain text.
#[must_use]
pub(crate) fn is_sealed(stored: &str) -> bool {
    !matches!(parse(stored), Ok(Stored::Plain(_)))
}

fn parse(stored: &str) -> Result<Stored<'_>, OpenError> {
    if let Some(rest) = stored.strip_prefix(PREFIX) {
        let (iv, sealed) = rest.split_once('.').ok_or(OpenError::Malformed)?;
        return Ok(Stored::Sealed { iv, sealed });
    }
    let version = stored.strip_prefix("enc:").and_then(|rest| rest.split_once(':'));
    match version {
        Some((version, _)) if !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(OpenError::UnknownVersion)
        }
        _ => Ok(Stored::Plain(stored)),
    }
}
