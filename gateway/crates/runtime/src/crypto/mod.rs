//! The encryption of fields: the wire format `enc:1`, and the key that opens it; keys that are derived
//! from others, and notes that are sealed with them.
//!
//! Keys and decrypted values live in memory only and are zeroed when dropped. No error here holds a value.

mod derived_key;
pub mod enc1;
mod json;
mod master_key;
mod sealer;

#[cfg(test)]
mod tests;

pub use derived_key::derived;
pub use enc1::FieldCipher;
pub use master_key::{MalformedKey, MasterKey};
pub use sealer::Sealer;
