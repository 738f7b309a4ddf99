//! Label values: closed sets, each an enum, and which of their combinations are series. No user, space, session or text
//! of a caller can become one.

use std::{hash::Hash, iter};

use crate::{
    auth::AuthFailure,
    backend::Route,
    policy::{Mode, Reason},
    shared::Use,
};
use mana_mcp_runtime::failure::{FailureKind, Service};

/// A closed set of values of one label.
pub trait Label: Copy + Eq + Hash + 'static {
    /// The label's name.
    const NAME: &'static str;

    /// Every value.
    fn all() -> Vec<Self>;

    /// The value as it stands in the metric.
    fn label(self) -> &'static str;
}

/// The key of one series of a family: one value of each of its labels.
pub trait Series: Copy + Eq + Hash + 'static {
    /// The labels' names.
    const LABELS: &'static [&'static str];

    /// Every series.
    fn all() -> Vec<Self>;

    /// The labels' values, in the order of the names.
    fn values(self) -> Vec<&'static str>;
}

/// Without labels: one series.
impl Series for () {
    const LABELS: &'static [&'static str] = &[];

    fn all() -> Vec<Self> {
        vec![()]
    }

    fn values(self) -> Vec<&'static str> {
        Vec::new()
    }
}

impl<A: Label> Series for (A,) {
    const LABELS: &'static [&'static str] = &[A::NAME];

    fn all() -> Vec<Self> {
        A::all().into_iter().map(|a| (a,)).collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.0.label()]
    }
}

/// Every pair.
impl<A: Label, B: Label> Series for (A, B) {
    const LABELS: &'static [&'static str] = &[A::NAME, B::NAME];

    fn all() -> Vec<Self> {
        A::all().into_iter().flat_map(|a| B::all().into_iter().map(move |b| (a, b))).collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.0.label(), self.1.label()]
    }
}

/// Implements [`Label`] for enums that have `ALL` and a naming method of their own.
macro_rules! labels {
    ($($(#[$doc:meta])* $type:ty: $name:literal, $label:ident;)*) => {$(
        $(#[$doc])*
        impl Label for $type {
            const NAME: &'static str = $name;

            fn all() -> Vec<Self> {
                Self::ALL.to_vec()
            }

            fn label(self) -> &'static str {
                Self::$label(self)
            }
        }
    )*};
}

labels! {
    Outcome: "outcome", label;
    HandlerOutcome: "outcome", label;
    SessionRefusalKind: "reason", label;
    Leniency: "kind", label;
    /// Not `service`, which is the label that every series carries.
    Service: "backend", name;
    Cache: "cache", label;
    Lookup: "result", label;
    KeyKind: "key", label;
    FetchOutcome: "outcome", label;
    Bound: "bound", label;
    Shed: "bound", label;
    SpanState: "state", label;
    LogKind: "kind", label;
    Use: "use", label;
    ConsentOutcome: "outcome", label;
    PolicyLookup: "outcome", label;
    Evicted: "what", label;
    SpaceRefusal: "reason", label;
}

/// An enum of fixed label values.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $label:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)*
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// The label value.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$value => $label,)*
                }
            }
        }
    )*};
}

