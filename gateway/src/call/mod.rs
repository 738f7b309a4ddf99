//! A call's way through the gateway: arguments, policy, handler, output.

mod availability;
mod caller_data;
mod pipeline;
#[cfg(test)]
pub(crate) mod testing;

pub use availability::NotInSpace;
pub(crate) use availability::check as check_availability;
pub(crate) use caller_data::CallerData;
pub use pipeline::{CallFailure, CallRequest, FindTools, MAX_ANSWER_BYTES, Route, TooLong, ToolServices, call};
