//! Metrics in the Prometheus text format. A service defines its [`Family`] list once; handles, the page at `/metrics` and
//! the reference page follow from it. All label values are closed sets.

mod counting;
mod exposition;
mod families;
mod handles;
mod labels;
pub mod page;
mod process;
mod registry;

pub use counting::{Counting, UnknownCounting};
pub use exposition::{Exposition, Reading};
pub use families::{Buckets, Family, Keyed, KeyedBy, Kind};
pub use handles::{Handles, HandlesBy};
pub use labels::{Label, Series};
pub use metrics::{Counter, Gauge, Histogram, Unit};
pub use metrics_exporter_prometheus::BuildError;
pub use process::PROCESS;
pub use registry::{Definitions, Registry};
