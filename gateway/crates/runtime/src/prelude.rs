//! What generated modules import.

pub use std::sync::LazyLock;

pub use mana_mcp_macros::Input;
pub use mana_mcp_values::{Env, Value, functions as f};
pub use serde::Serialize;

pub use crate::{
    decode::{Date, Id, IntoValue, JsonObject, Moment, Timestamp, Uuid},
    rows::{FieldDefault, FieldSpec, TableSpec},
    service::{Operation, Service},
    steps::{Cascade, Change, Given, List as ListOf, PageOf, Place, Sort, SortBy, Steps, TableInfo},
    tool::{
        CustomTool, HostHints, Module, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolOutput, ToolSpec,
    },
    types::{Member, Type},
};
