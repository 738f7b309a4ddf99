//! The MCP gateway to Mana. Rooms, outermost first; each imports only rooms below it
//! (`docs/architecture.md` has the map).

#![forbid(unsafe_code)]

// Macro output says `::mana_mcp::…`, here and in other crates alike.
extern crate self as mana_mcp;

pub mod app;
pub mod auth;
pub mod backend;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod data;
pub mod decode;
pub mod encode;
pub mod http;
pub mod mcp;
pub mod policy;
pub mod shared;
pub mod soak;
pub mod telemetry;
pub mod tools;
