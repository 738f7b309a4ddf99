//! What operators see: metrics ([`metrics`]), logs ([`logging`]), among them the audit log ([`audit`]) and the access log,
//! traces ([`trace`], exported by [`export`]), the ids of requests, and the [`dashboard`] of the metrics. Logs and spans tell
//! shapes (tool, outcome, sizes, durations), never content; metrics carry closed label sets only, never a user, a space or a
//! session.

pub(crate) mod access;
pub mod audit;
pub mod dashboard;
pub(crate) mod event;
pub mod export;
pub mod logging;
pub mod metrics;
pub(crate) mod panics;
mod request_id;
pub mod trace;

use std::collections::BTreeMap;

pub use audit::Audit;
pub use metrics::{ConsentOutcome, Counting, Evicted, Exposition, HandlerOutcome, Metrics, Outcome, PolicyLookup};
pub use request_id::{REQUEST_ID_HEADER, RequestId};

/// The files of the repository that follow from the definitions here, by their paths from its root.
#[must_use]
pub fn reference() -> BTreeMap<String, String> {
    let files =
        [("docs/metrics.md", metrics::page()), ("docs/operations/grafana/dashboard.json", dashboard::dashboard())];
    files.map(|(path, text)| (path.to_owned(), text)).into()
}
