//! HTTP: one file per layer, the routes for operators, and the server that accepts connections. The order of the layers
//! stands in `app::router`.

pub mod access_log;
pub mod authentication;
pub mod cross_origin;
pub mod host_origin;
pub mod limits;
pub mod operations;
pub mod panics;
pub mod request_id;
pub mod server;
pub mod trace;
pub mod well_known;

use crate::mcp::Refusal;
