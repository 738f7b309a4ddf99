//! What a call may do with its caller's data: rows over replicas of the sync log, keys, claims.
//!
//! Replicas fold the log into records, still encrypted and bounded in bytes over the process; decryption is per call, and
//! plain text is never cached. Writes are pushed with the caller's token and folded once they are confirmed.

mod claims;
mod keys;
mod services;

#[cfg(test)]
mod tests;

pub use keys::KeyRing;
pub use services::{DEFAULT_REPLICA_BYTES, DataServices};
