//! The link to another service: a bulkhead bounds how much of the process it may hold, a circuit breaker leaves it alone while it
//! does not answer, and requests that change nothing are made again where that may help. What the service is, and what is
//! counted of it, is its user's own: a [`Route`] names the labels, an [`Observer`] counts.

mod breaker;
mod bulkhead;
mod exchange;
mod failure;
mod json;
mod route;
#[cfg(test)]
mod tests;
mod transport;

pub use breaker::{Admission, Breaker, Change};
pub use bulkhead::{Bulkhead, Permit};
pub use exchange::{Link, OpenBody, Repeat};
pub use failure::{LinkFailure, Outcome};
pub use json::parse_json;
pub use route::{Observer, Route, Unobserved};
pub use transport::{Answer, AnswerBody, Limits, TcpTransport, Transport};
