//! What operators see: metrics ([`metrics`]) and logs ([`logging`]). Logs tell shapes (tool, outcome, sizes,
//! durations), never content; metrics carry closed label sets only, never a user, a space or a session.

pub mod dashboard;
pub mod logging;
pub mod metrics;

pub use metrics::{Exposition, HandlerOutcome, Metrics, Outcome};
