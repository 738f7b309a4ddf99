//! What operators see of a gateway beside what any service shows: its metrics ([`metrics`]) and their [`dashboard`], the audit
//! log ([`audit`]), and spans of calls. Logs and spans tell shapes (tool, outcome, sizes, durations), never
//! content; metrics carry closed label sets only, never a user, a space or a session.

pub mod audit;
pub mod dashboard;
pub(crate) mod log_name;
pub mod metrics;
pub(crate) mod trace;

use std::collections::BTreeMap;

use mana_mcp_service::{ServiceInfo, service_info};

pub use audit::Audit;
pub use metrics::{ConsentOutcome, Evicted, HandlerOutcome, Metrics, Outcome, PolicyLookup};

/// What a gateway calls itself.
pub const INFO: ServiceInfo = service_info!("mana-mcp");

/// The files of the repository that follow from the definitions here, by their paths from its root.
#[must_use]
pub fn reference() -> BTreeMap<String, String> {
    let files =
        [("docs/metrics.md", metrics::page()), ("docs/operations/grafana/dashboard.json", dashboard::dashboard())];
    files.map(|(path, text)| (path.to_owned(), text)).into()
}
