//! What a link knows of a request beside the request, and the observer of its end.

use std::time::Duration;

use super::failure::Outcome;

/// A route of a service, as labels name it: without ids.
pub trait Route: Copy + Send + Sync + 'static {
    /// The service that has it.
    fn service(self) -> &'static str;

    /// Its path, with names for what differs from request to request.
    fn template(self) -> &'static str;
}

/// Counts requests, and has names for their ends.
pub trait Observer<R>: Send + Sync {
    /// A request has come to an end; with its time, where it was sent. The name of that end is for the request's span.
    fn ended(&self, route: R, outcome: Outcome, took: Option<Duration>) -> &'static str;
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl<R> Observer<R> for Unobserved {
    fn ended(&self, _: R, outcome: Outcome, _: Option<Duration>) -> &'static str {
        match outcome {
            Outcome::Answered(_) if outcome.is_success() => "success",
            Outcome::Answered(_) => "failed",
            Outcome::Failed(failure) => failure.name(),
        }
    }
}
