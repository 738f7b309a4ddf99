//! Every family of metrics: its name, kind, unit, help, labels and buckets. Registration, `docs/metrics.md`, dashboards and
//! the budget of series all follow from [`FAMILIES`].

use mana_mcp_service::{
    logs::LogKind,
    metrics::{Buckets, Family, Keyed, KeyedBy, Unit},
    trace::SpanState,
};

use super::{
    labels::{
        AuthRefusal, Bound, Cache, ConsentOutcome, Evaluation, Evicted, FetchOutcome, HandlerOutcome, KeyKind,
        Leniency, Lookup, Outcome, PolicyLookup, SessionRefusalKind, Shed, SpaceRefusal,
    },
    services::{Answered, Backend, OrBackend},
};
use crate::{backend::Route, policy::Mode, shared::Use};

/// The prefix of every name.
pub const PREFIX: &str = "mana_mcp_";
/// The label that names the tool.
pub const TOOL_LABEL: &str = "tool";
/// A label that every series carries.
pub const SERVICE_LABEL: (&str, &str) = ("service", "mana-mcp");

const HANDLER_BUCKETS: Buckets = Buckets {
    bounds: &[0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 2.5, 10.0, 30.0],
    reason: "from a cached answer (1 ms) to the longest time for a request (30 s by default); few, because each tool has them",
};
const BACKEND_BUCKETS: Buckets = Buckets {
    bounds: &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 8.0],
    reason: "from a service in this process (0.5 ms) to the time-outs of single requests (2, 3, 5 and 8 s)",
};

/// The mode of the policy.
pub const MODE_IN_FORCE: Keyed<(Mode,)> = Keyed::gauge(
    "mana_mcp_info",
    Unit::Count,
    "1 for the mode of the policy that is in force (`POLICY_MODE`), 0 for the others.",
);
/// Policy evaluations.
pub const POLICY_DECISIONS: Keyed<Evaluation> = Keyed::counter(
    "mana_mcp_policy_decisions_total",
    "Policy evaluations by decision, reason and mode. With mode=\"log-only\", a denial is one that would have been.",
);
/// What spaces allow.
pub const POLICY_LOOKUPS: Keyed<(PolicyLookup,)> =
    Keyed::counter("mana_mcp_policy_lookups_total", "Looks at what a space allows, of the policy service.");
/// Questions to people.
pub const CONSENT: Keyed<(ConsentOutcome,)> =
    Keyed::counter("mana_mcp_consent_total", "Questions for consent to destructive calls, and what came back.");
/// Calls.
pub const TOOL_INVOCATIONS: KeyedBy<(Outcome,)> = Keyed::counter(
    "mana_mcp_tool_invocations_total",
    "Tool calls that reached their handler or failed validation. Policy denials are not among them.",
)
.by(TOOL_LABEL);
/// Arguments that were not as their schema has them, and were accepted.
pub const LENIENCIES: Keyed<(Leniency,)> = Keyed::counter(
    "mana_mcp_tool_arguments_corrected_total",
    "Arguments that were accepted though they were not as the schema has them, by kind. `null`: null for an optional \
     property, which is then absent. `json-text`: JSON text for an array or an object. `name`: a tool's name with hyphens \
     or behind a host's prefix.",
);
/// Time in handlers.
pub const TOOL_DURATION: KeyedBy<(HandlerOutcome,)> =
    Keyed::seconds("mana_mcp_tool_duration_seconds", &HANDLER_BUCKETS, "Time spent in the tool's handler.")
        .by(TOOL_LABEL);
/// Sessions that began.
pub const SESSIONS_OPENED: Keyed<()> = Keyed::counter(
    "mana_mcp_sessions_opened_total",
    "Sessions of the revisions before 2026-07-28 that were opened. Open ones are not kept, so they are not counted.",
);
/// Sessions that were ended.
pub const SESSIONS_ENDED: Keyed<()> =
    Keyed::counter("mana_mcp_sessions_ended_total", "Sessions that their owners ended before they expired.");
