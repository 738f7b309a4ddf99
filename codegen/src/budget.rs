//! How much of a model's context the tools may take.

/// Characters of a token, by the rule of thumb for English text and JSON.
const CHARACTERS: usize = 4;

/// How many tools, and how many tokens, a client's list may have. Every request of a host carries that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Tokens of one tool.
    pub tool: usize,
    /// Tokens of a toolset that a client asks for by name. A catalog without toolsets that takes more gets a warning.
    pub toolset: usize,
    /// Tokens of the toolset that clients get without asking.
    pub default_toolset: usize,
    /// Tools of that toolset.
    pub default_tools: usize,
}

impl Budget {
    /// What a published catalog keeps to.
    pub const PUBLISHED: Self = Self { tool: 2_000, toolset: 20_000, default_toolset: 8_000, default_tools: 30 };

    /// No bound, for catalogs that nobody publishes: benchmarks, and tests of the compiler's own bounds.
    pub const UNBOUNDED: Self =
        Self { tool: usize::MAX, toolset: usize::MAX, default_toolset: usize::MAX, default_tools: usize::MAX };
}

/// Tools that are at every address beside the catalog's own: `catalog.find`, `catalog.read` and `catalog.call`.
pub(crate) const CATALOG_TOOLS: usize = 3;
/// The tokens that they take. A test of the runtime, which has their texts, holds them to it.
pub(crate) const CATALOG_TOKENS: usize = 800;

/// The tokens that a listed tool takes beside its texts and schemas: annotations, hints for hosts, and the names of all keys.
pub(crate) const AROUND_A_TOOL: usize = 85;

/// The tokens that a text takes, estimated.
pub(crate) fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS)
}
