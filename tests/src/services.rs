//! Stand-ins for the identity and sync services, over TCP: keys of the test's own, so that any token can be signed, and a
//! gate that holds answers back. They know just enough for `spaces.list` and for writes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::State,
    http::HeaderMap,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::Launch;

/// The user of a token.
pub fn subject(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("a token has three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("claims are base64");
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    claims["sub"].as_str().expect("a token is somebody's").to_owned()
}

/// Both services in one server.
#[derive(Debug)]
pub struct Services {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    key: SigningKey,
    gate: Semaphore,
    waiting: AtomicUsize,
    key_fetches: AtomicUsize,
    pushes: AtomicUsize,
    authorizations: std::sync::Mutex<Vec<String>>,
    traces: std::sync::Mutex<Vec<String>>,
    request_ids: std::sync::Mutex<Vec<String>>,
}

impl Services {
    /// Starts them; answers about spaces and data come at once.
    pub async fn start() -> Self {
        Self::with_gate(Semaphore::MAX_PERMITS).await
    }

    /// Starts them; answers about spaces and data wait for [`Services::release`].
    pub async fn held() -> Self {
        Self::with_gate(0).await
    }

    async fn with_gate(open: usize) -> Self {
        let shared = Arc::new(Shared {
            key: SigningKey::from_bytes(&[7; 32]),
            gate: Semaphore::new(open),
            waiting: AtomicUsize::new(0),
            key_fetches: AtomicUsize::new(0),
            pushes: AtomicUsize::new(0),
            authorizations: std::sync::Mutex::default(),
            traces: std::sync::Mutex::default(),
            request_ids: std::sync::Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let router = Router::new()
            .route("/api/auth/jwks", get(keys))
            .route("/api/auth/organization/list", get(spaces))
            .route("/sync/{app}", post(push))
            .route("/sync/{app}/pull", get(pull))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the stand-in serves") });
        Self { address, shared, server }
    }

    /// Their base URL, which is the issuer of their tokens too.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A gateway in front of them.
    pub fn gateway(&self) -> Launch {
        Launch::new()
            .env("MANA_AUTH_URL", self.url())
            .env("MANA_SYNC_URL", self.url())
            .env("JWT_ISSUER", self.url())
            .env("SESSION_KEY", base64::engine::general_purpose::STANDARD.encode([9; 32]))
    }

    /// Lets all answers go that are and will be held back.
    pub fn release(&self) {
        self.shared.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Waits until `answers` answers are held back.
    pub async fn waiting(&self, answers: usize) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while self.shared.waiting.load(Ordering::SeqCst) < answers {
            assert!(tokio::time::Instant::now() < deadline, "nobody asked the services for anything");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How often the keys were fetched.
    pub fn key_fetches(&self) -> usize {
        self.shared.key_fetches.load(Ordering::SeqCst)
    }

    /// How many writes came.
    pub fn pushes(&self) -> usize {
        self.shared.pushes.load(Ordering::SeqCst)
    }

    /// The `Authorization` headers that came to the services.
    pub fn authorizations(&self) -> Vec<String> {
        self.shared.authorizations.lock().expect("no handler panics").clone()
    }

    /// The `traceparent` headers that came to the services with questions about spaces and data; "" where there was none.
    pub fn traces(&self) -> Vec<String> {
        self.shared.traces.lock().expect("no handler panics").clone()
    }

    /// The `X-Request-Id` headers that came with these questions; "" where there was none.
    pub fn request_ids(&self) -> Vec<String> {
        self.shared.request_ids.lock().expect("no handler panics").clone()
    }

    /// What a good token says about `subject`.
    pub fn claims(&self, subject: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        json!({
            "sub": subject, "email": format!("{subject}@example.org"), "role": "user", "tier": "public", "sid": "s",
            "iss": self.url(), "aud": "mana", "iat": now, "exp": now + 900,
        })
    }

    /// A good token.
    pub fn token(&self, subject: &str) -> String {
        self.sign(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" }), &self.claims(subject))
    }

    /// A token with this header and these claims, signed with the published key.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        sign(&self.shared.key, header, claims)
    }

    /// The published key's public half.
    pub fn public_key(&self) -> [u8; 32] {
        self.shared.key.verifying_key().to_bytes()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A compact JWS over `claims`, signed with `key` whatever the header says.
pub fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let signed = signing_input(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// The part of a token that is signed.
pub fn signing_input(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.key_fetches.fetch_add(1, Ordering::SeqCst);
    let x = URL_SAFE_NO_PAD.encode(shared.key.verifying_key().to_bytes());
    Json(json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k1", "x": x }] }))
}

async fn spaces(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Json<Value> {
    shared.pass(&headers).await;
    Json(json!([
        { "id": "personal-space", "name": "Personal", "slug": null, "metadata": { "type": "personal" }, "role": "owner" },
        { "id": "team-space", "name": "Team", "slug": "team", "metadata": "{\"type\":\"team\"}", "role": "member" },
        { "id": "odd-space", "name": "Odd", "slug": "odd", "metadata": { "type": "spaceship" } },
    ]))
}

async fn push(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Json<Value> {
    shared.pushes.fetch_add(1, Ordering::SeqCst);
    shared.pass(&headers).await;
    Json(json!({ "serverChanges": [], "conflicts": [], "syncedUntil": "2026-01-01T00:00:00.000Z" }))
}

async fn pull(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Json<Value> {
    shared.pass(&headers).await;
    Json(json!({ "serverChanges": [], "conflicts": [], "syncedUntil": "2026-01-01T00:00:00.000Z" }))
}

impl Shared {
    async fn pass(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let authorization = text("authorization");
        self.traces.lock().expect("no handler panics").push(text("traceparent").to_owned());
        self.request_ids.lock().expect("no handler panics").push(text("x-request-id").to_owned());
        self.authorizations.lock().expect("no handler panics").push(authorization.to_owned());
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.acquire().await.expect("the gate is never closed");
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
