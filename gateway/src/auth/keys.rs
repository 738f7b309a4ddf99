//! The identity service's public keys: fetched once, again when a token names an unknown one, kept while it is away.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, CommonParameters, EllipticCurve, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use mana_mcp_service::metrics::Counter;
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};

use super::{AuthError, AuthFailure};
use crate::{
    backend::IdentityClient,
    telemetry::{
        Metrics,
        metrics::{KeyKind, KeyMeter, SHED, Shed},
    },
};

/// Strangers can name unknown keys as fast as they like; the identity service is asked for these no more often than this,
/// and no more often after it failed.
const REFETCH_INTERVAL: Duration = Duration::from_secs(5);
/// A key that the identity service withdrew is trusted no longer than this, if the service can be reached.
const MAX_AGE: Duration = Duration::from_secs(60);
/// While the service cannot be reached, its last keys are trusted no longer than this.
const MAX_AGE_ALONE: Duration = Duration::from_secs(3600);
/// Requests that wait while the keys are fetched. Anybody can name an unknown key; those whose keys are known do not wait.
const MAX_WAITING: usize = 16;
/// More keys than any rotation has at once.
const MAX_KEYS: usize = 64;

type KeySet = HashMap<String, Arc<Key>>;

/// A public key.
pub(super) struct Key {
    id: String,
    /// Its point, as published: what makes it this key and no other one of its id.
    point: String,
    pub(super) decoding: DecodingKey,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.point == other.point
    }
}

/// The known keys, by id.
pub(super) struct Keys {
    identity: IdentityClient,
    known: RwLock<Known>,
    /// Held while fetching (single flight).
    attempts: Mutex<Attempts>,
    waiting: Semaphore,
    meter: KeyMeter,
    crowded: Counter,
}

struct Known {
    keys: Arc<KeySet>,
    fetched_at: Option<Instant>,
}

impl Known {
    fn age(&self, now: Instant) -> Duration {
        self.fetched_at.map_or(Duration::MAX, |at| now.saturating_duration_since(at))
    }
}

/// What was tried already.
#[derive(Default)]
struct Attempts {
    last: Option<Attempt>,
    /// When the service was last asked because a key was not among the present ones.
    for_unknown: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Attempt {
    at: Instant,
    succeeded: bool,
}

/// Why the keys are to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// There are none, or they were fetched long ago.
    Aged,
    /// They are fresh, but one is not among them: the service may have made it since.
    UnknownKey,
}

impl Keys {
    pub(super) fn new(identity: IdentityClient) -> Self {
        let known = Known { keys: Arc::default(), fetched_at: None };
        Self {
            identity,
            known: RwLock::new(known),
            attempts: Mutex::default(),
            waiting: Semaphore::new(MAX_WAITING),
            meter: KeyMeter::default(),
            crowded: Counter::noop(),
        }
    }

