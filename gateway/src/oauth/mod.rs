//! An authorization server (OAuth 2.1) for the standalone mode: programs register themselves, a person says in the browser
//! what each may do, and it gets tokens for that. What is stored is in [`Grants`](mana_mcp_standalone::Grants).
//!
//! It runs where the gateway listens on this machine alone and clients reach it there: no other machine can get at its pages.

mod authorize;
mod body;
mod browser;
mod connections;
mod consent;
mod endpoint;
mod error;
mod metadata;
mod pages;
mod parameters;
mod pending;
mod redirect;
mod register;
mod routes;
mod server;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;

pub use metadata::METADATA_PATH;
pub use routes::{page_routes, program_routes, public_routes};
pub use server::{AuthorizationServer, issuer_at};
