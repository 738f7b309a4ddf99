//! The process of a service: its runtime, signals, what it asks of the operating system, and its end, at which nothing is lost
//! that was logged or traced.

mod guards;
mod program;
mod runtime;
mod signals;

pub use guards::{hide_memory, raise_file_limit};
pub use program::{Program, ProgramError};
pub use runtime::runtime;
pub use signals::Signals;