    pub(super) fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.meter = metrics.key_fetches(KeyKind::Signing);
        self.crowded = metrics.counter(&SHED, (Shed::UnknownKeys.into(),));
        self
    }

    /// Whether the key is still the one of its id, asking the identity service when it was last asked long ago.
    pub(super) async fn still_have(&self, key: &Key, now: Instant) -> Result<bool, AuthError> {
        let present = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.keys.get(&key.id).filter(|_| known.age(now) < MAX_AGE).map(|present| **present == *key)
        };
        match present {
            Some(is_it) => Ok(is_it),
            None => Box::pin(self.find(&key.id, now)).await.map(|found| *found == *key),
        }
    }

    /// The key of that id, asking the identity service when it is not known or was fetched long ago.
    pub(super) async fn find(&self, key_id: &str, now: Instant) -> Result<Arc<Key>, AuthError> {
        let (found, age) = self.look_up(key_id, now);
        match found {
            Some(key) if age < MAX_AGE => return Ok(key),
            // An aged key still serves; the first request renews the set, and the others do not wait for it.
            Some(key) if age < MAX_AGE_ALONE => {
                let Ok(mut attempts) = self.attempts.try_lock() else { return Ok(key) };
                if !self.fetch(&mut attempts, Why::Aged, now).await {
                    return Ok(key);
                }
            }
            Some(_) | None => {
                // While no key is known, everybody has to wait for the first ones.
                let _turn = if age < MAX_AGE_ALONE {
                    let turn = self.waiting.try_acquire();
                    Some(turn.map_err(|_| {
                        self.crowded.increment(1);
                        AuthError::Crowded
                    })?)
                } else {
                    None
                };
                let mut attempts = self.attempts.lock().await;
                // Somebody may have fetched it while we waited.
                let why = match self.look_up(key_id, now) {
                    (Some(key), age) if age < MAX_AGE => return Ok(key),
                    (None, age) if age < MAX_AGE => Why::UnknownKey,
                    _ => Why::Aged,
                };
                if !self.fetch(&mut attempts, why, now).await {
                    return Err(AuthError::Unavailable);
                }
            }
        }
        self.look_up(key_id, now).0.ok_or(AuthError::Refused(AuthFailure::UnknownKey))
    }

    /// The key of that id, and how long ago the service said so.
    fn look_up(&self, key_id: &str, now: Instant) -> (Option<Arc<Key>>, Duration) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.keys.get(key_id).cloned(), known.age(now))
    }

    /// Renews the set unless that was tried just now. Whether the set is the service's present one, as far as is known.
    async fn fetch(&self, attempts: &mut Attempts, why: Why, now: Instant) -> bool {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < REFETCH_INTERVAL;
        if let Some(last) = attempts.last
            && is_recent(last.at)
        {
            // A key may be made a moment after a fetch for another reason: its first token is no stranger's.
            let may_be_new = why == Why::UnknownKey && !attempts.for_unknown.is_some_and(is_recent);
            if !(last.succeeded && may_be_new) {
                return last.succeeded;
            }
        }
        if why == Why::UnknownKey {
            attempts.for_unknown = Some(now);
        }
        let answer = self.identity.jwks().await;
        self.meter.fetched(&answer);
        attempts.last = Some(Attempt { at: now, succeeded: answer.is_ok() });
        match answer {
            Ok(set) => {
                let keys = Arc::new(usable(&set));
                tracing::debug!(keys = keys.len(), "fetched the identity service's keys");
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Known { keys, fetched_at: Some(now) };
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the identity service's keys could not be fetched; keeping those that are known");
                false
            }
        }
    }
}

/// The keys of a set that verify tokens. What is of another kind is no concern of ours, and not an error.
fn usable(set: &JwkSet) -> KeySet {
    let keys = set.keys.iter().filter_map(|jwk| {
        let AlgorithmParameters::OctetKeyPair(pair) = &jwk.algorithm else { return None };
        let is_ours = pair.curve == EllipticCurve::Ed25519 && is_for_signatures(&jwk.common) && !is_weak(&pair.x);
        let id = jwk.common.key_id.clone().filter(|_| is_ours)?;
        let key = Key { id: id.clone(), point: pair.x.clone(), decoding: DecodingKey::from_jwk(jwk).ok()? };
        Some((id, Arc::new(key)))
    });
    keys.take(MAX_KEYS).collect()
}

/// Whether a key may verify signatures of this algorithm, as far as it says what it is for (RFC 7517, 4.2 to 4.4).
fn is_for_signatures(key: &CommonParameters) -> bool {
    let is_use = matches!(key.public_key_use, None | Some(PublicKeyUse::Signature));
    let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
    let is_algorithm = matches!(key.key_algorithm, None | Some(KeyAlgorithm::EdDSA));
    is_use && is_algorithm && key.key_operations.as_ref().is_none_or(verifies)
}

/// Whether a point is none, or one for which anybody can make signatures.
fn is_weak(point: &str) -> bool {
    let point = BASE64_URL_SAFE_NO_PAD.decode(point).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = point.and_then(|point| VerifyingKey::from_bytes(&point).ok());
    key.is_none_or(|key| key.is_weak())
}
