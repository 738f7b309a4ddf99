//! Keys for one purpose each, from one key.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A key for one purpose, from which nothing is learnt of `key` or of another purpose's: the one-step derivation of NIST
/// SP 800-56C over SHA-256. At most 32 bytes long; a greater length does not compile.
#[must_use]
pub fn derived<const LENGTH: usize>(key: &[u8; 32], purpose: &str) -> Zeroizing<[u8; LENGTH]> {
    const { assert!(LENGTH <= 32, "one step gives as much as the hash is long") };
    let hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(key).chain_update(purpose);
    let mut derived = Zeroizing::new([0; LENGTH]);
    derived.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    derived
}
