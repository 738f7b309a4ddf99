//! Sealed session ids of the revisions before 2026-07-28. A session costs no memory: its id is a sealed note of who opened
//! it, when and how, which only a gateway of the same deployment can read. Possession of an id proves nothing; every
//! request carries its own token.

use std::{
    fmt,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Generate, Key, Nonce},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::model::ProtocolVersion;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    auth::{UserId, unix_seconds},
    shared::{
        Use,
        marks::{Mark, MarkId, Marks},
        redis::RedisLink,
    },
    telemetry::{Evicted, Metrics},
};

/// How long a session id is valid.
const VALID_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// A longer id is none of ours.
const MAX_ID_BYTES: usize = 512;
const NONCE_BYTES: usize = 12;
const OWNER_BYTES: usize = 16;
/// A client's name and title are kept for the history of the rows that it writes.
const MAX_CLIENT_NAME_BYTES: usize = 160;

/// The key of the deployment that seals session ids (`SESSION_KEY`).
#[derive(Clone)]
pub struct SessionKey(Key<Aes256Gcm>);

/// A `SESSION_KEY` that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 bytes in base64 (for example from `openssl rand -base64 32`)")]
pub struct UnusableKey;

impl SessionKey {
    /// A key for one process: its sessions end with it.
    #[must_use]
    pub fn random() -> Self {
        Self(Key::<Aes256Gcm>::generate())
    }

    /// A key for one purpose, from which nothing is learnt of this one or of another purpose's: the one-step derivation of
    /// NIST SP 800-56C over SHA-256.
    #[must_use]
    pub fn derived<const LENGTH: usize>(&self, purpose: &str) -> Zeroizing<[u8; LENGTH]> {
        const { assert!(LENGTH <= 32, "one step gives as much as the hash is long") };
        let hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(self.0).chain_update(purpose);
        let mut key = Zeroizing::new([0; LENGTH]);
        key.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        key
    }
}

impl FromStr for SessionKey {
    type Err = UnusableKey;

    fn from_str(text: &str) -> Result<Self, UnusableKey> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).map_err(|_| UnusableKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| UnusableKey)?;
        Ok(Self(bytes.into()))
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
    /// Unknown, forged, expired or ended.
    Unknown,
    /// Another user's.
    Foreign,
}

/// Seals and opens session ids.
pub struct SealedSessions {
    cipher: Aes256Gcm,
    /// By nonce.
    ended: Marks,
}

impl SealedSessions {
    /// Sessions of the deployment that has this key; with Redis, ends are known to all of its gateways.
    #[must_use]
    pub fn new(key: &SessionKey, redis: Option<Arc<RedisLink>>, metrics: &Arc<Metrics>) -> Self {
        let ended = Marks::new(Use::EndedSessions, Evicted::EndedSession, VALID_FOR, redis, metrics);
        Self { cipher: Aes256Gcm::new(&key.0), ended }
    }

    /// A new id, of visible ASCII characters, or none if `version` has no sessions.
    pub(super) fn seal(&self, user: &UserId, session: &Session, now: SystemTime) -> Option<String> {
        let nonce = Nonce::<Aes256Gcm>::generate();
        let mut note = Vec::with_capacity(OWNER_BYTES + 9 + MAX_CLIENT_NAME_BYTES);
        note.extend_from_slice(&owner(user));
        note.extend_from_slice(&unix_seconds(now).to_be_bytes());
        note.push(version_code(&session.version)?);
        note.extend_from_slice(shortened(&session.client, MAX_CLIENT_NAME_BYTES).as_bytes());
        let sealed = self.cipher.encrypt(&nonce, note.as_slice()).ok()?;
        let mut id = nonce.to_vec();
        id.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(id))
    }

    /// The session behind an id, if it is this user's and still open.
    pub(super) async fn open(&self, id: &str, user: &UserId, now: SystemTime) -> Result<Session, SessionRefusal> {
        let (_, note) = self.unseal(id, now).await?;
        note.session(user)
    }

    /// Ends a session of this user.
    pub(super) async fn end(&self, id: &str, user: &UserId, now: SystemTime) -> Result<(), SessionRefusal> {
        let (mark, note) = self.unseal(id, now).await?;
        note.session(user)?;
        match self.ended.mark(mark, VALID_FOR.saturating_sub(note.age)).await {
            Mark::First => Ok(()),
            Mark::Again => Err(SessionRefusal::Unknown),
        }
    }

    /// The note of a session that has neither expired nor ended, and the mark under which its end is noted.
    async fn unseal(&self, id: &str, now: SystemTime) -> Result<(MarkId, Note), SessionRefusal> {
        let (nonce, note) = self.decrypt(id).ok_or(SessionRefusal::Unknown)?;
        let note = Note::read(&note, now).ok_or(SessionRefusal::Unknown)?;
        let mut mark = MarkId::default();
        for (to, from) in mark.iter_mut().zip(nonce) {
            *to = from;
        }
        if note.age >= VALID_FOR || self.ended.has(mark).await {
            return Err(SessionRefusal::Unknown);
        }
        Ok((mark, note))
    }

    fn decrypt(&self, id: &str) -> Option<([u8; NONCE_BYTES], Vec<u8>)> {
        if id.len() > MAX_ID_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let note = self.cipher.decrypt(&(*nonce).into(), sealed).ok()?;
        Some((*nonce, note))
    }
}

