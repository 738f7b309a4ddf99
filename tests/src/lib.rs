//! What the tests stand on: the real binary as a child process, MCP by hand over real sockets, stand-ins for the two services
//! behind the gateway, and the load generator that the benchmarks share.
//!
//! Nothing here knows what an answer should be: that is the tests' part (`tests/gateway/`).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness that cannot do its work is a failed test, and says so best where it fails"
)]

mod answer;
mod backends;
pub mod clients;
pub mod faults;
mod gateway;
pub mod load;
mod mcp;
mod prometheus;
pub mod proxy;
pub mod services;

pub use answer::Answer;
pub use backends::Backends;
pub use gateway::{Ended, Gateway, Launch, binary, repository};
pub use mcp::{Mcp, Revision, http, post};
pub use prometheus::Prometheus;
