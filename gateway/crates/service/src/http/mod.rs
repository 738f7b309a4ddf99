//! HTTP: one file per duty. [`serving`] starts and ends a server, which accepts [`connections`] up to a bound; [`edge`] is what
//! every request passes; [`bodies`], [`limits`] and [`unwritten`] bound what requests hold; [`operations`] are the routes for
//! operators.

pub mod access_log;
pub mod bodies;
pub mod budget;
pub mod connections;
pub mod cross_origin;
pub mod edge;
pub mod host_origin;
pub mod limits;
mod lingering;
pub mod operations;
pub mod pacing;
mod paths;
pub mod permits;
pub mod readiness;
pub mod refused;
mod request_note;
pub mod server;
pub mod serving;
pub mod unwritten;

pub use request_note::RefusalNote;
