//! Sealed session ids of the revisions before 2026-07-28. A session costs no memory: its id is a sealed note of who opened
//! it, when and how, which only a gateway of the same deployment can read. Possession of an id proves nothing; every
//! request carries its own token.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use base64::Engine;
use mana_mcp_runtime::crypto::{Sealer, derived};
use mana_mcp_standalone::{EndedSessions, StandaloneError};
use rmcp::model::ProtocolVersion;
use zeroize::Zeroizing;

use crate::{
    auth::UserId,
    shared::{
        Use,
        marks::{Mark, MarkId, Marks, Owner},
        redis::RedisLink,
    },
    telemetry::{Evicted, Metrics},
};

/// How long the end of a session is remembered. A session itself does not expire while its key lives: most clients of the
/// revisions with sessions never open another one, and a session authorizes nothing.
const END_KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A longer id is none of ours.
const MAX_ID_CHARS: usize = 512;
/// What ids are sealed for.
const PURPOSE: &str = "mana-mcp sessions";
/// Of the owner, and of what its end is noted under.
const MARK_BYTES: usize = 16;
/// A client's name and title are kept for the history of the rows that it writes.
const MAX_CLIENT_NAME_BYTES: usize = 160;

/// A key of the deployment that seals session ids (`SESSION_KEY`).
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; 32]>);

/// The keys of a deployment: the present one, which seals, and former ones, whose sessions still open.
#[derive(Debug, Clone)]
pub struct SessionKeys {
    present: SessionKey,
    former: Vec<SessionKey>,
}

/// An invalid `SESSION_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 bytes in base64 (for example from `openssl rand -base64 32`)")]
pub struct UnusableKey;

impl SessionKey {
    /// A key for one process: its sessions end with it.
    #[must_use]
    pub fn random() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// A key for one purpose, from which nothing is learnt of this one or of another purpose's.
    #[must_use]
    pub fn derived<const LENGTH: usize>(&self, purpose: &str) -> Zeroizing<[u8; LENGTH]> {
        derived(&self.0, purpose)
    }
}

impl SessionKeys {
    /// The keys in that order, or a random one.
    #[must_use]
    pub fn new(keys: Vec<SessionKey>) -> Self {
        let mut keys = keys.into_iter();
        Self { present: keys.next().unwrap_or_else(SessionKey::random), former: keys.collect() }
    }

    /// The key that seals, and from which the keys for other purposes are derived.
    #[must_use]
    pub fn present(&self) -> &SessionKey {
        &self.present
    }

    /// What seals for one purpose, and opens what former keys have sealed for it.
    #[must_use]
    pub fn sealer(&self, purpose: &str) -> Sealer {
        Sealer::new(std::iter::once(&self.present).chain(&self.former).map(|key| key.derived(purpose)))
    }
}

impl From<SessionKey> for SessionKeys {
    fn from(present: SessionKey) -> Self {
        Self { present, former: Vec::new() }
    }
}

impl From<Zeroizing<[u8; 32]>> for SessionKey {
    fn from(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }
}

impl FromStr for SessionKey {
    type Err = UnusableKey;

    fn from_str(text: &str) -> Result<Self, UnusableKey> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).map_err(|_| UnusableKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| UnusableKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([redacted])")
    }
}

/// An open session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    /// The revision that `initialize` agreed on.
    pub(super) version: ProtocolVersion,
    /// The client's own name for itself, possibly shortened.
    pub(super) client: String,
}

/// Why a session id is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionRefusal {
    /// Unknown, forged or ended.
    Unknown,
    /// Another user's.
    Foreign,
}

/// Seals and opens session ids.
pub struct SealedSessions {
    ids: Sealer,
    ended: Marks,
}

impl SealedSessions {
    /// Sessions of the deployment that has these keys; with Redis, ends are known to all of its gateways.
    #[must_use]
    pub fn new(keys: &SessionKeys, redis: Option<Arc<RedisLink>>, metrics: &Arc<Metrics>) -> Self {
        let ended = Marks::new(Use::EndedSessions, Evicted::EndedSession, END_KEPT_FOR, redis, metrics);
        Self { ids: keys.sealer(PURPOSE), ended }
    }

    /// With the ends that a data folder keeps.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn with_ends_kept_in(mut self, kept: EndedSessions) -> Result<Self, StandaloneError> {
        self.ended = self.ended.kept_in(kept)?;
        Ok(self)
    }

    /// A new id, of visible ASCII characters, or none if `version` has no sessions.
    pub(super) fn seal(&self, user: &UserId, session: &Session) -> Option<String> {
        let mut note = Vec::with_capacity(2 * MARK_BYTES + 1 + MAX_CLIENT_NAME_BYTES);
        note.extend_from_slice(&Owner::of(user).0);
        note.extend_from_slice(&rand::random::<MarkId>());
        note.push(version_code(&session.version)?);
        note.extend_from_slice(shortened(&session.client, MAX_CLIENT_NAME_BYTES).as_bytes());
        self.ids.seal_text(&[], &note)
    }

    /// The session behind an id, if it is this user's and still open.
    pub(super) async fn open(&self, id: &str, user: &UserId) -> Result<Session, SessionRefusal> {
        let (_, session) = self.unseal(id, user).await?;
        Ok(session)
    }

    /// Ends a session of this user.
    pub(super) async fn end(&self, id: &str, user: &UserId) -> Result<(), SessionRefusal> {
        let (mark, _) = self.unseal(id, user).await?;
        match self.ended.mark(Owner::of(user), mark).await {
            Mark::First => Ok(()),
            Mark::Again => Err(SessionRefusal::Unknown),
        }
    }

    /// A session of this user that has not ended, and the mark under which its end is noted.
    async fn unseal(&self, id: &str, user: &UserId) -> Result<(MarkId, Session), SessionRefusal> {
        let note = self.ids.open_text(&[], id, MAX_ID_CHARS).ok_or(SessionRefusal::Unknown)?;
        let (owner, mark, session) = read(&note).ok_or(SessionRefusal::Unknown)?;
        if self.ended.has(owner, mark).await {
            return Err(SessionRefusal::Unknown);
        }
        if owner == Owner::of(user) { Ok((mark, session)) } else { Err(SessionRefusal::Foreign) }
    }
}

/// What an id says, once it is opened.
fn read(note: &[u8]) -> Option<(Owner, MarkId, Session)> {
    let (owner, rest) = note.split_first_chunk::<MARK_BYTES>()?;
    let (mark, rest) = rest.split_first_chunk::<MARK_BYTES>()?;
    let (version, client) = rest.split_first()?;
    let client = String::from_utf8_lossy(client).into_owned();
    Some((Owner(*owner), *mark, Session { version: version_of(*version)?, client }))
}

fn version_code(version: &ProtocolVersion) -> Option<u8> {
    super::revision::LEGACY.iter().position(|known| known == version).and_then(|place| u8::try_from(place).ok())
}

fn version_of(code: u8) -> Option<ProtocolVersion> {
    super::revision::LEGACY.get(usize::from(code)).cloned()
}

fn shortened(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