/// Sessions that were refused.
pub const SESSIONS_REFUSED: Keyed<(SessionRefusalKind,)> =
    Keyed::counter("mana_mcp_sessions_refused_total", "Requests that were refused for their session id, by reason.");
/// Callers who were not let in.
pub const AUTH_FAILURES: Keyed<(AuthRefusal,)> = Keyed::counter(
    "mana_mcp_auth_failures_total",
    "Requests that were not authenticated, by reason. `unavailable`: the identity service could not be asked.",
);
/// Calls without a space.
pub const SPACE_REFUSALS: Keyed<(SpaceRefusal,)> = Keyed::counter(
    "mana_mcp_space_refusals_total",
    "Tool calls that were refused before their tool because they had no space, by reason.",
);
/// Requests to services.
pub const BACKEND_CALLS: Keyed<Answered> = Keyed::counter(
    "mana_mcp_backend_calls_total",
    "Requests to the services, each repetition counted. `busy` and `suspended` were not sent.",
);
/// Time of requests to services.
pub const BACKEND_DURATION: Keyed<Route> = Keyed::seconds(
    "mana_mcp_backend_duration_seconds",
    &BACKEND_BUCKETS,
    "Time from sending a request to a service until its answer was read or given up.",
);
/// Answers that could not be read.
pub const BACKEND_MALFORMED: Keyed<(Backend,)> = Keyed::counter(
    "mana_mcp_backend_malformed_answers_total",
    "Answers with a status of success that were not the JSON that was expected.",
);
/// Services that are left alone.
pub const CIRCUIT_OPEN: Keyed<(Backend,)> = Keyed::gauge(
    "mana_mcp_circuit_open",
    Unit::Count,
    "1 from when a service has left several requests in a row unanswered until it answers again, else 0.",
);
/// Services that answered when they were last looked at.
pub const BACKEND_UP: Keyed<(Backend,)> = Keyed::gauge(
    "mana_mcp_backend_up",
    Unit::Count,
    "1 if the service answered when the gateway last looked, else 0. It looks every 15 seconds, whether anybody calls or not.",
);
/// Looks into caches.
pub const CACHE_LOOKUPS: Keyed<(Cache, Lookup)> =
    Keyed::counter("mana_mcp_cache_lookups_total", "Looks into the caches, by what they found.");
/// Entries of caches.
pub const CACHE_ENTRIES: Keyed<(Cache,)> = Keyed::gauge(
    "mana_mcp_cache_entries",
    Unit::Count,
    "Entries that the caches hold. Expired ones count until they are swept.",
);
/// Bounds of caches.
pub const CACHE_CAPACITY: Keyed<(Cache,)> =
    Keyed::gauge("mana_mcp_cache_capacity", Unit::Count, "Entries that the caches may hold.");
/// Entries that had to go.
pub const CACHE_EVICTIONS: Keyed<(Cache,)> =
    Keyed::counter("mana_mcp_cache_evictions_total", "Entries that were dropped for want of room.");
/// Fetches of keys.
pub const KEY_FETCHES: Keyed<(KeyKind, FetchOutcome)> =
    Keyed::counter("mana_mcp_key_fetches_total", "Fetches of keys from the identity service.");
/// Replicas.
pub const REPLICAS: Keyed<()> =
    Keyed::gauge("mana_mcp_replicas", Unit::Count, "Replicas (the rows of one user and table) that are held.");
/// Memory of replicas.
pub const REPLICA_BYTES: Keyed<()> =
    Keyed::gauge("mana_mcp_replica_bytes", Unit::Bytes, "An estimate of the memory that the replicas take.");
/// Bound of that memory.
pub const REPLICA_BUDGET: Keyed<()> =
    Keyed::gauge("mana_mcp_replica_budget_bytes", Unit::Bytes, "The memory that all replicas together may take.");
/// Replicas that had to go.
pub const REPLICA_EVICTIONS: Keyed<()> = Keyed::counter(
    "mana_mcp_replica_evictions_total",
    "Replicas that were dropped for others, or because they alone were too large.",
);
/// Pages of rows.
pub const REPLICA_PULLS: Keyed<()> =
    Keyed::counter("mana_mcp_replica_pulls_total", "Pages of rows that were asked of the sync service.");
