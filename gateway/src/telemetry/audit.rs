//! The audit log: one line for each call, with the policy's decision on it. It tells shapes: who and where as keyed hashes,
//! which tool, what was decided and why, how it ended, sizes and time. Never content. What the metrics count of calls comes
//! from the same entries, so that neither knows of a call that the other does not.
//!
//! The key comes from the deployment's (`SESSION_KEY`), so that a user can be followed over all its gateways; without one it
//! is random, and hashes of different processes do not compare. Arguments are hashed under it too: what people write is
//! guessed too easily from a plain hash. SipHash-2-4 was made for this: a pseudo-random function of short texts under a key of
//! 128 bits (Aumasson and Bernstein, 2012).

use std::{
    fmt,
    hash::Hasher,
    io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use serde::Serialize;
use siphasher::{sip::SipHasher24, sip128};
use tracing::Level;

use super::{
    RequestId,
    event::Event,
    logging::{self, Kind, Record, name},
    metrics::{HandlerOutcome, Metrics, Outcome},
    trace,
};
use crate::{
    auth::{Principal, SpaceAccess},
    policy::{Mode, Reason},
};
use mana_mcp_runtime::{
    decode::JsonObject,
    tool::{CatalogTool, ToolId},
};

/// The lines. By their target, `LOG=off,mana_mcp::audit=info` logs them alone.
pub const CALL: Kind = Kind { message: "call", target: mana_mcp_soak::AUDIT };

/// Counts the calls of one gateway, and writes its audit log.
pub struct Audit {
    keyed: Keyed,
    is_read: bool,
    metrics: Arc<Metrics>,
}

impl Audit {
    /// A log whose hashes are keyed with that. Whether anybody reads it is asked here, once: what is logged is settled
    /// before.
    #[must_use]
    pub fn new(key: &[u8; 16], metrics: Arc<Metrics>) -> Self {
        let is_read = tracing::enabled!(target: CALL.target, Level::INFO);
        Self { keyed: Keyed::under(key), is_read, metrics }
    }

    /// Begins the entry of a call that begins now. When it is dropped, it is counted, and written where anybody reads it.
    #[must_use]
    pub fn begin(&self, tool: ToolId, access: &SpaceAccess, arguments: &JsonObject, now: Instant) -> Entry {
        if !self.is_read && !self.metrics.is_counting() {
            return Entry(None);
        }
        Entry(Some(CallNote {
            metrics: Arc::clone(&self.metrics),
            tool,
            via: None,
            shown: self.is_read.then(|| self.shown(access, arguments)),
            evaluation: None,
            handled: None,
            end: None,
            result_bytes: None,
            begun: now,
            ended: now,
        }))
    }

    /// What the log calls that user.
    #[must_use]
    pub fn user(&self, caller: &Principal) -> u64 {
        self.keyed.user(caller)
    }

    fn shown(&self, access: &SpaceAccess, arguments: &JsonObject) -> Shown {
        let (user, space) = (self.keyed.user(access.principal()), access.space());
        let (arguments, arguments_bytes) = self.keyed.arguments(user, arguments);
        let space = self.keyed.spaces.hash(space.id.as_bytes());
        Shown { request_id: trace::request_id(), user, space, arguments, arguments_bytes }
    }

    /// Writes the line of a call that went no further. What was named is not in it: it may be anything.
    pub fn turned_away(&self, why: TurnedAway, caller: &Principal, tool: Option<ToolId>) {
        if self.is_read {
            let (request_id, user, at) = (trace::request_id(), self.keyed.user(caller), Instant::now());
            logging::tell(Event::TurnedAway(TurnedAwayNote { request_id, user, tool, why, at }));
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit([redacted])")
    }
}

/// Hashes, for each kind of what is hashed under a key of its own: equal texts of two kinds do not compare.
struct Keyed {
    users: SipHasher24,
    spaces: SipHasher24,
    arguments: SipHasher24,
    /// Hash and bytes of no arguments: those tell nobody anything, so they are the same for all users.
    none: (u64, u64),
}

impl Keyed {
    fn under(key: &[u8; 16]) -> Self {
        let derive = sip128::SipHasher24::new_with_key(key);
        let of = |what: &str| SipHasher24::new_with_key(&derive.hash(what.as_bytes()).as_bytes());
        let arguments = of("arguments");
        Self { users: of("user"), spaces: of("space"), arguments, none: json(arguments, &JsonObject::new()) }
    }

    fn user(&self, caller: &Principal) -> u64 {
        caller.log_name().or(|| self.users.hash(caller.user().as_str().as_bytes()))
    }

    /// The hash of a user's arguments as JSON, and the bytes of that. The same text of another user has another hash: otherwise a
    /// reader of the log could test guesses at it with calls of their own.
    fn arguments(&self, user: u64, arguments: &JsonObject) -> (u64, u64) {
        if arguments.is_empty() {
            return self.none;
        }
        let mut hasher = self.arguments;
        hasher.write(&user.to_le_bytes());
        json(hasher, arguments)
    }
}

/// The hash of what was hashed before and of that as JSON, and the bytes of the latter.
fn json(hasher: SipHasher24, value: &impl Serialize) -> (u64, u64) {
    let mut counted = Counted { hasher, bytes: 0 };
    // Neither JSON nor this writer fails.
    let _ = serde_json::to_writer(&mut counted, value);
    (counted.hasher.finish(), counted.bytes)
}

/// What the audit log calls somebody or something, once it has: a keyed hash. A gateway has one audit log.
#[derive(Debug, Clone, Default)]
pub struct LogName(OnceLock<u64>);

impl LogName {
    fn or(&self, hashed: impl FnOnce() -> u64) -> u64 {
        *self.0.get_or_init(hashed)
    }
}

/// Takes in what is written, and counts it.
struct Counted {
    hasher: SipHasher24,
    bytes: u64,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.write(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The end of a call whose caller went before, as the log names it.
const CANCELLED: &str = "cancelled";

/// How a call ended, as the audit log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the metrics tell it.
    Counted(Outcome),
    /// The person did not grant it to the program.
    NotGranted,
    /// Spaces of that type do not have the tool's module.
    NotInSpace,
    /// A service that the tool calls has no address.
    NotConfigured,
    /// The policy stopped it.
    Denied,
    /// The person was asked for consent; the answer comes with another call.
    Asked,
    /// The person does not consent.
    Refused,
    /// The person must consent, and could not be asked.
    Unasked,
    /// What came back with the call was no answer to a question about it.
    InvalidState,
    /// It was carried out before, with the same idempotency key.
    Replayed,
    /// It was a dry run.
    DryRun,
    /// Its idempotency key belongs to another call.
    KeyReused,
}

/// A call that did not come as far as a tool in a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// There is no such tool, or this endpoint does not serve it.
    UnknownTool,
    /// The caller is no member of the space that they named, or has none.
    NotAMember,
    /// The identity service could not tell.
    IdentityFailed,
    /// What came with the tool's name has not the shape of a call.
    Malformed,
    /// The caller went while their space was looked up.
    Cancelled,
}

impl TurnedAway {
    /// The name in the log, as an outcome.
    const fn label(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown-tool",
            Self::NotAMember => "not-a-member",
            Self::IdentityFailed => "identity-failed",
            Self::Malformed => "malformed",
            Self::Cancelled => CANCELLED,
        }
    }
}

impl End {
    /// The name in the log.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Counted(outcome) => outcome.label(),
            Self::NotGranted => "not-granted",
            Self::NotInSpace => "not-in-space",
            Self::Replayed => "replayed",
            Self::DryRun => "dry-run",
            Self::KeyReused => "key-reused",
            Self::NotConfigured => "not-configured",
            Self::Denied => "denied",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Unasked => "unasked",
            Self::InvalidState => "invalid-state",
        }
    }
}

