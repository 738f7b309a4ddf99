//! A call's way through the gateway: arguments, policy, handler, output.

mod pipeline;
#[cfg(test)]
pub(crate) mod testing;

pub use pipeline::{CallFailure, CallRequest, ToolServices, call};
