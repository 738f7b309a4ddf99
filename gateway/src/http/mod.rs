//! HTTP: one file per duty, the routes for operators, and the server that accepts connections. The order of the duties
//! stands in [`front`].

pub(crate) mod access_log;
pub mod authentication;
pub(crate) mod bodies;
pub mod budget;
pub mod connections;
pub mod cross_origin;
pub mod front;
pub mod host_origin;
pub mod limits;
mod lingering;
pub mod operations;
pub mod pacing;
mod paths;
pub mod server;
mod trace;
pub(crate) mod unwritten;
pub mod well_known;

use crate::mcp::{Refusal, UnreadId};
