//! The user's master key, as the vault hands it out.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_PAD_INDIFFERENT};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A user's 32-byte master key. Zeroed when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// The text is not 32 bytes in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64")]
pub struct MalformedKey;

impl MasterKey {
    /// Takes the key's bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key from base64, padded or not.
    ///
    /// # Errors
    /// Where the text is not the base64 of exactly 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, MalformedKey> {
        // The decoder wants room for what the text's length allows, which is more than a key has.
        let mut room = Zeroizing::new([0; 36]);
        match STANDARD_PAD_INDIFFERENT.decode_slice(text, room.as_mut_slice()) {
            Ok(32) => room.first_chunk().copied().map(Self).ok_or(MalformedKey),
            Ok(_) | Err(_) => Err(MalformedKey),
        }
    }

    /// The key's bytes, for a cipher.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
