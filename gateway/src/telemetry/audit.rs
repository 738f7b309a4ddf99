//! The audit log: one line for each call, with the policy's decision on it. It tells shapes: who and where as keyed hashes,
//! which tool, what was decided and why, how it ended, sizes and time. Never content.
//!
//! The key comes from the deployment's (`SESSION_KEY`), so that a user can be followed over all its gateways; without one it
//! is random, and hashes of different processes do not compare. Arguments are hashed under it too: what people write is
//! guessed too easily from a plain hash. SipHash-2-4 was made for this: a pseudo-random function of short texts under a key of
//! 128 bits (Aumasson and Bernstein, 2012).

use std::{fmt, hash::Hasher, io, sync::OnceLock, time::Instant};

use serde::Serialize;
use siphasher::{sip::SipHasher24, sip128};
use tracing::Level;

use super::{
    logging::{self, Kind, Record, name},
    metrics::Outcome,
    trace,
};
use crate::{
    auth::{Principal, SpaceAccess},
    catalog::ToolId,
    decode::JsonObject,
    policy::{Mode, Reason},
};

/// The lines. By their target, `LOG=off,mana_mcp::audit=info` logs them alone.
pub const CALL: Kind = Kind { message: "call", target: "mana_mcp::audit" };

/// Writes the audit log of one gateway.
#[derive(Clone)]
pub struct Audit {
    keyed: Keyed,
    is_read: bool,
}

impl Audit {
    /// A log whose hashes are keyed with that. Whether anybody reads it is asked here, once: what is logged is settled
    /// before.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let is_read = tracing::enabled!(target: CALL.target, Level::INFO);
        Self { keyed: Keyed::under(key), is_read }
    }

    /// Begins the line of a call that begins now, where anybody reads it. It is written when it is dropped.
    #[must_use]
    pub fn begin(&self, tool: ToolId, access: &SpaceAccess, arguments: &JsonObject, now: Instant) -> Entry {
        if !self.is_read {
            return Entry(None);
        }
        let user = self.keyed.user(access.principal());
        let (arguments, arguments_bytes) = self.keyed.json(user, arguments);
        Entry(Some(Line {
            tool,
            user,
            space: self.keyed.spaces.hash(access.space().id.as_bytes()),
            arguments,
            arguments_bytes,
            evaluation: OnceLock::new(),
            end: None,
            begun: now,
        }))
    }

    /// Writes the line of a call that went no further. What was named is not in it: it may be anything.
    pub fn turned_away(&self, why: TurnedAway, caller: &Principal, tool: Option<ToolId>) {
        if self.is_read {
            let user = self.keyed.user(caller);
            tell(Instant::now(), move |line| {
                line.hash(name!("user"), user)
                    .label(name!("tool"), tool.map(ToolId::name))
                    .label(name!("outcome"), why.label());
            });
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit([redacted])")
    }
}

/// Hashes, for each kind of what is hashed under a key of its own: equal texts of two kinds do not compare.
#[derive(Clone)]
struct Keyed {
    users: SipHasher24,
    spaces: SipHasher24,
    arguments: SipHasher24,
}

impl Keyed {
    fn under(key: &[u8; 16]) -> Self {
        let derive = sip128::SipHasher24::new_with_key(key);
        let of = |what: &str| SipHasher24::new_with_key(&derive.hash(what.as_bytes()).as_bytes());
        Self { users: of("user"), spaces: of("space"), arguments: of("arguments") }
    }

    fn user(&self, caller: &Principal) -> u64 {
        caller.log_name(|user| self.users.hash(user.as_str().as_bytes()))
    }

    /// The hash of a user's arguments as JSON, and the bytes of that. The same text of another user has another hash: else who
    /// reads the log could try with calls of his own what others have written.
    fn json(&self, user: u64, arguments: &impl Serialize) -> (u64, u64) {
        let mut counted = Counted { hasher: self.arguments, bytes: 0 };
        counted.hasher.write(&user.to_le_bytes());
        // Neither JSON nor this writer fails.
        let _ = serde_json::to_writer(&mut counted, arguments);
        (counted.hasher.finish(), counted.bytes)
    }
}

