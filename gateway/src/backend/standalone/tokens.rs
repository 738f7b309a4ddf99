//! Tokens: EdDSA JWTs, signed with a key that lives wrapped in the database.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    accounts::{self, User},
    error::{StandaloneError, StoreError},
    key_file::random_key,
    store::Store,
};
use crate::auth::{eddsa, unix_now};

const AUDIENCE: &str = "mana";
/// PKCS #8 (RFC 8410) around the 32 bytes of an Ed25519 key.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// Verified tokens that are remembered.
const MAX_REMEMBERED: u64 = 10_000;

/// Keys that are published at a time, after rotations.
const MAX_KEYS: usize = 8;

/// Issues and verifies tokens.
pub(super) struct Tokens {
    issuer: String,
    /// The first one signs; the others are still good. Never empty.
    keys: RwLock<Vec<Arc<Key>>>,
    /// Verified tokens by digest: a signature is checked once.
    remembered: Cache<[u8; 32], Arc<Verified>>,
}

/// A key pair.
struct Key {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The public key, as the JWKS has it.
    x: String,
}

/// What becomes of the former keys where a new one signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Former {
    /// They stay published, and their tokens good.
    Kept,
    /// They are withdrawn.
    Withdrawn,
}

#[derive(Debug)]
struct Verified {
    user: User,
    expires: u64,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    email: &'a str,
    role: &'a str,
    tier: &'a str,
    sid: String,
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl Tokens {
    /// Reads the signing key, or makes it where there is none yet.
    pub(super) fn open(store: &Arc<Store>, issuer: &str) -> Result<Self, StandaloneError> {
        let (kid, seed) = {
            let keys = store.key_wrap();
            store.write_blocking(move |db| {
                let select = "SELECT kid, wrapped FROM signing_keys ORDER BY kid LIMIT 1";
                let stored: Option<(String, Vec<u8>)> =
                    db.prepare(select)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.next().transpose()?;
                if let Some((kid, wrapped)) = stored {
                    let seed = keys.unwrap(&kid, &wrapped)?;
                    return Ok((kid, seed));
                }
                let (kid, seed) = (Uuid::new_v4().to_string(), random_key()?);
                let wrapped = keys.wrap(&kid, &seed)?;
                db.execute("INSERT INTO signing_keys (kid, wrapped) VALUES (?1, ?2)", params![kid, wrapped])?;
                Ok((kid, seed))
            })?
        };
        eddsa::install();
        let keys = RwLock::new(vec![Arc::new(Key::new(kid, &seed))]);
        Ok(Self { issuer: issuer.to_owned(), keys, remembered: Cache::new(MAX_REMEMBERED) })
    }

    /// Signs with a new key from now on. It lives as long as this process: the stored one is the first again at the next
    /// start.
    pub(super) fn rotate(&self, former: Former) -> Result<(), StoreError> {
        let key = Arc::new(Key::new(Uuid::new_v4().to_string(), &*random_key()?));
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if former == Former::Withdrawn {
            keys.clear();
            self.remembered.invalidate_all();
        }
        keys.insert(0, key);
        keys.truncate(MAX_KEYS);
        Ok(())
    }

    /// The public keys.
    pub(super) fn jwks(&self) -> Value {
        let published = |key: &Arc<Key>| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": key.x });
        json!({ "keys": self.keys().iter().map(published).collect::<Vec<_>>() })
    }

    fn keys(&self) -> Vec<Arc<Key>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token for a user.
    pub(super) fn issue(&self, user: &User, lifetime: Duration) -> Result<String, StandaloneError> {
        let now = unix_now();
        let keys = self.keys();
        let key = keys.first().ok_or(StandaloneError::Closed)?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let claims = Claims {
            sub: &user.id,
            email: &user.email,
            role: "user",
            tier: "public",
            sid: Uuid::new_v4().to_string(),
            iss: &self.issuer,
            aud: AUDIENCE,
            iat: now,
            exp: now.saturating_add(lifetime.as_secs()),
        };
        Ok(jsonwebtoken::encode(&header, &claims, &key.signing)?)
    }

    /// The user whose valid token the headers carry.
    pub(super) async fn user(&self, store: &Store, headers: &HeaderMap) -> Result<User, Refusal> {
        let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or(Refusal::Unauthorized)?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        let verified = match self.remembered.get(&digest) {
            Some(verified) => verified,
            None => {
                let (user, expires) = self.verify(token).ok_or(Refusal::Unauthorized)?;
                // The token of a user whom the database does not know was made for another database.
                let user = store.read(move |db| accounts::user(db, &user)).await?.ok_or(Refusal::Unauthorized)?;
                let verified = Arc::new(Verified { user, expires });
                self.remembered.insert(digest, Arc::clone(&verified));
                verified
            }
        };
        if verified.expires <= unix_now() { Err(Refusal::Unauthorized) } else { Ok(verified.user.clone()) }
    }

    /// The user's id, and when the token ends.
    fn verify(&self, token: &str) -> Option<(String, u64)> {
        #[derive(Deserialize)]
        struct Claims {
            sub: String,
            exp: u64,
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["sub", "exp", "aud", "iss"]);
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.keys().into_iter().find(|key| key.kid == kid)?;
        let token = jsonwebtoken::decode::<Claims>(token, &key.verifying, &validation).ok()?;
        Some((token.claims.sub, token.claims.exp))
    }
}

impl Key {
    fn new(kid: String, seed: &[u8; 32]) -> Self {
        let public = SigningKey::from_bytes(seed).verifying_key();
        let der = Zeroizing::new([PKCS8.as_slice(), seed.as_slice()].concat());
        Self {
            kid,
            signing: EncodingKey::from_ed_der(&der),
            verifying: DecodingKey::from_ed_der(public.as_bytes()),
            x: URL_SAFE_NO_PAD.encode(public.as_bytes()),
        }
    }
}

/// Why a request is not served.
#[derive(Debug)]
pub(super) enum Refusal {
    Unauthorized,
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
