//! From a token to a [`Principal`]: signature and claims are checked once, then remembered for a while, as long as token and
//! key last.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, Validation};
use mana_mcp_runtime::tool::Effects;
use mana_mcp_standalone::{Grant, Grants, eddsa};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    AuthError, AuthFailure, BearerToken, Principal, Rights, UserId,
    claims::{self, Claims, Expectations, TokenHeader},
    keys::{Key, Keys},
};
use crate::{
    backend::IdentityClient,
    telemetry::{
        Metrics,
        metrics::{Cache as CacheName, CacheMeter},
    },
};

/// Longer tokens than any identity service issues are not worth hashing.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// About 1 KiB each.
const MAX_REMEMBERED: u64 = 10_000;
/// A token with a far expiry is checked anew after this time.
const REMEMBER_FOR: Duration = Duration::from_secs(900);

/// Verifies bearer tokens.
pub struct Verifier {
    expected: Expectations,
    keys: Keys,
    grants: Option<Grants>,
    signature_only: Validation,
    /// By SHA-256, so that a dump of the process's memory map does not list tokens by key.
    remembered: Cache<[u8; 32], Remembered>,
    meter: CacheMeter,
}

/// A token that was verified, with the key that it stands on: it ends where the key does.
#[derive(Clone)]
struct Remembered {
    principal: Principal,
    key: Arc<Key>,
    granted: Option<Granted>,
}

/// The grant of a token, as it was when the caller was made.
#[derive(Clone)]
struct Granted {
    grant: Arc<Grant>,
    /// What the token allows of it.
    effects: Effects,
}

impl Verifier {
    /// A verifier that trusts the keys of that identity service.
    #[must_use]
    pub fn new(identity: IdentityClient, expected: Expectations) -> Self {
        eddsa::install();
        // The claims are checked by `Claims::check`: exactly, with a reason, and by a given clock.
        let mut signature_only = Validation::new(Algorithm::EdDSA);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_nbf = false;
        signature_only.validate_aud = false;
        let meter = CacheMeter::default();
        Self {
            expected,
            keys: Keys::new(identity),
            grants: None,
            signature_only,
            remembered: remembered(&meter),
            meter,
        }
    }

    /// The same verifier, which knows what people have granted to programs.
    #[must_use]
    pub fn with_grants(self, grants: Grants) -> Self {
        Self { grants: Some(grants), ..self }
    }

    /// The same verifier, counted.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.meter = metrics.cache(CacheName::Tokens);
        self.remembered = remembered(&self.meter);
        self.keys = self.keys.with_metrics(metrics);
        self
    }

    /// Tokens that are remembered, and how many there may be.
    #[must_use]
    pub fn fill(&self) -> (u64, u64) {
        (self.remembered.entry_count(), MAX_REMEMBERED)
    }

    /// The caller behind a token.
    pub async fn verify(&self, token: BearerToken) -> Result<Principal, AuthError> {
        self.verify_at(token, unix_now(), Instant::now()).await
    }

    pub(super) async fn verify_at(
        &self,
        token: BearerToken,
        now: u64,
        instant: Instant,
    ) -> Result<Principal, AuthError> {
        if token.expose().len() > MAX_TOKEN_BYTES {
            return Err(AuthFailure::Malformed.into());
        }
        let digest: [u8; 32] = Sha256::digest(token.expose()).into();
        if let Some(remembered) = self.remembered.get(&digest).await {
            let is_current = claims::is_current(remembered.principal.expires_at(), now);
            if is_current && self.keys.still_have(&remembered.key, instant).await? {
                self.meter.hit();
                return match &remembered.granted {
                    None => Ok(remembered.principal),
                    Some(granted) => Box::pin(self.still_granted(&remembered, granted, digest)).await,
                };
            }
            Box::pin(self.remembered.invalidate(&digest)).await;
            if !is_current {
                return Err(AuthFailure::Expired.into());
            }
        }
        self.meter.missed();
        // Boxed: what is seldom needed makes no room in what every request carries around.
        Box::pin(self.check(token, digest, now, instant)).await
    }

    /// Verifies a token that is not remembered.
    async fn check(
        &self,
        token: BearerToken,
        digest: [u8; 32],
        now: u64,
        instant: Instant,
    ) -> Result<Principal, AuthError> {
        let header = TokenHeader::read(token.expose())?;
        let key = self.keys.find(header.key_id()?, instant).await?;
        let claims = jsonwebtoken::decode::<Claims>(token.expose(), &key.decoding, &self.signature_only)
            .map_err(|error| refusal(&error))?
            .claims
            .check(&self.expected, now)?;
        let granted = match &claims.grant {
            None => None,
            Some(id) => Some(Granted { grant: self.grant(id, &claims.subject).await?, effects: claims.effects }),
        };
        let rights = granted.as_ref().map_or_else(|| Rights::of_effects(claims.effects), Granted::rights);
        let user = UserId::new(&claims.issuer, &claims.subject);
        let principal = Principal::new(user, claims.subject, token, claims.expires_at, Arc::new(rights));
        self.remembered.insert(digest, Remembered { principal: principal.clone(), key, granted }).await;
        Ok(principal)
    }

    /// The grant of that id, if the user has not ended it.
    async fn grant(&self, id: &str, subject: &str) -> Result<Arc<Grant>, AuthError> {
        let grants = self.grants.as_ref().ok_or(AuthFailure::Issuer)?;
        let grant = grants.current(id).await.map_err(|_| AuthError::Unavailable)?;
        Ok(grant.filter(|grant| grant.user == subject).ok_or(AuthFailure::Rejected)?)
    }

    /// The caller behind a remembered token, with the rights that its grant has now.
    async fn still_granted(
        &self,
        Remembered { principal, key, .. }: &Remembered,
        Granted { grant, effects }: &Granted,
        digest: [u8; 32],
    ) -> Result<Principal, AuthError> {
        let current = match self.grant(&grant.id, &grant.user).await {
            Ok(current) => current,
            Err(refused) => {
                self.remembered.invalidate(&digest).await;
                return Err(refused);
            }
        };
        if Arc::ptr_eq(&current, grant) || current.has_same_rights(grant) {
            return Ok(principal.clone());
        }
        let granted = Granted { grant: current, effects: *effects };
        let principal = principal.with_rights(granted.rights());
        let remembered = Remembered { principal: principal.clone(), key: Arc::clone(key), granted: Some(granted) };
        self.remembered.insert(digest, remembered).await;
        Ok(principal)
    }
}

impl Granted {
    fn rights(&self) -> Rights {
        let Self { grant, effects } = self;
        Rights::of_effects(grant.effects.and(*effects))
            .within(grant.modules.clone(), grant.spaces.clone())
            .at(grant.endpoint.clone())
    }
}

fn remembered(meter: &CacheMeter) -> Cache<[u8; 32], Remembered> {
    let meter = meter.clone();
    Cache::builder()
        .max_capacity(MAX_REMEMBERED)
        .time_to_live(REMEMBER_FOR)
        .eviction_listener(move |_, _, cause| meter.removed(cause))
        .build()
}

fn refusal(error: &jsonwebtoken::errors::Error) -> AuthFailure {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => AuthFailure::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => AuthFailure::Algorithm,
        // The list of the library's kinds is open; whatever else it finds, the token is not well formed.
        _ => AuthFailure::Malformed,
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
