//! Seals notes that the gateway gives away and gets back: session ids, cursors of lists, the states of questions for consent,
//! and answers that are kept for calls with an idempotency key.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::Aead};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const IV: usize = 12;

/// Keys of the deployment for one purpose: the present one, which seals, and former ones, which open too. Zeroed when dropped,
/// never printed.
pub struct Sealer(Vec<Zeroizing<[u8; 32]>>);

impl Sealer {
    /// Seals with the first of these keys, and opens with each.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Zeroizing<[u8; 32]>>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Encrypts a note so that it opens with the same `binding` alone; `None` where the operating system gives no random
    /// numbers.
    #[must_use]
    pub fn seal(&self, binding: &[u8], note: &[u8]) -> Option<Vec<u8>> {
        let mut iv = [0; IV];
        SysRng.try_fill_bytes(&mut iv).ok()?;
        let mut sealed = iv.to_vec();
        sealed.extend(cipher(self.0.first()?, binding).encrypt(&Nonce::from(iv), note).ok()?);
        Some(sealed)
    }

    /// The sealed note; `None` where it was sealed by another deployment or with another binding, or is damaged.
    #[must_use]
    pub fn open(&self, binding: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (iv, sealed) = sealed.split_first_chunk::<IV>()?;
        let opened = self.0.iter().find_map(|key| cipher(key, binding).decrypt(&Nonce::from(*iv), sealed).ok());
        opened.map(Zeroizing::new)
    }

    /// As [`Sealer::seal`], in letters, digits, `-` and `_`.
    #[must_use]
    pub fn seal_text(&self, binding: &[u8], note: &[u8]) -> Option<String> {
        self.seal(binding, note).map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// As [`Sealer::open`], of a text of at most `most` characters: a longer one was never sealed here.
    #[must_use]
    pub fn open_text(&self, binding: &[u8], text: &str, most: usize) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = if text.len() <= most { URL_SAFE_NO_PAD.decode(text).ok()? } else { return None };
        self.open(binding, &sealed)
    }
}

/// A cipher under a key of its own for each binding, so that random nonces of one key do not meet, however many notes there are:
/// the one-step derivation of NIST SP 800-56C over SHA-256.
fn cipher(key: &[u8; 32], binding: &[u8]) -> Aes256Gcm {
    let hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(key).chain_update(binding);
    let key = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
    Aes256Gcm::new((&*key).into())
}

impl From<Zeroizing<[u8; 32]>> for Sealer {
    fn from(key: Zeroizing<[u8; 32]>) -> Self {
        Self::new([key])
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(keys: &[u8]) -> Sealer {
        Sealer::new(keys.iter().map(|key| [*key; 32].into()))
    }

    #[test]
    fn a_note_opens_with_its_key_and_binding_alone() {
        let key = sealer(&[7]);
        let open = |sealer: &Sealer, binding: &[u8], text: &str| sealer.open_text(binding, text, 100);
        let sealed = key.seal_text(b"one", b"note").unwrap();
        assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{sealed}");
        assert_eq!(open(&key, b"one", &sealed).unwrap().as_slice(), b"note");
        assert_ne!(key.seal_text(b"one", b"note").unwrap(), sealed);
        assert!(open(&key, b"other", &sealed).is_none());
        assert!(open(&sealer(&[8]), b"one", &sealed).is_none());
        assert!(key.open_text(b"one", &sealed, sealed.len() - 1).is_none());
        for damaged in ["", "x", "not base64!", &sealed[1..], &format!("{sealed}AA"), &"A".repeat(100)] {
            assert!(open(&key, b"one", damaged).is_none(), "{damaged}");
        }
        assert_eq!(format!("{key:?}"), "[redacted]");
    }

    #[test]
    fn former_keys_open_and_the_present_one_seals() {
        let (before, rolled, after) = (sealer(&[1]), sealer(&[2, 1]), sealer(&[2]));
        let old = before.seal(b"", b"note").unwrap();
        let new = rolled.seal(b"", b"note").unwrap();
        assert!(
            rolled.open(b"", &old).is_some() && rolled.open(b"", &new).is_some() && after.open(b"", &new).is_some()
        );
        assert!(before.open(b"", &new).is_none() && after.open(b"", &old).is_none());
    }
}
