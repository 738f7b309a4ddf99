//! The two lists of the web application.

use crate::raw::{Named, Text};

/// What the two files say.
#[derive(Debug, Default)]
pub(super) struct WebRegistry {
    /// Tables with their encrypted fields.
    pub(super) encrypted: Named<Vec<Text>>,
    /// Tables that are registered, but switched off.
    pub(super) disabled: Vec<Text>,
    /// Tables that are plain on purpose.
    pub(super) plaintext: Vec<Text>,
}

impl WebRegistry {
    /// Every table with its place.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Text> {
        self.encrypted.iter().map(|(name, _)| name).chain(&self.disabled).chain(&self.plaintext)
    }
}
