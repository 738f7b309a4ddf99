//! What the tests stand on: the gateway as a child process, MCP by hand over real sockets,
//! stand-ins for the two services behind the gateway, and the load generator that the benchmarks
//! share.
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
mod balancer;
pub mod browser;
mod catalog_services;
pub mod clients;
mod collector;
pub mod faults;
pub mod fuzzing;
mod gateway;
mod launch;
pub mod load;
mod mcp;
pub mod policies;
mod process;
mod program;
mod prometheus;
pub mod proxy;
mod redis;
pub mod services;
mod vault;

pub use answer::Answer;
pub use backends::Backends;
pub use balancer::Balancer;
pub use browser::Person;
pub use catalog_services::CatalogServices;
pub use collector::Collector;
pub use gateway::{Ended, Gateway};
pub use launch::Launch;
pub use mcp::{Mcp, Revision, http, post};
pub use program::{Program, repository};
pub use prometheus::Prometheus;
pub use redis::Redis;
pub use vault::Vault;
