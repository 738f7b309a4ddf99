//! A call's way through the gateway: arguments, policy, handler, output.

mod availability;
mod caller_data;
mod idempotency;
mod pipeline;
#[cfg(test)]
pub(crate) mod testing;
mod weight;

pub(crate) use availability::check as check_availability;
pub use availability::{NotConfigured, NotInSpace};
pub use caller_data::FindTools;
pub(crate) use caller_data::{CallerData, Cleared};
pub use idempotency::{CallKey, IdempotencyKeys, UnusableCallKey};
pub use pipeline::{Answered, CallFailure, CallRequest, MAX_ANSWER_BYTES, Route, TooLong, ToolServices, call};