values! {
    /// How a call ended that reached its handler or failed validation. Policy denials are counted apart.
    Outcome {
        /// The handler answered.
        Success = "success",
        /// The handler failed.
        HandlerError = "handler-error",
        /// The arguments were refused before the policy was asked.
        InputInvalid = "input-invalid",
    }

    /// How a handler ended. Refused arguments never reach one, so they have no duration.
    HandlerOutcome {
        /// It answered.
        Success = "success",
        /// It failed.
        HandlerError = "handler-error",
    }

    /// How a call differed from what it was taken for.
    Leniency {
        /// Null for a property that may be absent.
        Null = "null",
        /// JSON text for an array or an object.
        JsonText = "json-text",
        /// A tool's name in a spelling that is neither listed nor canonical.
        Name = "name",
    }

    /// Why a session id was refused.
    SessionRefusalKind {
        /// A request of a revision with sessions named none.
        Missing = "missing",
        /// Unknown, forged, expired or ended.
        Unknown = "unknown",
        /// Another user's.
        Foreign = "foreign",
    }

    /// A cache, bounded in entries, of what can be had again.
    Cache {
        /// Verified tokens.
        Tokens = "tokens",
        /// Lists of spaces, by user.
        Spaces = "spaces",
        /// Master keys, by user.
        MasterKeys = "master-keys",
    }

    /// What a look into a cache found.
    Lookup {
        /// It was there, and fresh.
        Hit = "hit",
        /// It had to be made or fetched.
        Miss = "miss",
    }

    /// Keys of the identity service.
    KeyKind {
        /// The public keys under which tokens are signed.
        Signing = "signing",
        /// A user's master key.
        Master = "master",
    }

    /// How a fetch ended.
    FetchOutcome {
        /// It was answered.
        Success = "success",
        /// It was not.
        Failure = "failure",
    }

    /// Why a call got no space.
    SpaceRefusal {
        /// The named space is none of the user's.
        NotAMember = "not-a-member",
        /// None was named, and the user has no personal one.
        NoPersonalSpace = "no-personal-space",
        /// None was named, and several could be the personal one.
        Ambiguous = "ambiguous",
        /// The deployment has no way to users' spaces.
        NoSource = "no-source",
    }

    /// A question for consent, or what came back.
    ConsentOutcome {
        /// A person was asked.
        Asked = "asked",
        /// Yes.
        Accepted = "accepted",
        /// No.
        Declined = "declined",
        /// The question was dismissed.
        Cancelled = "cancelled",
        /// What came back was forged, expired, used before, another call's, or no answer to the question.
        Invalid = "invalid",
    }

    /// Where an answer about a space's opt-ins came from.
    PolicyLookup {
        /// It was known from an earlier call, or another call was asking.
        Kept = "kept",
        /// The policy service answered.
        Answered = "answered",
        /// It did not: nothing was allowed.
        Failed = "failed",
    }

    /// What was dropped before its time because a bound was reached.
    Evicted {
        /// The recent calls of a user and tool.
        RateWindow = "rate-window",
        /// A session that was ended.
        EndedSession = "ended-session",
        /// Consent that was used.
        UsedConsent = "used-consent",
        /// The opt-ins of a space.
        SpacePolicy = "space-policy",
    }

    /// A bound on what is under way at once.
    Bound {
        /// Open connections.
        Connections = "connections",
        /// Requests to MCP routes.
        Requests = "requests",
        /// Bytes of request bodies.
        Bodies = "bodies",
        /// Bytes of answers that were not written yet.
        Answers = "answers",
        /// Calls that are at rows.
        RowCalls = "row-calls",
        /// Requests to the identity service, with those that wait for their turn.
        Identity = "identity",
        /// Requests to the sync service, with those that wait for their turn.
        Sync = "sync",
        /// Requests to the policy service, with those that wait for their turn.
        Policy = "policy",
        /// Requests to the services of the catalog, with those that wait for their turn.
        Services = "services",
    }

    /// A bound at which further work is refused.
    Shed {
        /// Requests to MCP routes: 503.
        Requests = "requests",
        /// Requests of one user to MCP routes: 429.
        UserRequests = "user-requests",
        /// Bytes of request bodies: 503.
        Bodies = "bodies",
        /// Those of one user: 429.
        UserBodies = "user-bodies",
        /// Bytes of answers that were not written yet: 503.
        Answers = "answers",
        /// Those to one user: 429.
        UserAnswers = "user-answers",
        /// Connections that found no place: served operators' routes alone.
        Connections = "connections",
        /// Connections of an address that had its part: served operators' routes alone.
        AddressConnections = "address-connections",
        /// Idle connections that made room for new ones.
        IdleConnections = "idle-connections",
        /// Requests that would have waited for the identity service's keys with too many others: 503.
        UnknownKeys = "unknown-keys",
        /// Calls that are at rows: a tool error.
        RowCalls = "row-calls",
        /// Requests to the identity service.
        Identity = "identity",
        /// Requests to the sync service.
        Sync = "sync",
        /// Requests to the policy service.
        Policy = "policy",
        /// Requests to the services of the catalog: each has its own bound.
        Services = "services",
    }

    /// Lines of the log, in the order in which they are dropped.
    LogKind {
        /// Of requests.
        Access = "access",
        /// Warnings and other messages.
        Message = "message",
        /// Of the audit log.
        Audit = "audit",
    }

    /// What became of spans that are exported.
    SpanState {
        /// Ended in this process and handed to the exporter's queue, which is bounded: it drops what it has no room for.
        Ended = "ended",
        /// Taken by the collector.
        Exported = "exported",
        /// Sent, and not taken.
        Failed = "failed",
    }
}

