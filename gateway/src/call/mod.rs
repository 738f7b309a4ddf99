//! A call's way through the gateway: arguments, policy, handler, output.

mod availability;
mod caller_data;
mod pipeline;
#[cfg(test)]
pub(crate) mod testing;

pub use availability::{NotConfigured, NotInSpace};
pub(crate) use caller_data::CallerData;
pub use pipeline::{CallFailure, CallRequest, MAX_ANSWER_BYTES, TooLong, ToolServices, call};
