//! Label values: closed sets, each an enum, and which of their combinations are series. No user, space, session or text
//! of a caller can become one. Those of requests to services are in [`services`](super::services).

use mana_mcp_service::{
    label_values, labels,
    metrics::{Label, Series},
};

use crate::{
    auth::AuthFailure,
    policy::{Mode, Reason},
    shared::Use,
};

labels! {
    Mode: "mode", label;
    Use: "use", label;
}

label_values! {
    /// How a call ended that reached its handler or failed validation. Policy denials are counted apart.
    pub Outcome: "outcome" {
        /// The handler answered.
        Success = "success",
        /// The handler failed.
        HandlerError = "handler-error",
        /// The arguments were refused before the policy was asked.
        InputInvalid = "input-invalid",
    }

    /// How a handler ended. Refused arguments never reach one, so they have no duration.
    pub HandlerOutcome: "outcome" {
        /// It answered.
        Success = "success",
        /// It failed.
        HandlerError = "handler-error",
    }

    /// How a call differed from what it was taken for.
    pub Leniency: "kind" {
        /// Null for a property that may be absent.
        Null = "null",
        /// JSON text for an array or an object.
        JsonText = "json-text",
        /// A tool's name in a spelling that is neither listed nor canonical.
        Name = "name",
    }

    /// Why a session id was refused.
    pub SessionRefusalKind: "reason" {
        /// A request of a revision with sessions named none.
        Missing = "missing",
        /// Unknown, forged, expired or ended.
        Unknown = "unknown",
        /// Another user's.
        Foreign = "foreign",
    }

    /// A cache, bounded in entries, of what can be had again.
    pub Cache: "cache" {
        /// Verified tokens.
        Tokens = "tokens",
        /// Lists of spaces, by user.
        Spaces = "spaces",
        /// Master keys, by user.
        MasterKeys = "master-keys",
    }

    /// What a look into a cache found.
    pub Lookup: "result" {
        /// It was there, and fresh.
        Hit = "hit",
        /// It had to be made or fetched.
        Miss = "miss",
    }

    /// Keys of the identity service.
    pub KeyKind: "key" {
        /// The public keys under which tokens are signed.
        Signing = "signing",
        /// A user's master key.
        Master = "master",
    }

    /// How a fetch ended.
    pub FetchOutcome: "outcome" {
        /// It was answered.
        Success = "success",
        /// It was not.
        Failure = "failure",
    }

    /// Why a call got no space.
    pub SpaceRefusal: "reason" {
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
    pub ConsentOutcome: "outcome" {
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
    pub PolicyLookup: "outcome" {
        /// It was known from an earlier call, or another call was asking.
        Kept = "kept",
        /// The policy service answered.
        Answered = "answered",
        /// It did not: nothing was allowed.
        Failed = "failed",
    }

    /// What was dropped before its time because a bound was reached.
    pub Evicted: "what" {
        /// The recent calls of a user and tool.
        RateWindow = "rate-window",
        /// A session that was ended.
        EndedSession = "ended-session",
        /// Consent that was used.
        UsedConsent = "used-consent",
        /// The opt-ins of a space.
        SpacePolicy = "space-policy",
    }

    /// A bound on what is under way at once in the gateway itself.
    pub Bound: "bound" {
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
    }

    /// A bound of the gateway itself, at which further work is refused.
    pub Shed: "bound" {
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
