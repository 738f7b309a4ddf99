//! The key ring: each user's master key, fetched when it is first needed and kept for a short time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::future::Cache;
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
    meter: CacheMeter,
    fetches: KeyMeter,
}

/// A user's cipher.
#[derive(Clone)]
struct Held {
    cipher: Arc<FieldCipher>,
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
        Self { cipher: Arc::new(FieldCipher::new(key)), tried: Arc::new(Mutex::new(tried)) }
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
            // Boxed: what is seldom needed makes no room in what every call carries around.
            let fetched = Box::pin(self.ciphers.try_get_with_by_ref(user, fetch)).await;
            match fetched.map_err(|error: Arc<VaultError>| *error) {
                // That was another request's token, which says nothing about this one's.
                Err(VaultError::Backend(error)) if error.kind == FailureKind::Unauthorized && !asked => {}
                outcome => return outcome.map(|held| held.cipher),
            }
        }
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
        let Some(held) = self.ciphers.get(user).await else { return self.cipher(user, token).await.ok() };
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
        let key = match self.fetch(token).await {
            Ok(key) => key,
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

#[cfg(test)]
mod tests;
