//! The link to another service: a bulkhead bounds how much of the process it may hold, and a circuit breaker leaves it alone
//! while it does not answer.

mod breaker;
mod bulkhead;

pub use breaker::{Admission, Breaker, Change};
pub use bulkhead::{Bulkhead, Place};
