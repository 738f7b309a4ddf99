//! The contract of a tool: what generated code names, and what the gateway gives it.
//!
//! Generated modules stand on this crate alone, so that a change of the catalog compiles them and nothing else. The gateway
//! implements [`data::Data`] and hands each permitted call a [`tool::ToolContext`] over it.

// Macro output says `::mana_mcp_runtime::…`, here and in other crates alike.
extern crate self as mana_mcp_runtime;

pub mod crypto;
pub mod data;
pub mod decode;
pub mod encode;
pub mod failure;
pub mod log;
pub mod prelude;
pub mod rows;
pub mod service;
pub mod space;
pub mod steps;
pub mod table;
pub mod tool;
pub mod types;

/// The time zone of a call.
pub mod zone {
    pub use mana_mcp_values::{UnknownZone, Zone};
}

pub use mana_mcp_values as values;
