//! What one space has opted into.

use std::collections::BTreeSet;

use mana_mcp_runtime::tool::{Catalog, ToolId};

/// The destructive tools that one space allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpaceOptIns {
    tools: BTreeSet<ToolId>,
}

impl SpaceOptIns {
    /// The tools of these names; `unknown` is called for each name that is no destructive tool of the catalog.
    pub(super) fn of_names(
        catalog: &Catalog,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        mut unknown: impl FnMut(&str),
    ) -> Self {
        let mut tools = BTreeSet::new();
        for name in names {
            match Self::tool(catalog, name.as_ref()) {
                Some(tool) => {
                    tools.insert(tool);
                }
                None => unknown(name.as_ref()),
            }
        }
        Self { tools }
    }

    pub(super) fn tool(catalog: &Catalog, name: &str) -> Option<ToolId> {
        catalog.find(name).filter(|tool| tool.is_destructive())
    }

    /// Whether this destructive tool may run in the space.
    #[must_use]
    pub fn allows(&self, tool: ToolId) -> bool {
        self.tools.contains(&tool)
    }

    /// Allows what the other allows, too.
    pub(super) fn add(&mut self, other: &Self) {
        self.tools.extend(&other.tools);
    }

    #[cfg(test)]
    pub(in crate::policy) fn for_tests(tools: &[ToolId]) -> Self {
        Self { tools: tools.iter().copied().collect() }
    }
}
