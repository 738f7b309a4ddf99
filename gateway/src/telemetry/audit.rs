//! The audit log: one line for each call, with the policy's decision on it. It tells shapes: who and where as keyed hashes,
//! which tool, what was decided and why, how it ended, sizes and time. Never content. What the metrics count of calls comes
//! from the same entries, so that neither knows of a call that the other does not.
//!
//! The key comes from the deployment's (`SESSION_KEY`), so that a user can be followed over all its gateways; without one it
//! is random, and hashes of different processes do not compare. Arguments are hashed under it too ([`hashes`]).

mod ends;
mod hashes;
mod notes;

use std::{fmt, sync::Arc, time::Instant};

use mana_mcp_runtime::{decode::JsonObject, tool::ToolId};
use mana_mcp_service::trace;
use tracing::Level;

use self::{
    hashes::Keyed,
    notes::{CALL, CallNote, Shown, TurnedAwayNote},
};
use super::metrics::Metrics;
use crate::auth::{Principal, SpaceAccess, UserId};

pub use ends::{End, TurnedAway};
pub use notes::Entry;

/// For which purpose the key of the hashes is derived from the deployment's.
pub(crate) const HASH_KEY: &str = "mana-mcp audit (SipHash-2-4)";

/// The hashes of one issuer's users, for those who look for somebody in the log.
pub(crate) struct UserHashes<'a> {
    keyed: Keyed,
    issuer: &'a str,
}

impl<'a> UserHashes<'a> {
    /// Under the key of the log.
    pub(crate) fn under(key: &[u8; 16], issuer: &'a str) -> Self {
        Self { keyed: Keyed::under(key), issuer }
    }

    /// What the log calls the user whose tokens have that subject.
    pub(crate) fn of(&self, subject: &str) -> u64 {
        self.keyed.hash_of_user(&UserId::text(self.issuer, subject))
    }
}

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
            return Entry::none();
        }
        let shown = self.is_read.then(|| self.shown(access, arguments));
        Entry::of(CallNote::new(Arc::clone(&self.metrics), tool, shown, now))
    }

    /// What the log calls that user.
    #[must_use]
    pub fn user(&self, caller: &Principal) -> u64 {
        self.keyed.user(caller.log_name(), caller.user().as_str())
    }

    fn shown(&self, access: &SpaceAccess, arguments: &JsonObject) -> Shown {
        let (user, space) = (self.user(access.principal()), access.space());
        let (arguments, arguments_bytes) = self.keyed.arguments(user, arguments);
        let space = self.keyed.space(&space.id);
        Shown { request_id: trace::request_id(), trace: trace::trace_id(), user, space, arguments, arguments_bytes }
    }

    /// Writes the line of a call that went no further. What was named is not in it: it may be anything.
    pub fn turned_away(&self, why: TurnedAway, caller: &Principal, tool: Option<ToolId>) {
        if self.is_read {
            let (request_id, trace) = (trace::request_id(), trace::trace_id());
            TurnedAwayNote { request_id, trace, user: self.user(caller), tool, why }.write();
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::{
        policy::{
            Mode, Reason,
            testing::{access, counted},
        },
        telemetry::metrics::{HandlerOutcome, Outcome},
    };

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

        (0..20).for_each(|_| begin().ended(End::Counted(Outcome::InputInvalid), None));
        assert_eq!(invocations(Outcome::InputInvalid), 21);
    }
}
