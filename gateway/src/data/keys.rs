//! The key ring: each user's master key, fetched when it is first needed and kept for a short time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::{
    auth::BearerToken,
    backend::IdentityClient,
    telemetry::{
        Metrics,
        metrics::{Cache as CacheName, CacheMeter, KeyKind, KeyMeter},
    },
};
use mana_mcp_runtime::{
    crypto::{FieldCipher, MasterKey},
    failure::{FailureKind, VaultError},
};

/// Every fetch writes an audit row on the service; a key that was rotated must still be noticed soon.
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
/// Values under other members' keys never open: a key is not fetched for them more often than this,
const RENEWED_AFTER: Duration = Duration::from_secs(60);
/// and for values that were written since it was last fetched, or where it could not be fetched, not more often than this.
const RENEWED_AFTER_NEWS: Duration = Duration::from_secs(5);
/// Users whose keys are held at once.
const MAX_USERS: u64 = 10_000;

/// The master keys of the users who lately touched encrypted fields, as ciphers. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    identity: IdentityClient,
    ciphers: Cache<String, Held>,
    /// When the key of each user was last asked for. Held while asking.
    turns: Cache<String, Arc<Mutex<Option<Instant>>>>,
    meter: CacheMeter,
    fetches: KeyMeter,
}

/// What a cipher is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To read. No vault is made for that.
    Opening,
    /// To write, under the key that the user has at this moment. A user without a vault gets one.
    Sealing,
}

/// A user's cipher.
#[derive(Clone)]
struct Held {
    cipher: Arc<FieldCipher>,
    /// The digest of its key.
    digest: [u8; 32],
    /// When it was last tried whether the key is another one by now. Held while trying.
    tried: Arc<Mutex<Option<Try>>>,
}

/// A try to renew a key.
struct Try {
    at: Instant,
    /// The latest time of the values that did not open before it. `None` where the key could not be fetched.
    newest: Option<String>,
}

impl Try {
    /// Whether another one may bring something new for values of which the newest is that old.
    fn is_over(&self, newest: &str, now: Instant) -> bool {
        let is_news = self.newest.as_deref().is_none_or(|tried| newest > tried);
        let pause = if is_news { RENEWED_AFTER_NEWS } else { RENEWED_AFTER };
        now.saturating_duration_since(self.at) >= pause
    }
}

impl Held {
    fn new(key: &MasterKey, tried: Option<Try>) -> Self {
        let (cipher, digest) = (Arc::new(FieldCipher::new(key)), digest(key));
        Self { cipher, digest, tried: Arc::new(Mutex::new(tried)) }
    }

    fn is_of(&self, key: &MasterKey) -> bool {
        self.digest == digest(key)
    }
}

fn digest(key: &MasterKey) -> [u8; 32] {
    Sha256::digest(key.expose()).into()
}

impl KeyRing {
    /// An empty ring that asks that identity service.
    #[must_use]
    pub fn new(identity: IdentityClient) -> Self {
        let meter = CacheMeter::default();
        let turns = Cache::builder().max_capacity(MAX_USERS).time_to_idle(KEPT_FOR).build();
        Self { identity, ciphers: ciphers(&meter), turns, meter, fetches: KeyMeter::default() }
    }

