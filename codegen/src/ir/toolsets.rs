//! Groups of tools that are served together.

use super::ToolName;

/// The groups of `catalog/toolsets.yaml`, by name; none where the catalog has no such file.
#[derive(Debug, Clone, Default)]
pub struct Toolsets {
    sets: Vec<Toolset>,
    /// The name of the set that `/mcp` serves.
    default: Option<String>,
}

/// A named group of tools.
#[derive(Debug, Clone)]
pub struct Toolset {
    name: String,
    description: String,
    /// Sorted, each tool once.
    tools: Vec<ToolName>,
}

impl Toolsets {
    /// These groups, of which `/mcp` serves `default`.
    pub(crate) fn new(mut sets: Vec<Toolset>, default: Option<String>) -> Self {
        sets.sort_by(|a, b| a.name.cmp(&b.name));
        Self { sets, default }
    }

    /// All groups, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Toolset> {
        self.sets.iter()
    }

    /// Whether this is the group that `/mcp` serves.
    pub fn is_default(&self, set: &Toolset) -> bool {
        self.default.as_ref() == Some(&set.name)
    }
}

impl Toolset {
    /// A group of these tools, in any order and however often each is given.
    pub(crate) fn new(name: String, description: String, mut tools: Vec<ToolName>) -> Self {
        tools.sort();
        tools.dedup();
        Self { name, description, tools }
    }

    /// The name, as it stands in an address: `/mcp/x/<name>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the tools of the group have in common.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The tools of the group, sorted by name.
    pub fn tools(&self) -> &[ToolName] {
        &self.tools
    }
}
