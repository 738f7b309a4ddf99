//! A call that asks to be let through.

use std::time::Instant;

use serde_json::Value;

use crate::auth::SpaceAccess;
use mana_mcp_runtime::tool::{CatalogTool, ToolId};

/// A call whose arguments have been validated.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The tool.
    pub tool: ToolId,
    /// The tool of the module `catalog` that the call was taken out of.
    pub via: Option<CatalogTool>,
    /// Who calls, and in which space.
    pub access: &'a SpaceAccess,
    /// The arguments as they came.
    pub arguments: &'a Value,
    /// The time of the call.
    pub now: Instant,
    /// Whether nothing of it is stored: then nobody has to consent.
    pub is_dry: bool,
}