impl From<HandlerOutcome> for Outcome {
    fn from(outcome: HandlerOutcome) -> Self {
        match outcome {
            HandlerOutcome::Success => Self::Success,
            HandlerOutcome::HandlerError => Self::HandlerError,
        }
    }
}

/// A policy evaluation: the decision follows from the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Evaluation {
    /// Why.
    pub reason: Reason,
    /// What happens with a denial.
    pub mode: Mode,
}

impl Series for Evaluation {
    const LABELS: &'static [&'static str] = &["decision", "reason", "mode"];

    fn all() -> Vec<Self> {
        let of_mode = |reason| Mode::EVALUATING.into_iter().map(move |mode| Self { reason, mode });
        Reason::ALL.into_iter().flat_map(of_mode).collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.reason.decision().label(), self.reason.label(), self.mode.label()]
    }
}

/// Why a request was not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthRefusal {
    /// The token was refused: 401.
    Refused(AuthFailure),
    /// The identity service could not be asked: 503.
    Unavailable,
}

impl Label for AuthRefusal {
    const NAME: &'static str = "reason";

    fn all() -> Vec<Self> {
        AuthFailure::ALL.into_iter().map(Self::Refused).chain([Self::Unavailable]).collect()
    }

    fn label(self) -> &'static str {
        match self {
            Self::Refused(failure) => failure.label(),
            Self::Unavailable => "unavailable",
        }
    }
}

/// What a request may end with; a status has no part in the label. Answers that could not be read are counted apart.
const KINDS: [FailureKind; 13] = [
    FailureKind::Unauthorized,
    FailureKind::SubscriptionInactive,
    FailureKind::Rejected { status: 400 },
    FailureKind::TooLarge,
    FailureKind::Overloaded,
    FailureKind::NoRoom,
    FailureKind::Failed { status: 500 },
    FailureKind::Unreachable,
    FailureKind::Closed,
    FailureKind::TimedOut,
    FailureKind::Suspended,
    FailureKind::Busy,
    FailureKind::AnswerTooLarge,
];

/// What came of one request to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answer(&'static str);

impl Answer {
    /// A success, or a failure by its kind.
    #[must_use]
    pub fn of(failure: Option<FailureKind>) -> Self {
        Self(failure.map_or("success", FailureKind::name))
    }

    /// Every outcome.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        iter::once(None).chain(KINDS.into_iter().map(Some)).map(Self::of)
    }
}

impl Series for Route {
    const LABELS: &'static [&'static str] = &["backend", "route"];

    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.service().name(), self.template()]
    }
}

impl Series for (Route, Answer) {
    const LABELS: &'static [&'static str] = &["backend", "route", "outcome"];

    fn all() -> Vec<Self> {
        Route::ALL.into_iter().flat_map(|route| Answer::all().map(move |answer| (route, answer))).collect()
    }

    fn values(self) -> Vec<&'static str> {
        let (route, answer) = self;
        vec![route.service().name(), route.template(), answer.0]
    }
}
