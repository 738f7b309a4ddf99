//! What the audit log calls somebody.

use std::sync::OnceLock;

/// What the audit log calls somebody or something, once it has: a keyed hash. A gateway has one audit log.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogName(OnceLock<u64>);

impl LogName {
    /// The name, or that one from now on.
    pub(super) fn or(&self, hashed: impl FnOnce() -> u64) -> u64 {
        *self.0.get_or_init(hashed)
    }
}
