//! The MCP gateway to Mana, as a library: a program starts it with a catalog ([`cli::main`]).
//! `docs/architecture.md` maps the modules and says which may use which.

#![forbid(unsafe_code)]

pub mod app;
pub mod auth;
pub mod backend;
pub mod call;
pub mod cli;
pub mod config;
pub mod data;
pub mod find;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod mcp;
pub mod oauth;
pub mod policy;
pub mod shared;
pub mod telemetry;

/// The allocator of every program that is built on this library: answers are large blocks, made on one thread and freed on
/// another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