/// Redis that was away.
pub const REDIS_FALLBACKS: Keyed<(Use,)> =
    Keyed::counter("mana_mcp_redis_fallbacks_total", "Uses of this process's own memory while Redis was away or slow.");
/// What was forgotten.
pub const EVICTIONS: Keyed<(Evicted,)> = Keyed::counter(
    "mana_mcp_evictions_total",
    "Entries of own memory that were dropped before their time because a bound was reached.",
);
/// What is under way.
pub const IN_FLIGHT: Keyed<(OrBackend<Bound>,)> = Keyed::gauge(
    "mana_mcp_in_flight",
    Unit::Count,
    "What is under way at this moment, by the bound that holds for it.",
);
/// Its bounds.
pub const IN_FLIGHT_LIMIT: Keyed<(OrBackend<Bound>,)> =
    Keyed::gauge("mana_mcp_in_flight_limit", Unit::Count, "How much may be under way at once.");
/// What was turned away.
pub const SHED: Keyed<(OrBackend<Shed>,)> =
    Keyed::counter("mana_mcp_shed_total", "What was turned away because a bound was reached.");
/// Requests that took too long.
pub const REQUEST_TIMEOUTS: Keyed<()> =
    Keyed::counter("mana_mcp_request_timeouts_total", "Requests that took longer than they may: 504.");
/// Connections that could not be accepted.
pub const ACCEPT_FAILURES: Keyed<()> = Keyed::counter(
    "mana_mcp_accept_failures_total",
    "Connections that could not be accepted, for example because file descriptors ran out.",
);
/// Panics.
pub const PANICS: Keyed<()> =
    Keyed::counter("mana_mcp_panics_total", "Requests that panicked, which is a fault of the gateway.");
/// Lines that could not be written.
pub const LOG_LINES_DROPPED: Keyed<(LogKind,)> = Keyed::counter(
    "mana_mcp_log_lines_dropped_total",
    "Lines of the log that were dropped because the reader of standard error was behind.",
);
/// Lines that were left out.
pub const LOG_LINES_OMITTED: Keyed<()> = Keyed::counter(
    "mana_mcp_log_lines_omitted_total",
    "Lines of refused requests that the access log left out, because there were more than 10 a second of one status.",
);
/// Spans.
pub const SPANS: Keyed<(SpanState,)> = Keyed::counter(
    "mana_mcp_spans_total",
    "Spans for the trace collector. Those that ended and were neither exported nor failed wait, or found the queue full.",
);

/// Every family that is defined here, in the order of the reference page.
pub const FAMILIES: [Family; 38] = [
    MODE_IN_FORCE.family,
    POLICY_DECISIONS.family,
    POLICY_LOOKUPS.family,
    CONSENT.family,
    TOOL_INVOCATIONS.family,
    LENIENCIES.family,
    TOOL_DURATION.family,
    SESSIONS_OPENED.family,
    SESSIONS_ENDED.family,
    SESSIONS_REFUSED.family,
    AUTH_FAILURES.family,
    SPACE_REFUSALS.family,
    BACKEND_CALLS.family,
    BACKEND_DURATION.family,
    BACKEND_MALFORMED.family,
    CIRCUIT_OPEN.family,
    BACKEND_UP.family,
    CACHE_LOOKUPS.family,
    CACHE_ENTRIES.family,
    CACHE_CAPACITY.family,
    CACHE_EVICTIONS.family,
    KEY_FETCHES.family,
    REPLICAS.family,
    REPLICA_BYTES.family,
    REPLICA_BUDGET.family,
    REPLICA_EVICTIONS.family,
    REPLICA_PULLS.family,
    REDIS_FALLBACKS.family,
    EVICTIONS.family,
    IN_FLIGHT.family,
    IN_FLIGHT_LIMIT.family,
    SHED.family,
    REQUEST_TIMEOUTS.family,
    ACCEPT_FAILURES.family,
    PANICS.family,
    LOG_LINES_DROPPED.family,
    LOG_LINES_OMITTED.family,
    SPANS.family,
];
