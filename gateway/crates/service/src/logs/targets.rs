//! By which names filters find the lines of a service.

/// The targets of a service's lines; made by [`log_targets!`](crate::log_targets).
#[derive(Debug, Clone, Copy)]
pub struct LogTargets {
    /// What those of the service's own messages begin with.
    pub own: &'static str,
    /// Of its audit log: its lines are part of every log that is not off.
    pub audit: LogTarget,
    /// Of clients' requests.
    pub access: LogTarget,
    /// Of probes and scrapes, which a filter may leave out by themselves. One that names [`Self::access`] names them too.
    pub probes: LogTarget,
    /// Of the log itself: lines that had to be dropped.
    pub log: LogTarget,
}

/// A target, and whether anybody reads its lines.
#[derive(Debug, Clone, Copy)]
pub struct LogTarget {
    /// The name that filters have for it.
    pub name: &'static str,
    /// Whether the log of this process holds its lines.
    pub is_read: fn() -> bool,
}

/// The targets of a service whose own ones begin with that name.
#[macro_export]
macro_rules! log_targets {
    (@one $name:expr) => {
        $crate::logs::LogTarget {
            name: $name,
            is_read: || $crate::logs::tracing::enabled!(target: $name, $crate::logs::tracing::Level::INFO),
        }
    };
    ($own:expr) => {
        $crate::logs::LogTargets {
            own: $own,
            audit: $crate::log_targets!(@one concat!($own, "::audit")),
            access: $crate::log_targets!(@one concat!($own, "::access")),
            probes: $crate::log_targets!(@one concat!($own, "::access::probes")),
            log: $crate::log_targets!(@one concat!($own, "::log")),
        }
    };
}
