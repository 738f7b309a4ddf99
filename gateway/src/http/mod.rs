//! HTTP: one file per duty, the routes for operators, and the server that accepts connections. The order of the duties
//! stands in [`front`].

pub(crate) mod access_log;
pub mod authentication;
pub mod cross_origin;
pub mod front;
pub mod host_origin;
pub mod limits;
mod lingering;
pub mod operations;
mod paths;
pub mod server;
mod trace;
pub mod well_known;

use crate::mcp::{Refusal, UnreadId};
