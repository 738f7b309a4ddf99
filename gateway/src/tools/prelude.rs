//! What generated modules import.

pub use serde::Serialize;

pub use super::{
    CustomTool, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolOutput, ToolSpec, functions,
};
pub use crate::{
    catalog::ToolId,
    data::{Filter, Query, Unreadable},
    decode::{Date, JsonObject, Timestamp, Uuid},
};
pub use mana_mcp_macros::{Input, Record};