/// What an id says, once it is opened.
struct Note {
    owner: [u8; OWNER_BYTES],
    age: Duration,
    session: Session,
}

impl Note {
    fn read(note: &[u8], now: SystemTime) -> Option<Self> {
        let (owner, rest) = note.split_first_chunk::<OWNER_BYTES>()?;
        let (issued, rest) = rest.split_first_chunk::<8>()?;
        let (version, client) = rest.split_first()?;
        let age = Duration::from_secs(unix_seconds(now).saturating_sub(u64::from_be_bytes(*issued)));
        let client = String::from_utf8_lossy(client).into_owned();
        Some(Self { owner: *owner, age, session: Session { version: version_of(*version)?, client } })
    }

    fn session(&self, user: &UserId) -> Result<Session, SessionRefusal> {
        if self.owner == owner(user) { Ok(self.session.clone()) } else { Err(SessionRefusal::Foreign) }
    }
}

/// Enough of a hash to tell users apart; the key itself need not travel.
fn owner(user: &UserId) -> [u8; OWNER_BYTES] {
    let hash = Sha256::digest(user.as_str().as_bytes());
    let mut owner = [0; OWNER_BYTES];
    for (to, from) in owner.iter_mut().zip(hash) {
        *to = from;
    }
    owner
}

fn version_code(version: &ProtocolVersion) -> Option<u8> {
    super::era::LEGACY.iter().position(|known| known == version).and_then(|place| u8::try_from(place).ok())
}

fn version_of(code: u8) -> Option<ProtocolVersion> {
    super::era::LEGACY.get(usize::from(code)).cloned()
}

fn shortened(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session { version: ProtocolVersion::V_2025_06_18, client: "Agent ä".to_owned() }
    }

    fn sessions() -> SealedSessions {
        SealedSessions::new(
            &SessionKey::random(),
            None,
            &Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap()),
        )
    }

    #[tokio::test]
    async fn an_id_opens_for_its_owner_alone() {
        let (sessions, now) = (sessions(), SystemTime::now());
        let (alice, bob) = (UserId::for_tests("alice"), UserId::for_tests("bob"));
        let id = sessions.seal(&alice, &session(), now).unwrap();
        assert!(id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{id}");
        assert_eq!(sessions.open(&id, &alice, now).await, Ok(session()));
        assert_eq!(sessions.open(&id, &bob, now).await, Err(SessionRefusal::Foreign));
        assert_eq!(sessions.end(&id, &bob, now).await, Err(SessionRefusal::Foreign));
        assert_eq!(sessions.open(&id, &alice, now).await, Ok(session()));
    }

    #[tokio::test]
    async fn expired_ended_and_forged_ids_are_unknown() {
        let (sessions, now) = (sessions(), SystemTime::now());
        let alice = UserId::for_tests("alice");
        let id = sessions.seal(&alice, &session(), now).unwrap();
        assert!(sessions.open(&id, &alice, now + VALID_FOR - Duration::from_secs(1)).await.is_ok());
        assert_eq!(sessions.open(&id, &alice, now + VALID_FOR).await, Err(SessionRefusal::Unknown));
        for forged in ["", "x", "not base64!", &id[..id.len() - 2], &format!("{id}AA"), &"A".repeat(100_000)] {
            assert_eq!(sessions.open(forged, &alice, now).await, Err(SessionRefusal::Unknown), "{forged:.40}");
        }
        let other = self::sessions();
        assert_eq!(other.open(&id, &alice, now).await, Err(SessionRefusal::Unknown));
        assert_eq!(sessions.end(&id, &alice, now).await, Ok(()));
        assert_eq!(sessions.open(&id, &alice, now).await, Err(SessionRefusal::Unknown));
        assert_eq!(sessions.end(&id, &alice, now).await, Err(SessionRefusal::Unknown));
    }

    #[tokio::test]
    async fn ids_are_never_the_same_twice_and_long_names_are_cut() {
        let (sessions, now) = (sessions(), SystemTime::now());
        let alice = UserId::for_tests("alice");
        let long = Session { client: "ä".repeat(1000), ..session() };
        let (first, second) = (sessions.seal(&alice, &long, now).unwrap(), sessions.seal(&alice, &long, now).unwrap());
        assert_ne!(first, second);
        assert_eq!(sessions.open(&first, &alice, now).await.unwrap().client, "ä".repeat(80));
    }

    #[test]
    fn a_key_is_32_bytes_of_base64() {
        assert!("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".parse::<SessionKey>().is_ok());
        for wrong in ["", "AAEC", "not base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI="] {
            assert_eq!(wrong.parse::<SessionKey>().unwrap_err(), UnusableKey);
        }
        let key = SessionKey::random();
        assert_ne!(key.derived::<32>("one"), key.derived("other"));
        assert_eq!(key.derived::<16>("one").as_slice(), &key.derived::<32>("one")[..16]);
        assert_ne!(key.derived::<32>("one").as_slice(), key.0.as_slice());
        assert_eq!(format!("{:?}", SessionKey::random()), "SessionKey([redacted])");
    }
}
