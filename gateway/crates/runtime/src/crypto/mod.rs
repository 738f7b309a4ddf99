//! The encryption of fields: the wire format `enc:1`, and the key that opens it; and keys that are derived from others.
//!
//! Keys and decrypted values live in memory only and are zeroed when dropped. No error here holds a value.

mod cursor_key;
mod derived_key;
pub mod enc1;
mod json;
mod master_key;

#[cfg(test)]
mod tests;

pub use cursor_key::CursorKey;
pub use derived_key::derived;
pub use enc1::FieldCipher;
pub use master_key::{MalformedKey, MasterKey};
