//! What any service of ours needs, and nothing of what one of them does: settings read from the environment ([`config`]),
//! structured logs ([`logs`]), metrics ([`metrics`]), traces ([`trace`]), request ids, a server that drains ([`http`]), health
//! and readiness, and the link to another service ([`link`]). [`Service`] is the door: it puts all of it together.

#![forbid(unsafe_code)]

pub mod client;
pub mod config;
pub mod http;
mod info;
pub mod link;
pub mod logs;
pub mod metrics;
pub mod panics;
pub mod process;
mod request_id;
mod service;
pub mod trace;

pub use info::ServiceInfo;
pub use request_id::{REQUEST_ID_HEADER, RequestId};
pub use service::Service;
