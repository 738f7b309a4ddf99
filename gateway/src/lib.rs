//! The MCP gateway to Mana. Rooms, outermost first; each imports only rooms below it
//! (`docs/architecture.md` has the map).

#![forbid(unsafe_code)]

pub mod app;
pub mod auth;
pub mod backend;
pub mod call;
pub mod cli;
pub mod config;
pub mod data;
pub mod http;
pub mod mcp;
pub mod policy;
pub mod shared;
pub mod soak;
pub mod telemetry;

/// The allocator of every program that is built on this library: answers are large blocks, made on one thread and freed on
/// another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
