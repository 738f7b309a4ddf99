//! The encryption of fields: the wire format `enc:1`, and the keys that open it.
//!
//! Keys and decrypted values live in memory only and are zeroed when dropped. No error here holds a value.

pub mod enc1;
mod json;
mod keys;

#[cfg(test)]
mod tests;

pub use crate::backend::MasterKey;
pub use enc1::FieldCipher;
pub use keys::KeyRing;
