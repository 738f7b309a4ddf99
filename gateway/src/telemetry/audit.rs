//! The audit log: one line for each call, with the policy's decision on it. It tells shapes: who and where as keyed hashes,
//! which tool, what was decided and why, how it ended, sizes and time. Never content.
//!
//! The key comes from the deployment's (`SESSION_KEY`), so that a user can be followed over all its gateways; without one it
//! is random, and hashes of different processes do not compare. Arguments are hashed under it too: what people write is
//! guessed too easily from a plain hash.

use std::{
    fmt, io,
    sync::OnceLock,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use serde::Serialize;
use sha2::Sha256;
use tracing::Level;

use super::{metrics::Outcome, trace};
use crate::{
    auth::{SpaceAccess, UserId},
    catalog::ToolId,
    decode::JsonObject,
    policy::{Mode, Reason},
};

/// The target of the lines: `LOG=off,mana_mcp::audit=info` logs them alone.
pub const TARGET: &str = "mana_mcp::audit";

/// Writes the audit log of one gateway.
#[derive(Clone)]
pub struct Audit(Hmac<Sha256>);

impl Audit {
    /// A log whose hashes are keyed with that.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        // A key of the block's length or less is taken as it is; `new` takes a whole block.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::new(&block))
    }

    /// Begins the line of a call, where anybody reads it. It is written when it is dropped.
    #[must_use]
    pub fn begin(&self, tool: ToolId, access: &SpaceAccess, arguments: &JsonObject) -> Entry {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return Entry(None);
        }
        let (arguments, arguments_bytes) = self.hash_json("arguments", arguments);
        Entry(Some(Box::new(Line {
            request_id: trace::request_id(),
            tool,
            user: self.hash("user", access.principal().user().as_str()),
            space: self.hash("space", &access.space().id),
            arguments,
            arguments_bytes,
            evaluation: OnceLock::new(),
            end: None,
            begun: Instant::now(),
        })))
    }

    /// Writes the line of a call that went no further. What was named is not in it: it may be anything.
    pub fn turned_away(&self, why: TurnedAway, user: &UserId, tool: Option<ToolId>) {
        tracing::info!(
            target: TARGET,
            request_id = trace::request_id().as_ref().and_then(|id| id.to_str().ok()),
            user = %self.hash("user", user.as_str()),
            tool = tool.map(ToolId::name),
            outcome = why.label(),
            "call"
        );
    }

    fn hash(&self, what: &str, text: &str) -> Hash {
        let mut mac = self.0.clone();
        mac.update(what.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        Hash::of(mac)
    }

    fn hash_json(&self, what: &str, value: &impl Serialize) -> (Hash, u64) {
        let mut mac = self.0.clone();
        mac.update(what.as_bytes());
        mac.update(b"\n");
        let mut counted = Counted { mac, bytes: 0 };
        // Neither JSON nor this writer fails.
        let _ = serde_json::to_writer(&mut counted, value);
        (Hash::of(counted.mac), counted.bytes)
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit([redacted])")
    }
}

/// Enough of a keyed hash to tell apart what it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hash(u64);

impl Hash {
    fn of(mac: Hmac<Sha256>) -> Self {
        let bytes = mac.finalize().into_bytes();
        Self(bytes.iter().take(size_of::<u64>()).fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Takes in what is written, and counts it.
struct Counted {
    mac: Hmac<Sha256>,
    bytes: u64,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.mac.update(bytes);
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
}

impl TurnedAway {
    /// The name in the log, as an outcome.
    const fn label(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown-tool",
            Self::NotAMember => "not-a-member",
            Self::IdentityFailed => "identity-failed",
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
pub struct Entry(Option<Box<Line>>);

#[derive(Debug)]
struct Line {
    request_id: Option<HeaderValue>,
    tool: ToolId,
    user: Hash,
    space: Hash,
    arguments: Hash,
    arguments_bytes: u64,
    evaluation: OnceLock<(Reason, Mode)>,
    end: Option<(End, Option<usize>, Duration)>,
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
            line.end = Some((end, result_bytes, line.begun.elapsed()));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let (outcome, result_bytes, took) = match self.end {
            Some((end, bytes, took)) => (end.label(), bytes, took),
            None => ("cancelled", None, self.begun.elapsed()),
        };
        let evaluation = self.evaluation.get();
        tracing::info!(
            target: TARGET,
            request_id = self.request_id.as_ref().and_then(|id| id.to_str().ok()),
            user = %self.user,
            space = %self.space,
            tool = self.tool.name(),
            decision = evaluation.map(|(reason, _)| reason.decision().label()),
            reason = evaluation.map(|(reason, _)| reason.label()),
            mode = evaluation.map(|(_, mode)| mode.label()),
            outcome,
            arguments = %self.arguments,
            arguments_bytes = self.arguments_bytes,
            result_bytes,
            microseconds = u64::try_from(took.as_micros()).ok(),
            "call"
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hashes_are_keyed_and_tell_apart_what_they_are_of() {
        let (one, other) = (Audit::new(&[1; 32]), Audit::new(&[2; 32]));
        assert_eq!(one.hash("user", "ada"), one.clone().hash("user", "ada"));
        assert_ne!(one.hash("user", "ada"), other.hash("user", "ada"));
        assert_ne!(one.hash("user", "ada"), one.hash("space", "ada"));
        assert_ne!(one.hash("user", "ada"), one.hash("user", "bob"));
        assert_eq!(one.hash("user", "ada").to_string().len(), 16);
    }

    #[test]
    fn arguments_are_counted_as_json() {
        let audit = Audit::new(&[1; 32]);
        let (value, same) = (json!({ "title": "ä", "n": 1 }), json!({ "title": "ä", "n": 1 }));
        let (hash, bytes) = audit.hash_json("arguments", &value);
        assert_eq!(bytes, value.to_string().len() as u64);
        assert_eq!(hash, audit.hash_json("arguments", &same).0);
        assert_ne!(hash, audit.hash_json("arguments", &json!({ "title": "b", "n": 1 })).0);
    }
}