/// What is noted of one call, where it is counted or anybody reads it.
#[derive(Debug)]
pub struct Entry(Option<CallNote>);

/// What is noted of one call that is counted, or of which somebody reads.
#[derive(Debug)]
pub(crate) struct CallNote {
    metrics: Arc<Metrics>,
    tool: ToolId,
    via: Option<CatalogTool>,
    /// What only the log tells.
    shown: Option<Shown>,
    evaluation: Option<(Reason, Mode)>,
    handled: Option<Handled>,
    end: Option<End>,
    result_bytes: Option<usize>,
    begun: Instant,
    pub(super) ended: Instant,
}

#[derive(Debug)]
struct Shown {
    request_id: Option<RequestId>,
    user: u64,
    space: u64,
    arguments: u64,
    arguments_bytes: u64,
}

/// The end of a handler.
#[derive(Debug)]
struct Handled {
    outcome: HandlerOutcome,
    took: Duration,
    at: Instant,
}

impl Entry {
    /// Notes the tool of the module `catalog` that the call was taken out of.
    pub fn came(&mut self, via: Option<CatalogTool>) {
        if let Self(Some(call)) = self {
            call.via = via;
        }
    }

    /// Notes what the policy said.
    pub fn decided(&mut self, reason: Reason, mode: Mode) {
        if let Self(Some(call)) = self {
            call.evaluation = Some((reason, mode));
        }
    }

