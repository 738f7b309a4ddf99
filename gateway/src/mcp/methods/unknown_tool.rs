//! A name that is no tool's.

use crate::mcp::{addresses::View, server::Mcp};
use mana_mcp_runtime::tool::CatalogTool;

/// What a model reads that names a tool which there is not, or not at this address.
pub(super) fn unknown_tool(mcp: &Mcp, view: &View, name: &str) -> String {
    // Nothing that a terminal or a reader could take for something else.
    let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    match view.nearest(mcp.services.catalog, name) {
        Some(nearest) => format!("There is no tool `{shown}`. Did you mean `{}`?", mcp.names.tool(nearest)),
        None => {
            let finding = mcp.names.text(CatalogTool::Find.name());
            format!("There is no tool `{shown}`. Look for one with {finding}.")
        }
    }
}
