//! Tokens: EdDSA JWTs, signed with a key that lives wrapped in the database.

use std::{
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use mana_mcp_runtime::tool::Effects;
use moka::sync::Cache;
use rusqlite::params;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    accounts::{self, User},
    clock::since_epoch,
    eddsa,
    error::{StandaloneError, StoreError},
    key_file::random_key,
    store::Store,
};

/// How long a token lives where nothing else is asked for: as long as the real service's.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
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
    /// The authorization server of the gateway in this process, where there is one.
    own_issuer: OnceLock<String>,
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
pub enum Former {
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
    aud: Audience<'a>,
    iat: u64,
    exp: u64,
    #[serde(flatten)]
    granted: Option<GrantedClaims<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    Mana(&'a str),
    AtEndpoint([String; 2]),
}

/// What tokens say that stand on a grant (RFC 9068).
#[derive(Serialize)]
struct GrantedClaims<'a> {
    client_id: &'a str,
    scope: String,
    mana_grant: &'a str,
}

/// A token for what a person granted to a program.
pub(super) struct GrantedToken<'a> {
    pub(super) user: &'a str,
    pub(super) email: &'a str,
    pub(super) grant: &'a str,
    pub(super) client: &'a str,
    /// The path of the MCP endpoint.
    pub(super) endpoint: &'a str,
    pub(super) effects: Effects,
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
        let (issuer, remembered) = (issuer.to_owned(), Cache::new(MAX_REMEMBERED));
        Ok(Self { issuer, own_issuer: OnceLock::new(), keys, remembered })
    }

    /// Also issues tokens for grants, as that issuer. The first one stays.
    pub(super) fn also_issue_as(&self, issuer: &str) {
        let _ = self.own_issuer.set(issuer.to_owned());
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
        let claims = Claims::of_user(&user.id, &user.email, &self.issuer, lifetime);
        self.sign(Header::new(Algorithm::EdDSA), &claims)
    }

    /// A token for a grant.
    pub(super) fn issue_granted(
        &self,
        token: &GrantedToken<'_>,
        lifetime: Duration,
    ) -> Result<String, StandaloneError> {
        let issuer = self.own_issuer.get().ok_or(StandaloneError::Closed)?;
        let claims = Claims {
            aud: Audience::AtEndpoint([AUDIENCE.to_owned(), format!("{issuer}{}", token.endpoint)]),
            granted: Some(GrantedClaims {
                client_id: token.client,
                scope: token.effects.to_string(),
                mana_grant: token.grant,
            }),
            ..Claims::of_user(token.user, token.email, issuer, lifetime)
        };
        self.sign(Header { typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::EdDSA) }, &claims)
    }

    fn sign(&self, header: Header, claims: &Claims<'_>) -> Result<String, StandaloneError> {
        let keys = self.keys();
        let key = keys.first().ok_or(StandaloneError::Closed)?;
        let header = Header { kid: Some(key.kid.clone()), ..header };
        Ok(jsonwebtoken::encode(&header, claims, &key.signing)?)
    }

    /// The grant of an access token that this process accepts, or accepted before it expired.
    pub(super) fn grant_of(&self, token: &str) -> Option<String> {
        #[derive(Deserialize)]
        struct OfGrant {
            mana_grant: String,
        }
        let mut validation = self.validation();
        validation.validate_exp = false;
        Some(self.decoded::<OfGrant>(token, &validation)?.mana_grant)
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
        if verified.expires <= since_epoch().as_secs() { Err(Refusal::Unauthorized) } else { Ok(verified.user.clone()) }
    }

    /// The user's id, and when the token ends.
    fn verify(&self, token: &str) -> Option<(String, u64)> {
        #[derive(Deserialize)]
        struct Claims {
            sub: String,
            exp: u64,
        }
        let Claims { sub, exp } = self.decoded(token, &self.validation())?;
        Some((sub, exp))
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        validation.set_audience(&[AUDIENCE]);
        let issuers: Vec<&String> = std::iter::once(&self.issuer).chain(self.own_issuer.get()).collect();
        validation.set_issuer(&issuers);
        validation.set_required_spec_claims(&["sub", "exp", "aud", "iss"]);
        validation
    }

    fn decoded<C: DeserializeOwned>(&self, token: &str, validation: &Validation) -> Option<C> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.keys().into_iter().find(|key| key.kid == kid)?;
        Some(jsonwebtoken::decode::<C>(token, &key.verifying, validation).ok()?.claims)
    }
}

impl<'a> Claims<'a> {
    fn of_user(sub: &'a str, email: &'a str, iss: &'a str, lifetime: Duration) -> Self {
        let now = since_epoch().as_secs();
        Self {
            sub,
            email,
            role: "user",
            tier: "public",
            sid: Uuid::new_v4().to_string(),
            iss,
            aud: Audience::Mana(AUDIENCE),
            iat: now,
            exp: now.saturating_add(lifetime.as_secs()),
            granted: None,
        }
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