    /// The same ring, counted.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.meter = metrics.cache(CacheName::MasterKeys);
        self.ciphers = ciphers(&self.meter);
        self.fetches = metrics.key_fetches(KeyKind::Master);
        self
    }

    /// Users whose keys are held, and how many there may be.
    #[must_use]
    pub fn fill(&self) -> (u64, u64) {
        (self.ciphers.entry_count(), MAX_USERS)
    }

    /// The cipher that opens a user's values, fetched with this request's token where it is not held; `None` for a user without
    /// a vault. A refusal is not remembered: it may have been the token's.
    ///
    /// # Errors
    /// Where the user is in zero-knowledge mode, or the identity service does not answer as it should.
    pub async fn opening(&self, user: &str, token: &BearerToken) -> Result<Option<Arc<FieldCipher>>, VaultError> {
        if let Some(held) = self.ciphers.get(user).await {
            self.meter.hit();
            return Ok(Some(held.cipher));
        }
        self.meter.missed();
        Box::pin(self.current(user, token, Purpose::Opening)).await
    }

    /// The cipher under the key that the user has at this moment; a user without a vault gets one. What is sealed under a key
    /// that was rotated is lost, so the key is asked for whenever something is sealed.
    ///
    /// # Errors
    /// As [`KeyRing::opening`].
    pub async fn sealing(&self, user: &str, token: &BearerToken) -> Result<Arc<FieldCipher>, VaultError> {
        self.meter.missed();
        let current = Box::pin(self.current(user, token, Purpose::Sealing)).await?;
        current.ok_or(VaultError::ZeroKnowledgeUser)
    }

    /// The cipher for that purpose. To seal, the key is asked for after this was called: requests that arrive during a fetch
    /// share the one after it.
    async fn current(
        &self,
        user: &str,
        token: &BearerToken,
        purpose: Purpose,
    ) -> Result<Option<Arc<FieldCipher>>, VaultError> {
        let arrived = Instant::now();
        let turn = self.turns.get_with_by_ref(user, async { Arc::default() }).await;
        let mut last = turn.lock().await;
        let held = self.ciphers.get(user).await;
        let is_current = last.is_some_and(|asked| asked >= arrived);
        if let Some(held) = held.as_ref().filter(|_| is_current || purpose == Purpose::Opening) {
            return Ok(Some(Arc::clone(&held.cipher)));
        }
        let asked = Instant::now();
        let Some(key) = self.fetch(token, purpose).await? else { return Ok(None) };
        let current = held.filter(|held| held.is_of(&key)).unwrap_or_else(|| Held::new(&key, None));
        let cipher = Arc::clone(&current.cipher);
        self.ciphers.insert(user.to_owned(), current).await;
        *last = Some(asked);
        Ok(Some(cipher))
    }

    /// The user's cipher where it may be another one than `failed`, under which values did not open: the key may have been
    /// rotated. `newest` is the latest time at which one of them was written. Fetches the key anew, at most once a minute for
    /// the same values and every few seconds for newer ones; requests that arrive meanwhile wait for the same fetch. `None`
    /// where there is nothing new to try, and where it cannot be fetched.
    pub async fn renewed(
        &self,
        user: &str,
        token: &BearerToken,
        failed: &Arc<FieldCipher>,
        newest: &str,
        now: Instant,
    ) -> Option<Arc<FieldCipher>> {
        let Some(held) = self.ciphers.get(user).await else { return self.opening(user, token).await.ok().flatten() };
        let mut tried = held.tried.lock().await;
        // Somebody may have fetched it while we waited.
        if let Some(present) = self.ciphers.get(user).await
            && !Arc::ptr_eq(&present.cipher, failed)
        {
            return Some(present.cipher);
        }
        if tried.as_ref().is_some_and(|tried| !tried.is_over(newest, now)) {
            return None;
        }
        let key = match self.fetch(token, Purpose::Opening).await {
            Ok(Some(key)) => key,
            Ok(None) => return None,
            // This request's token is at fault: the next one may have a good one.
            Err(VaultError::Backend(error)) if error.kind == FailureKind::Unauthorized => return None,
            Err(_) => {
                *tried = Some(Try { at: now, newest: None });
                return None;
            }
        };
        let tried = Try { at: now, newest: Some(newest.to_owned()) };
        let renewed = Held::new(&key, Some(tried));
        let cipher = Arc::clone(&renewed.cipher);
        self.ciphers.insert(user.to_owned(), renewed).await;
        Some(cipher)
    }

    async fn fetch(&self, token: &BearerToken, purpose: Purpose) -> Result<Option<MasterKey>, VaultError> {
        let key = match self.identity.master_key(token).await {
            Ok(None) if purpose == Purpose::Sealing => self.identity.make_vault(token).await.map(Some),
            key => key,
        };
        self.fetches.fetched(&key);
        key
    }
}

fn ciphers(meter: &CacheMeter) -> Cache<String, Held> {
    let meter = meter.clone();
    Cache::builder()
        .max_capacity(MAX_USERS)
        .time_to_live(KEPT_FOR)
        .eviction_listener(move |_, _, cause| meter.removed(cause))
        .build()
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("users", &self.ciphers.entry_count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
