//! The audit log: one line for each call, with the policy's decision on it. It tells shapes: who and where as keyed hashes,
//! which tool, what was decided and why, how it ended, sizes and time. Never content.
//!
//! The key comes from the deployment's (`SESSION_KEY`), so that a user can be followed over all its gateways; without one it
//! is random, and hashes of different processes do not compare. Arguments are hashed under it too: what people write is
//! guessed too easily from a plain hash.

mod record;

use std::{
    fmt,
    fs::File,
    io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use record::Record;
use serde::{Serialize, Serializer};
use sha2::Sha256;
use tracing::Level;

use super::{
    logging::{LogFormat, standard_error},
    metrics::Outcome,
    trace,
};
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
pub struct Audit {
    mac: Hmac<Sha256>,
    log: Arc<File>,
    format: LogFormat,
}

impl Audit {
    /// A log of that format, on standard error, whose hashes are keyed with that.
    ///
    /// # Errors
    /// There is no standard error to write to.
    pub fn new(key: &[u8; 32], format: LogFormat) -> io::Result<Self> {
        // A key of the block's length or less is taken as it is; `new` takes a whole block.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Ok(Self { mac: Hmac::new(&block), log: standard_error()?, format })
    }

    /// Begins the line of a call, where anybody reads it. It is written when it is dropped.
    #[must_use]
    pub fn begin(&self, tool: ToolId, access: &SpaceAccess, arguments: &JsonObject) -> Entry {
        if !is_read() {
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
            log: Arc::clone(&self.log),
            format: self.format,
        })))
    }

    /// Writes the line of a call that went no further. What was named is not in it: it may be anything.
    pub fn turned_away(&self, why: TurnedAway, user: &UserId, tool: Option<ToolId>) {
        if !is_read() {
            return;
        }
        Record {
            request_id: trace::request_id().as_ref().and_then(|id| id.to_str().ok()),
            tool: tool.map(ToolId::name),
            ..Record::of(self.hash("user", user.as_str()), why.label())
        }
        .write(&self.log, self.format);
    }

    fn hash(&self, what: &str, text: &str) -> Hash {
        let mut mac = self.mac.clone();
        mac.update(what.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        Hash::of(mac)
    }

    fn hash_json(&self, what: &str, value: &impl Serialize) -> (Hash, u64) {
        let mut mac = self.mac.clone();
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

/// Whether the log takes the lines.
fn is_read() -> bool {
    tracing::enabled!(target: TARGET, Level::INFO)
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

/// In hexadecimal digits.
impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
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
    log: Arc<File>,
    format: LogFormat,
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
        Record {
            request_id: self.request_id.as_ref().and_then(|id| id.to_str().ok()),
            space: Some(self.space),
            tool: Some(self.tool.name()),
            decision: evaluation.map(|(reason, _)| reason.decision().label()),
            reason: evaluation.map(|(reason, _)| reason.label()),
            mode: evaluation.map(|(_, mode)| mode.label()),
            arguments: Some(self.arguments),
            arguments_bytes: Some(self.arguments_bytes),
            result_bytes,
            microseconds: u64::try_from(took.as_micros()).ok(),
            ..Record::of(self.user, outcome)
        }
        .write(&self.log, self.format);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn audit(key: u8) -> Audit {
        Audit::new(&[key; 32], LogFormat::Json).unwrap()
    }

    #[test]
    fn hashes_are_keyed_and_tell_apart_what_they_are_of() {
        let (one, other) = (audit(1), audit(2));
        assert_eq!(one.hash("user", "ada"), one.clone().hash("user", "ada"));
        assert_ne!(one.hash("user", "ada"), other.hash("user", "ada"));
        assert_ne!(one.hash("user", "ada"), one.hash("space", "ada"));
        assert_ne!(one.hash("user", "ada"), one.hash("user", "bob"));
    }

    #[test]
    fn arguments_are_counted_as_json() {
        let audit = audit(1);
        let (value, same) = (json!({ "title": "ä", "n": 1 }), json!({ "title": "ä", "n": 1 }));
        let (hash, bytes) = audit.hash_json("arguments", &value);
        assert_eq!(bytes, value.to_string().len() as u64);
        assert_eq!(hash, audit.hash_json("arguments", &same).0);
        assert_ne!(hash, audit.hash_json("arguments", &json!({ "title": "b", "n": 1 })).0);
    }
}
