//! What a service calls itself.

use crate::logs::LogTargets;

/// A service's name, in its traces, metrics and logs; made by [`service_info!`](crate::service_info).
#[derive(Debug, Clone, Copy)]
pub struct ServiceInfo {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// By which names filters find its lines in the log.
    pub targets: LogTargets,
}

/// The service of that name whose own code is this crate.
#[macro_export]
macro_rules! service_info {
    ($name:literal) => {
        $crate::ServiceInfo {
            name: $name,
            version: env!("CARGO_PKG_VERSION"),
            targets: $crate::log_targets!(env!("CARGO_CRATE_NAME")),
        }
    };
}