fn tell(at: Instant, fields: impl FnOnce(&mut Record) + Send + 'static) {
    let request_id = trace::request_id();
    logging::tell(&CALL, at, move |line| {
        line.text(name!("request_id"), request_id.as_ref().and_then(|id| id.to_str().ok()));
        fields(line);
    });
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

/// How a call ended, as the audit log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the metrics tell it.
    Counted(Outcome),
    /// The policy stopped it.
    Denied,
    /// The person was asked for consent; the answer comes with another call.
    Asked,
    /// The person does not consent.
    Refused,
    /// What came back with the call was no answer to a question about it.
    InvalidState,
}

/// A call that did not come as far as a tool in a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// There is no such tool, or this endpoint does not serve it.
    UnknownTool,
    /// The caller is no member of the space that he named, or has none.
    NotAMember,
    /// The identity service could not tell.
    IdentityFailed,
    /// What came with the tool's name has not the shape of a call.
    Malformed,
}

impl TurnedAway {
    /// The name in the log, as an outcome.
    const fn label(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown-tool",
            Self::NotAMember => "not-a-member",
            Self::IdentityFailed => "identity-failed",
            Self::Malformed => "malformed",
        }
    }
}

impl End {
    /// The name in the log.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Counted(outcome) => outcome.label(),
            Self::Denied => "denied",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::InvalidState => "invalid-state",
        }
    }
}

/// The line of one call; by default, one that nobody reads.
#[derive(Debug, Default)]
pub struct Entry(Option<Line>);

#[derive(Debug)]
struct Line {
    tool: ToolId,
    user: u64,
    space: u64,
    arguments: u64,
    arguments_bytes: u64,
    evaluation: OnceLock<(Reason, Mode)>,
    /// How, with how many bytes, and when.
    end: Option<(End, Option<usize>, Instant)>,
    begun: Instant,
}

impl Entry {
    /// Notes what the policy said. The first word counts; there is one evaluation of a call.
    pub fn decided(&self, reason: Reason, mode: Mode) {
        if let Self(Some(line)) = self {
            let _ = line.evaluation.set((reason, mode));
        }
    }

    /// Notes how the call ended. Without it, it is one that its caller gave up.
    pub fn ended(&mut self, end: End, result_bytes: Option<usize>) {
        if let Self(Some(line)) = self {
            line.end = Some((end, result_bytes, Instant::now()));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { tool, user, space, arguments, arguments_bytes, begun, .. } = *self;
        let (outcome, result_bytes, ended) = match self.end {
            Some((end, bytes, ended)) => (end.label(), bytes, ended),
            None => ("cancelled", None, Instant::now()),
        };
        let (reason, mode) = self.evaluation.get().copied().unzip();
        tell(ended, move |line| {
            line.hash(name!("user"), user)
                .hash(name!("space"), space)
                .label(name!("tool"), tool.name())
                .label(name!("decision"), reason.map(|reason: Reason| reason.decision().label()))
                .label(name!("reason"), reason.map(Reason::label))
                .label(name!("mode"), mode.map(Mode::label))
                .label(name!("outcome"), outcome)
                .hash(name!("arguments"), arguments)
                .number(name!("arguments_bytes"), arguments_bytes)
                .number(name!("result_bytes"), result_bytes.and_then(|bytes| u64::try_from(bytes).ok()))
                .number(name!("microseconds"), u64::try_from(ended.saturating_duration_since(begun).as_micros()).ok());
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let (value, same) = (json!({ "title": "ä", "n": 1 }), json!({ "title": "ä", "n": 1 }));
        let (hash, bytes) = keyed.json(1, &value);
        assert_eq!(bytes, value.to_string().len() as u64);
        assert_eq!(hash, keyed.json(1, &same).0);
        assert_ne!(hash, keyed.json(2, &same).0);
        assert_ne!(hash, keyed.json(1, &json!({ "title": "b", "n": 1 })).0);
    }
}
