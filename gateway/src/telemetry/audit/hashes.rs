//! Keyed hashes, in place of what a log must not hold.
//!
//! What people write is guessed too easily from a plain hash. SipHash-2-4 was made for this: a pseudo-random function of short
//! texts under a key of 128 bits (Aumasson and Bernstein, 2012).

use std::{hash::Hasher, io};

use mana_mcp_runtime::decode::JsonObject;
use serde::Serialize;
use siphasher::{sip::SipHasher24, sip128};

use crate::telemetry::log_name::LogName;

/// Hashes, for each kind of what is hashed under a key of its own: equal texts of two kinds do not compare.
pub(super) struct Keyed {
    users: SipHasher24,
    spaces: SipHasher24,
    arguments: SipHasher24,
    /// Hash and bytes of no arguments: those tell nobody anything, so they are the same for all users.
    none: (u64, u64),
}

impl Keyed {
    pub(super) fn under(key: &[u8; 16]) -> Self {
        let derive = sip128::SipHasher24::new_with_key(key);
        let of = |what: &str| SipHasher24::new_with_key(&derive.hash(what.as_bytes()).as_bytes());
        let arguments = of("arguments");
        Self { users: of("user"), spaces: of("space"), arguments, none: json(arguments, &JsonObject::new()) }
    }

    /// The hash of a user, which is kept in that name.
    pub(super) fn user(&self, name: &LogName, user: &str) -> u64 {
        name.or(|| self.hash_of_user(user))
    }

    /// The hash of a user that is kept nowhere.
    pub(super) fn hash_of_user(&self, user: &str) -> u64 {
        self.users.hash(user.as_bytes())
    }

    pub(super) fn space(&self, id: &str) -> u64 {
        self.spaces.hash(id.as_bytes())
    }

    /// The hash of a user's arguments as JSON, and the bytes of that. The same text of another user has another hash: otherwise a
    /// reader of the log could test guesses at it with calls of their own.
    pub(super) fn arguments(&self, user: u64, arguments: &JsonObject) -> (u64, u64) {
        if arguments.is_empty() {
            return self.none;
        }
        let mut hasher = self.arguments;
        hasher.write(&user.to_le_bytes());
        json(hasher, arguments)
    }
}

/// The hash of what was hashed before and of that as JSON, and the bytes of the latter.
fn json(hasher: SipHasher24, value: &impl Serialize) -> (u64, u64) {
    let mut counted = Counted { hasher, bytes: 0 };
    // Neither JSON nor this writer fails.
    let _ = serde_json::to_writer(&mut counted, value);
    (counted.hasher.finish(), counted.bytes)
}

/// Takes in what is written, and counts it.
struct Counted {
    hasher: SipHasher24,
    bytes: u64,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.write(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn keyed(key: u8) -> Keyed {
        Keyed::under(&[key; 16])
    }

    #[test]
    fn hashes_are_keyed_and_tell_apart_what_they_are_of() {
        let (one, other) = (keyed(1), keyed(2));
        assert_eq!(one.users.hash(b"ada"), keyed(1).users.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), other.users.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), one.spaces.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), one.users.hash(b"bob"));
    }

    #[test]
    fn arguments_are_counted_as_json_and_hashed_for_each_user() {
        let keyed = keyed(1);
        let hashed = |user, arguments: Value| keyed.arguments(user, arguments.as_object().unwrap());
        let value = json!({ "title": "ä", "n": 1 });
        let (hash, bytes) = hashed(1, value.clone());
        assert_eq!(bytes, value.to_string().len() as u64);
        assert_eq!(hash, hashed(1, value.clone()).0);
        assert_ne!(hash, hashed(2, value).0);
        assert_ne!(hash, hashed(1, json!({ "title": "b", "n": 1 })).0);
        assert_eq!(hashed(1, json!({})), hashed(2, json!({})));
        assert_eq!(hashed(1, json!({})).1, 2);
    }
}
