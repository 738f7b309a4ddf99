//! The key of a deployment that seals the cursors of lists: notes of where a page ended, which go out to clients and come back.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::Aead};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const IV: usize = 12;
/// A longer cursor is none of ours.
const MAX_CHARS: usize = 8192;

/// A key of the deployment for cursors. Zeroed when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct CursorKey([u8; 32]);

impl CursorKey {
    /// Takes the key's bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// Encrypts a note so that it opens with the same `binding` alone; `None` where the operating system gives no random
    /// numbers.
    pub(crate) fn seal(&self, binding: &[u8], note: &[u8]) -> Option<String> {
        let mut iv = [0; IV];
        SysRng.try_fill_bytes(&mut iv).ok()?;
        let sealed = self.cipher(binding).encrypt(&Nonce::from(iv), note).ok()?;
        let mut cursor = iv.to_vec();
        cursor.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(cursor))
    }

    /// The note in a cursor; `None` where it was sealed by another deployment or with another binding, or is damaged.
    pub(crate) fn open(&self, binding: &[u8], cursor: &str) -> Option<Zeroizing<Vec<u8>>> {
        if cursor.len() > MAX_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (iv, sealed) = bytes.split_first_chunk::<IV>()?;
        self.cipher(binding).decrypt(&Nonce::from(*iv), sealed).ok().map(Zeroizing::new)
    }

    /// A cipher under a key of its own for each binding, so that no key seals enough notes for their random nonces to
    /// meet: the one-step derivation of NIST SP 800-56C over SHA-256.
    fn cipher(&self, binding: &[u8]) -> Aes256Gcm {
        let hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(self.0).chain_update(binding);
        let key = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
        Aes256Gcm::new((&*key).into())
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_opens_with_its_key_and_binding_alone() {
        let key = CursorKey::new(&[7; 32]);
        let cursor = key.seal(b"one", b"note").unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{cursor}");
        assert_eq!(key.open(b"one", &cursor).unwrap().as_slice(), b"note");
        assert_ne!(key.seal(b"one", b"note").unwrap(), cursor);
        assert!(key.open(b"other", &cursor).is_none());
        assert!(CursorKey::new(&[8; 32]).open(b"one", &cursor).is_none());
        for damaged in ["", "x", "not base64!", &cursor[1..], &format!("{cursor}AA"), &"A".repeat(100_000)] {
            assert!(key.open(b"one", damaged).is_none(), "{damaged:.40}");
        }
        assert_eq!(format!("{key:?}"), "[redacted]");
    }
}
