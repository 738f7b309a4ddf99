//! Named groups of tools, and the words by which people look for tools.

/// A group of tools that are served together, as the compiler writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toolset {
    /// The name, as it stands in an address: `/mcp/x/<name>`.
    pub name: &'static str,
    /// What its tools are for.
    pub description: &'static str,
    /// Whether `/mcp` serves it.
    pub is_default: bool,
    /// The dotted names of its tools.
    pub tools: &'static [&'static str],
}

/// A word that people use, and the catalog's words for it.
pub type WordEntry = (&'static str, &'static [&'static str]);