    /// Notes how the call's handler ended, which began then.
    pub fn handled(&mut self, outcome: HandlerOutcome, began: Instant) {
        if let Self(Some(call)) = self {
            let at = Instant::now();
            call.handled = Some(Handled { outcome, took: at.saturating_duration_since(began), at });
        }
    }

    /// Notes how the call ended. Without it, it is one that its caller gave up.
    pub fn ended(&mut self, end: End, result_bytes: Option<usize>) {
        if let Self(Some(call)) = self {
            (call.end, call.result_bytes) = (Some(end), result_bytes);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut call) = self.0.take() {
            // What comes behind the handler takes no time.
            call.ended = call.handled.as_ref().map_or_else(Instant::now, |handled| handled.at);
            logging::tell(Event::Call(call));
        }
    }
}

impl CallNote {
    /// Whether anybody reads it.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    pub(super) fn count(&self) {
        let Self { metrics, tool, .. } = self;
        if let Some((reason, mode)) = self.evaluation {
            metrics.policy_decision(reason, mode);
        }
        if let Some(Handled { outcome, took, .. }) = &self.handled {
            metrics.tool_invocation(*tool, (*outcome).into());
            metrics.tool_duration(*tool, *outcome, *took);
        } else if let Some(End::Counted(outcome)) = self.end {
            metrics.tool_invocation(*tool, outcome);
        }
    }

    pub(super) fn add_to(&self, record: &mut Record) {
        let Some(Shown { request_id, user, space, arguments, arguments_bytes }) = &self.shown else { return };
        let (reason, mode) = self.evaluation.unzip();
        let took = self.ended.saturating_duration_since(self.begun);
        record
            .id(name!("request_id"), request_id)
            .hash(name!("user"), *user)
            .hash(name!("space"), *space)
            .label(name!("tool"), self.tool.name())
            .label(name!("via"), self.via.map(CatalogTool::name))
            .label(name!("decision"), reason.map(|reason: Reason| reason.decision().label()))
            .label(name!("reason"), reason.map(Reason::label))
            .label(name!("mode"), mode.map(Mode::label))
            .label(name!("outcome"), self.end.map_or(CANCELLED, End::label))
            .hash(name!("arguments"), *arguments)
            .number(name!("arguments_bytes"), *arguments_bytes)
            .number(name!("result_bytes"), self.result_bytes.and_then(|bytes| u64::try_from(bytes).ok()))
            .number(name!("microseconds"), u64::try_from(took.as_micros()).ok());
    }
}

/// What is noted of a call that did not come as far as a tool in a space.
#[derive(Debug)]
pub(crate) struct TurnedAwayNote {
    request_id: Option<RequestId>,
    user: u64,
    tool: Option<ToolId>,
    why: TurnedAway,
    pub(super) at: Instant,
}

