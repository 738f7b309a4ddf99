//! What generated modules import.

pub use mana_mcp_macros::{Input, Record};
pub use serde::Serialize;

pub use crate::{
    decode::{Date, Id, JsonObject, Moment, Timestamp, Uuid},
    rows::{Record, Unreadable},
    table::{Filter, Query},
    tool::{
        CustomTool, Module, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolOutput, ToolSpec, functions,
    },
};
