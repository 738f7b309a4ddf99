//! How much of a model's room the tools may take.

/// Characters of a token, by the rule of thumb for English text and JSON.
const CHARACTERS: usize = 4;

/// Tokens that the catalog may take in a client's list of tools. Every request of a host carries that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Of one tool.
    pub tool: usize,
    /// Of all tools together.
    pub list: usize,
}

impl Budget {
    /// What a published catalog keeps to.
    pub const PUBLISHED: Self = Self { tool: 2_000, list: 20_000 };

    /// No bound, for catalogs that nobody publishes: benchmarks, and tests of the compiler's own bounds.
    pub const UNBOUNDED: Self = Self { tool: usize::MAX, list: usize::MAX };
}

/// The tokens that a text takes, estimated.
pub(crate) fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS)
}
