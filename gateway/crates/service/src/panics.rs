//! A panic in a request is that request's failure alone: a 500, and a line in the log. There should be none.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use metrics::Counter;

/// The work of a request panicked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server failed unexpectedly")]
pub struct Panicked;

/// Does the work of a request; a panic is counted there, and logged.
///
/// # Errors
/// Where it panicked.
pub async fn caught<T>(panics: &Counter, work: impl Future<Output = T>) -> Result<T, Panicked> {
    // What the work shares with other requests is behind locks that a panic leaves whole, or that recover.
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| {
        // The payload may hold anything, a user's text too: it is not logged. The panic hook names the place.
        panics.increment(1);
        tracing::error!("a request panicked");
        Panicked
    })
}

/// Has panics logged without their text, which may hold what a user wrote: only their place is logged, and that they are a fault
/// of that program, in a word.
pub fn log_without_content(noun: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref(), "a panic, which is a fault of the {noun}");
    }));
}
