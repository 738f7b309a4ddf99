//! Messages of one host, each as the request over HTTP that it would be.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, request::Builder};
use http_body_util::BodyExt;
use mana_mcp_runtime::decode::tree;
use serde_json::{Value, json};
use tokio::task::{AbortHandle, JoinSet};
use tower::ServiceExt;

use crate::cli::call::header_text;

/// The member of `_meta` by which a message of the stateless revision is known.
const REVISION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
/// Messages under way at once; more wait.
const MOST_AT_ONCE: usize = 32;

/// Where tokens come from.
pub(super) trait Tokens: Clone + Send + Sync + 'static {
    /// A good token.
    fn token(&self) -> impl Future<Output = anyhow::Result<Arc<str>>> + Send;
}

/// The messages of one host.
pub(super) struct Conversation<T> {
    shared: Arc<Shared<T>>,
    /// Requests under way.
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

struct Shared<T> {
    router: Router,
    path: String,
    tokens: T,
    write: fn(&[u8]),
    session: Mutex<Option<Session>>,
    /// Requests of the stateless revision under way, by their id's JSON: a notification cancels them.
    running: Mutex<HashMap<String, AbortHandle>>,
}

/// What the answer to `initialize` said.
#[derive(Clone)]
struct Session {
    id: HeaderValue,
    revision: HeaderValue,
}

impl<T: Tokens> Conversation<T> {
    pub(super) fn new(router: Router, path: String, tokens: T, write: fn(&[u8])) -> Self {
        let shared = Shared { router, path, tokens, write, session: Mutex::default(), running: Mutex::default() };
        Self { shared: Arc::new(shared), tasks: tokio::sync::Mutex::default() }
    }

    /// Answers one message. The others need not wait for that, but `initialize` comes before everything else.
    pub(super) async fn take(&self, text: Vec<u8>) {
        // What is no message is answered by the gateway too.
        let message = tree::from_slice(&text).unwrap_or_default();
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_stateless = revision_of(&message).is_some();
        if is_stateless && method == "notifications/cancelled" {
            if let Some(id) = message.pointer("/params/requestId") {
                self.shared.cancel(&id.to_string());
            }
            return;
        }
        let id = message.get("id").map(Value::to_string);
        let shared = Arc::clone(&self.shared);
        let answered = async move { shared.answer(&message, text).await };
        if method == "initialize" {
            return answered.await;
        }
        let mut tasks = self.tasks.lock().await;
        while tasks.len() >= MOST_AT_ONCE {
            tasks.join_next().await;
        }
        while tasks.try_join_next().is_some() {}
        match id.filter(|_| is_stateless) {
            Some(id) => {
                let (shared, of_task) = (Arc::clone(&self.shared), id.clone());
                let handle = tasks.spawn(async move {
                    answered.await;
                    shared.running().remove(&of_task);
                });
                self.shared.running().insert(id.clone(), handle.clone());
                if handle.is_finished() {
                    self.shared.running().remove(&id);
                }
            }
            None => drop(tasks.spawn(answered)),
        }
    }

    /// Answers what cannot be read as a message.
    pub(super) fn refuse(&self, why: &str) {
        self.shared.fail(Value::Null, why);
    }

    /// Waits for what is under way.
    pub(super) async fn drain(&self, longest: Duration) {
        let mut tasks = self.tasks.lock().await;
        let _ = tokio::time::timeout(longest, async { while tasks.join_next().await.is_some() {} }).await;
    }
}

impl<T: Tokens> Shared<T> {
    async fn answer(&self, message: &Value, text: Vec<u8>) {
        let id = message.get("id").cloned().unwrap_or_default();
        let request = match self.request(message, text).await {
            Ok(request) => request,
            Err(error) => {
                tracing::error!("{error:#}");
                return self.fail(id, "The gateway could not serve this; its log says why.");
            }
        };
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        if let Some(session) = parts.headers.get("mcp-session-id").cloned() {
            self.open(session, &body_of(body).await);
            return;
        }
        let body = body_of(body).await;
        if parts.status == StatusCode::ACCEPTED || (body.is_empty() && parts.status.is_success()) {
            return;
        }
        // What a notification is refused with has nobody to go to.
        if message.get("id").is_none() && message.get("method").is_some() {
            return;
        }
        if tree::from_slice(&body).is_ok_and(|answer| answer.is_object()) {
            (self.write)(&body);
        } else {
            self.fail(id, "The gateway refused this.");
        }
    }

    /// A session has begun: later messages belong to it.
    fn open(&self, id: HeaderValue, body: &Bytes) {
        let answer = tree::from_slice(body).unwrap_or_default();
        let revision = answer.pointer("/result/protocolVersion").and_then(Value::as_str).unwrap_or_default();
        if let Ok(revision) = HeaderValue::from_str(revision) {
            *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(Session { id, revision });
        }
        (self.write)(body);
    }

    async fn request(&self, message: &Value, text: Vec<u8>) -> anyhow::Result<Request<Body>> {
        let token = self.tokens.token().await?;
        let request = Request::post(&self.path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("accept", "application/json");
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = match (revision_of(message), session) {
            (Some(revision), _) => stateless(request, message, revision),
            (None, Some(session)) if message.get("method").is_none_or(|method| method != "initialize") => {
                request.header("mcp-session-id", session.id).header("mcp-protocol-version", session.revision)
            }
            (None, _) => request,
        };
        Ok(request.body(Body::from(text))?)
    }

    fn cancel(&self, id: &str) {
        if let Some(task) = self.running().remove(id) {
            task.abort();
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, id: Value, why: &str) {
        let error = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32603, "message": why } });
        (self.write)(error.to_string().as_bytes());
    }
}

/// The headers of the stateless revision repeat what the body says.
fn stateless(request: Builder, message: &Value, revision: &str) -> Builder {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let method = text("/method").unwrap_or_default();
    let name = match method {
        "resources/read" => text("/params/uri"),
        _ => text("/params/name"),
    };
    let request = request.header("mcp-protocol-version", revision).header("mcp-method", method);
    match name {
        Some(name) => request.header("mcp-name", header_text(name)),
        None => request,
    }
}

/// The revision that a message names itself.
fn revision_of(message: &Value) -> Option<&str> {
    message.get("params")?.get("_meta")?.get(REVISION_KEY)?.as_str()
}

async fn body_of(body: Body) -> Bytes {
    // It comes from this process, and does not fail.
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}
