//! Secrets that nobody guesses, and the digests by which they are stored.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// How a secret is stored.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A text that nobody guesses.
pub(super) fn random_secret() -> Result<String, StoreError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(bytes.as_mut_slice()).map_err(|_| StoreError::NoRandomness)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}
