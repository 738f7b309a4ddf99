//! What a service of [`Service`](super::Service) shows of itself, whatever it does.

use crate::{
    logs::LogKind,
    metrics::{Buckets, Family, Keyed, KeyedBy},
    trace::SpanState,
};

/// What every name begins with.
pub(super) const PREFIX: &str = "service_";

const REQUEST_BUCKETS: Buckets = Buckets {
    bounds: &[0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0],
    reason: "from an answer out of memory (1 ms) to work that a person waits for (a minute)",
};

crate::label_values! {
    /// How a request was answered.
    pub(super) StatusClass: "status" {
        /// With success.
        Success = "2xx",
        /// With a pointer elsewhere.
        Redirection = "3xx",
        /// The request was at fault.
        ClientError = "4xx",
        /// The service was.
        ServerError = "5xx",
    }
    /// Connections that were not served, or no longer.
    pub(super) ShedConnections: "bound" {
        /// There were too many: served operators' routes alone.
        All = "connections",
        /// There were too many of their address: served operators' routes alone.
        Address = "address-connections",
        /// Idle ones that made room for new ones.
        Idle = "idle-connections",
    }
}

/// Requests.
pub(super) const REQUESTS: KeyedBy<(StatusClass,)> =
    Keyed::counter("service_requests_total", "Requests that were answered, by route and class of status.").by("route");
/// Their time.
pub(super) const DURATIONS: KeyedBy<()> = Keyed::seconds(
    "service_request_duration_seconds",
    &REQUEST_BUCKETS,
    "Time from a request's head until the head of its answer.",
)
.by("route");
/// Connections.
pub(super) const SHED: Keyed<(ShedConnections,)> =
    Keyed::counter("service_shed_total", "Connections that were turned away or closed because a bound was reached.");
/// Connections that could not be accepted.
pub(super) const ACCEPT_FAILURES: Keyed<()> = Keyed::counter(
    "service_accept_failures_total",
    "Connections that could not be accepted, for example because file descriptors ran out.",
);
/// Panics.
pub(super) const PANICS: Keyed<()> =
    Keyed::counter("service_panics_total", "Requests that panicked, which is a fault of the service.");
/// Lines that could not be written.
pub(super) const LINES_DROPPED: Keyed<(LogKind,)> = Keyed::counter(
    "service_log_lines_dropped_total",
    "Lines of the log that were dropped because the reader of standard error was behind.",
);
/// Lines that were left out.
pub(super) const LINES_OMITTED: Keyed<()> = Keyed::counter(
    "service_log_lines_omitted_total",
    "Lines of refused requests that the access log left out, because there were more than 10 a second of one status.",
);
/// Spans.
pub(super) const SPANS: Keyed<(SpanState,)> =
    Keyed::counter("service_spans_total", "Spans for the trace collector, by what became of them.");

/// All of them.
pub(super) const FAMILIES: [Family; 8] = [
    REQUESTS.family,
    DURATIONS.family,
    SHED.family,
    ACCEPT_FAILURES.family,
    PANICS.family,
    LINES_DROPPED.family,
    LINES_OMITTED.family,
    SPANS.family,
];

impl StatusClass {
    pub(super) fn of(status: http::StatusCode) -> Self {
        match status.as_u16() {
            ..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}
