//! The key ring: each user's master key, fetched when it is first needed and kept for a short time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::future::Cache;
use tokio::sync::Mutex;

use super::FieldCipher;
use crate::{
    auth::BearerToken,
    backend::{FailureKind, IdentityClient, MasterKey, VaultError},
    telemetry::{
        Metrics,
        metrics::{Cache as CacheName, CacheMeter, KeyKind, KeyMeter},
    },
};

/// Every fetch writes an audit row on the service; a key that was rotated must still be noticed soon.
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
/// Values under other members' keys never open: a key is not fetched for them more often than this.
const RENEWED_AFTER: Duration = Duration::from_secs(60);
/// Users whose keys are held at once.
const MAX_USERS: u64 = 10_000;

/// The master keys of the users who lately touched encrypted fields, as ciphers. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    identity: IdentityClient,
    ciphers: Cache<String, Held>,
    meter: CacheMeter,
    fetches: KeyMeter,
}

/// A user's cipher.
#[derive(Clone)]
struct Held {
    cipher: Arc<FieldCipher>,
    /// When it was last tried whether the key is another one by now. Held while trying.
    renewal: Arc<Mutex<Option<Instant>>>,
}

impl Held {
    fn new(key: &MasterKey, renewed: Option<Instant>) -> Self {
        Self { cipher: Arc::new(FieldCipher::new(key)), renewal: Arc::new(Mutex::new(renewed)) }
    }
}

impl KeyRing {
    /// An empty ring that asks that identity service.
    #[must_use]
    pub fn new(identity: IdentityClient) -> Self {
        let meter = CacheMeter::default();
        Self { identity, ciphers: ciphers(&meter), meter, fetches: KeyMeter::default() }
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

    /// The cipher of a user, fetched with this request's token where it is not held. Requests that arrive during a fetch
    /// wait for it. A refusal is not remembered: it may have been the token's.
    ///
    /// # Errors
    /// Where the user is in zero-knowledge mode, or the identity service does not answer as it should.
    pub async fn cipher(&self, user: &str, token: &BearerToken) -> Result<Arc<FieldCipher>, VaultError> {
        if let Some(held) = self.ciphers.get(user).await {
            self.meter.hit();
            return Ok(held.cipher);
        }
        self.meter.missed();
        loop {
            let mut asked = false;
            let fetch = async {
                asked = true;
                let key = self.fetch(token).await?;
                Ok(Held::new(&key, None))
            };
            match self.ciphers.try_get_with_by_ref(user, fetch).await.map_err(|error: Arc<VaultError>| *error) {
                // That was another request's token, which says nothing about this one's.
                Err(VaultError::Backend(error)) if error.kind == FailureKind::Unauthorized && !asked => {}
                outcome => return outcome.map(|held| held.cipher),
            }
        }
    }

    /// The user's cipher where it may be another one than `failed`, under which a value did not open: the key may have been
    /// rotated. Fetches it anew, for a user not more often than once a minute; requests that arrive meanwhile wait for the
    /// same fetch. `None` where there is nothing new to try, and where it cannot be fetched.
    pub async fn renewed(
        &self,
        user: &str,
        token: &BearerToken,
        failed: &Arc<FieldCipher>,
        now: Instant,
    ) -> Option<Arc<FieldCipher>> {
        let Some(held) = self.ciphers.get(user).await else { return self.cipher(user, token).await.ok() };
        let mut tried = held.renewal.lock().await;
        // Somebody may have fetched it while we waited.
        if let Some(present) = self.ciphers.get(user).await
            && !Arc::ptr_eq(&present.cipher, failed)
        {
            return Some(present.cipher);
        }
        if tried.is_some_and(|at| now.saturating_duration_since(at) < RENEWED_AFTER) {
            return None;
        }
        *tried = Some(now);
        let key = self.fetch(token).await.ok()?;
        let renewed = Held::new(&key, Some(now));
        let cipher = Arc::clone(&renewed.cipher);
        self.ciphers.insert(user.to_owned(), renewed).await;
        Some(cipher)
    }

    async fn fetch(&self, token: &BearerToken) -> Result<MasterKey, VaultError> {
        let key = self.identity.master_key(token).await;
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