impl TurnedAwayNote {
    pub(super) fn add_to(&self, record: &mut Record) {
        record
            .id(name!("request_id"), &self.request_id)
            .hash(name!("user"), self.user)
            .label(name!("tool"), self.tool.map(ToolId::name))
            .label(name!("outcome"), self.why.label());
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use serde_json::{Value, json};

    use super::*;
    use crate::policy::testing::{access, counted};

    fn keyed(key: u8) -> Keyed {
        Keyed::under(&[key; 16])
    }

    #[test]
    fn hashes_are_keyed_and_tell_apart_what_they_are_of() {
        let (one, other) = (keyed(1), keyed(2));
        assert_eq!(one.users.hash(b"ada"), keyed(1).users.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), other.users.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), one.spaces.hash(b"ada"));
        assert_ne!(one.users.hash(b"ada"), one.users.hash(b"bob"));
    }

    #[test]
    fn arguments_are_counted_as_json_and_hashed_for_each_user() {
        let keyed = keyed(1);
        let hashed = |user, arguments: Value| keyed.arguments(user, arguments.as_object().unwrap());
        let value = json!({ "title": "ä", "n": 1 });
        let (hash, bytes) = hashed(1, value.clone());
        assert_eq!(bytes, value.to_string().len() as u64);
        assert_eq!(hash, hashed(1, value.clone()).0);
        assert_ne!(hash, hashed(2, value).0);
        assert_ne!(hash, hashed(1, json!({ "title": "b", "n": 1 })).0);
        assert_eq!(hashed(1, json!({})), hashed(2, json!({})));
        assert_eq!(hashed(1, json!({})).1, 2);
    }

    #[tokio::test]
    async fn what_is_noted_of_a_call_is_counted_however_it_ends() {
        let metrics = Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap());
        let (audit, access) = (Audit::new(&[1; 16], Arc::clone(&metrics)), access("ada", "home").await);
        let tool = crate::call::testing::CATALOG.tools()[0];
        let begin = || audit.begin(tool, &access, &JsonObject::new(), Instant::now());
        let invocations = |outcome: Outcome| {
            let parts = ["mana_mcp_tool_invocations_total", tool.name(), &format!("\"{}\"", outcome.label())];
            counted(&metrics.render(), &parts)
        };
        let decisions =
            || counted(&metrics.render(), &["mana_mcp_policy_decisions_total", "\"clean\"", "\"log-only\""]);
        let durations = |outcome: HandlerOutcome| {
            let parts = ["mana_mcp_tool_duration_seconds_count", tool.name(), &format!("\"{}\"", outcome.label())];
            counted(&metrics.render(), &parts)
        };

        let mut whole = begin();
        whole.decided(Reason::Clean, Mode::LogOnly);
        whole.handled(HandlerOutcome::Success, Instant::now());
        whole.ended(End::Counted(Outcome::Success), Some(2));
        assert_eq!((decisions(), invocations(Outcome::Success)), (0, 0), "nothing has ended");
        drop(whole);
        assert_eq!((decisions(), invocations(Outcome::Success), durations(HandlerOutcome::Success)), (1, 1, 1));

        begin().ended(End::Counted(Outcome::InputInvalid), None);
        assert_eq!((decisions(), invocations(Outcome::InputInvalid)), (1, 1));

        // Those that come to no handler: their decision alone is counted.
        for end in [Some(End::Denied), Some(End::Asked), None] {
            let mut stopped = begin();
            stopped.decided(Reason::Unknown, Mode::Enforce);
            end.into_iter().for_each(|end| stopped.ended(end, None));
        }
        for end in [End::NotGranted, End::NotInSpace, End::Refused, End::InvalidState, End::Replayed, End::KeyReused] {
            begin().ended(end, None);
        }
        let denied = ["mana_mcp_policy_decisions_total", "\"unknown\"", "\"enforce\""];
        assert_eq!(counted(&metrics.render(), &denied), 3);
        let outcomes = [Outcome::Success, Outcome::HandlerError, Outcome::InputInvalid];
        assert_eq!(outcomes.map(invocations), [1, 0, 1]);

        let given_up = AssertUnwindSafe(|| {
            let mut entry = begin();
            entry.decided(Reason::Clean, Mode::LogOnly);
            entry.handled(HandlerOutcome::HandlerError, Instant::now());
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(catch_unwind(given_up).is_err());
        assert_eq!((decisions(), invocations(Outcome::HandlerError)), (2, 1));
        assert_eq!(durations(HandlerOutcome::HandlerError), 1);

        // More than are told at once.
        (0..20).for_each(|_| begin().ended(End::Counted(Outcome::InputInvalid), None));
        assert_eq!(invocations(Outcome::InputInvalid), 21);
    }
}
