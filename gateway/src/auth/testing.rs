//! An identity service for tests: keys to sign with, tokens by recipe, spaces by user; counted, and able to fail.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, http::HeaderMap, response::IntoResponse, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use http::StatusCode;
use serde_json::{Value, json};

use super::{BearerToken, Principal, Rights, UserId};
use crate::backend::{IdentityClient, Transport};

pub(crate) const ISSUER: &str = "http://issuer.test";

/// How the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Failing,
    /// Refuses every token, as after a sign-out.
    Refusing,
    /// Does not answer within the life of a test.
    Hanging,
}

#[derive(Clone)]
pub(crate) struct Identity(Arc<Inner>);

struct Inner {
    state: Mutex<Served>,
    pub(crate) key_fetches: AtomicUsize,
    pub(crate) space_fetches: AtomicUsize,
}

struct Served {
    mood: Mood,
    keys: BTreeMap<String, SigningKey>,
    /// In place of `keys`, as they are published.
    jwks: Option<Value>,
    spaces: BTreeMap<String, Value>,
}

impl Identity {
    /// With one key, `k1`.
    pub(crate) fn new() -> Self {
        let served = Served { mood: Mood::Well, keys: BTreeMap::new(), jwks: None, spaces: BTreeMap::new() };
        let identity =
            Self(Arc::new(Inner { state: Mutex::new(served), key_fetches: 0.into(), space_fetches: 0.into() }));
        identity.set_keys(&["k1"]);
        identity
    }

    pub(crate) fn client(&self) -> IdentityClient {
        IdentityClient::new(Transport::InProcess(self.router()))
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.0.state.lock().unwrap().mood = mood;
    }

    pub(crate) fn set_keys(&self, ids: &[&str]) {
        self.0.state.lock().unwrap().keys = ids.iter().map(|id| ((*id).to_owned(), signing_key(id))).collect();
    }

    /// Publishes this set of keys as it is.
    pub(crate) fn set_jwks(&self, jwks: Value) {
        self.0.state.lock().unwrap().jwks = Some(jwks);
    }

    /// Publishes the key of `other` under that id.
    pub(crate) fn replace_key(&self, id: &str, other: &str) {
        self.0.state.lock().unwrap().keys.insert(id.to_owned(), signing_key(other));
    }

    /// The spaces of a user, as `(id, type)`.
    pub(crate) fn set_spaces(&self, subject: &str, spaces: &[(&str, &str)]) {
        let spaces = spaces
            .iter()
            .map(|(id, kind)| json!({ "id": id, "name": id, "slug": null, "metadata": { "type": kind } }))
            .collect();
        self.0.state.lock().unwrap().spaces.insert(subject.to_owned(), spaces);
    }

    pub(crate) fn key_fetches(&self) -> usize {
        self.0.key_fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn space_fetches(&self) -> usize {
        self.0.space_fetches.load(Ordering::SeqCst)
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/api/auth/jwks", get(jwks))
            .route("/api/auth/organization/list", get(spaces))
            .with_state(self.clone())
    }

    async fn answer(&self, body: impl FnOnce(&Served) -> Value) -> axum::response::Response {
        let mood = self.0.state.lock().unwrap().mood;
        // Lets requests that came together wait together.
        tokio::task::yield_now().await;
        match mood {
            Mood::Well => Json(body(&self.0.state.lock().unwrap())).into_response(),
            Mood::Failing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Mood::Refusing => StatusCode::UNAUTHORIZED.into_response(),
            Mood::Hanging => {
                tokio::time::sleep(Duration::from_secs(3600)).await;
                StatusCode::OK.into_response()
            }
        }
    }
}

async fn jwks(State(identity): State<Identity>) -> axum::response::Response {
    identity.0.key_fetches.fetch_add(1, Ordering::SeqCst);
    identity
        .answer(|served| {
            let keys = served.keys.iter().map(|(id, key)| {
                let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": id, "x": x })
            });
            served.jwks.clone().unwrap_or_else(|| json!({ "keys": keys.collect::<Vec<_>>() }))
        })
        .await
}

async fn spaces(State(identity): State<Identity>, headers: HeaderMap) -> axum::response::Response {
    identity.0.space_fetches.fetch_add(1, Ordering::SeqCst);
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let subject = claims["sub"].as_str().unwrap().to_owned();
    identity.answer(|served| served.spaces.get(&subject).cloned().unwrap_or_else(|| json!([]))).await
}

/// The key of that id: the same in every test.
pub(crate) fn signing_key(id: &str) -> SigningKey {
    let mut seed = [7; 32];
    for (byte, of_id) in seed.iter_mut().zip(id.bytes()) {
        *byte ^= of_id;
    }
    SigningKey::from_bytes(&seed)
}

/// A token with exactly this header and these claims, signed by the key `k1`.
pub(crate) fn sign(header: &Value, claims: &Value) -> String {
    sign_with(&signing_key("k1"), header, claims)
}

pub(crate) fn sign_with(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

pub(crate) fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" })
}

/// Good claims of a user until that time.
pub(crate) fn claims(subject: &str, expires_at: u64) -> Value {
    json!({ "sub": subject, "iss": ISSUER, "aud": "mana", "exp": expires_at, "role": "user" })
}

/// A good token of a user, for an hour from now.
pub(crate) fn token(subject: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    sign(&header(), &claims(subject, now + 3600))
}

impl UserId {
    /// A user of the test issuer.
    pub(crate) fn for_tests(subject: &str) -> Self {
        Self::new(ISSUER, subject)
    }
}

impl Principal {
    /// A caller whom nobody verified.
    pub(crate) fn for_tests(subject: &str) -> Self {
        let token = BearerToken::new(token(subject));
        Self::new(UserId::for_tests(subject), subject.to_owned(), token, u64::MAX, Arc::new(Rights::all()))
    }

    /// The same caller with another token.
    pub(crate) fn with_token(&self, token: BearerToken) -> Self {
        Self::new(self.user().clone(), self.subject().to_owned(), token, u64::MAX, Arc::new(Rights::all()))
    }
}
