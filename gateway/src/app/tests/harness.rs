//! A gateway over an identity service and a sync service for tests, and requests of both eras.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    routing::{get, post},
};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use mana_mcp_runtime::tool::Catalog;

use crate::{
    app::{Connected, assemble, router},
    auth::testing::{ISSUER, Identity, token},
    backend::{SyncClient, Transport},
    config::Config,
    mcp::StreamSettings,
    telemetry::Metrics,
};

pub(super) const REVISION: &str = "2026-07-28";

pub(super) struct Gateway {
    pub(super) router: Router,
    pub(super) identity: Identity,
    pub(super) stop: CancellationToken,
    pub(super) pulls: Arc<Pulls>,
}

/// Pulls of the sync service: each waits for a permit.
pub(super) struct Pulls {
    pub(super) permits: Semaphore,
    arrived: Notify,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Gateway {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    /// With more environment than the two services, which are always there. Ada and Bob have a personal space each, Ada
    /// a team too.
    pub(super) fn with(environment: &[(&'static str, &'static str)]) -> Self {
        Self::with_streams(environment, |_| {})
    }

    /// With another catalog.
    pub(super) fn of(catalog: &'static Catalog, environment: &[(&'static str, &'static str)]) -> Self {
        Self::made(catalog, environment, |_| {})
    }

    /// With other settings of streams.
    pub(super) fn with_streams(
        environment: &[(&'static str, &'static str)],
        change: impl FnOnce(&mut StreamSettings),
    ) -> Self {
        Self::made(&mana_mcp_fixture::CATALOG, environment, change)
    }

    /// With another catalog and other settings of streams.
    pub(super) fn made(
        catalog: &'static Catalog,
        environment: &[(&'static str, &'static str)],
        change: impl FnOnce(&mut StreamSettings),
    ) -> Self {
        let mut variables = BTreeMap::from([
            ("MANA_AUTH_URL", "http://identity.test"),
            ("MANA_SYNC_URL", "http://sync.test"),
            ("JWT_ISSUER", ISSUER),
        ]);
        variables.extend(environment.iter().copied());
        let config = Config::read(&variables, catalog).unwrap();
        let identity = Identity::new();
        identity.set_spaces("ada", &[("ada-home", "personal"), ("team", "team")]);
        identity.set_spaces("bob", &[("bob-home", "personal")]);
        let pulls = Arc::new(Pulls { permits: Semaphore::new(0), arrived: Notify::new() });
        let sync = SyncClient::new(Transport::InProcess(sync_service(Arc::clone(&pulls))));
        let stop = CancellationToken::new();
        let server = &config.server;
        let mut streams = StreamSettings::new(server.max_in_flight, server.request_timeout, server.limits.drain);
        change(&mut streams);
        let metrics = Arc::new(Metrics::new(catalog).unwrap());
        let connected = Connected {
            identity: identity.client(),
            sync,
            redis: None,
            space_policies: None,
            kept: None,
            authorization: None,
        };
        let router = router(assemble(config, catalog, connected, streams, &metrics, &stop).unwrap());
        Self { router, identity, stop, pulls }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Waits until the sync service is asked.
    pub(super) async fn until_a_pull_waits(&self) {
        tokio::time::timeout(Duration::from_secs(10), self.pulls.arrived.notified()).await.unwrap();
    }

    /// A session of that user.
    pub(super) async fn open_session(&self, user: &str) -> String {
        let answer = self.send(Call::legacy("initialize", initialize_params("2025-11-25")).of(user)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.headers["mcp-session-id"].to_str().unwrap().to_owned()
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn result(&self) -> Value {
        let mut json = self.json();
        assert!(json.get("result").is_some(), "{json}");
        json["result"].take()
    }

    pub(super) fn code(&self) -> i64 {
        self.json()["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {}", self.text))
    }

    pub(super) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A message and its headers.
#[derive(Clone)]
pub(super) struct Call {
    path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Call {
    /// A complete request of the stateless revision.
    pub(super) fn modern(method: &str, mut params: Value) -> Self {
        let name = params.get("name").and_then(Value::as_str).map(str::to_owned);
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        let call = Self::legacy(method, params).with("mcp-protocol-version", REVISION).with("mcp-method", method);
        match name {
            Some(name) => call.with("mcp-name", &name),
            None => call,
        }
    }

    /// A request of an earlier revision; the session's header is still to come.
    pub(super) fn legacy(method: &str, params: Value) -> Self {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { path: "/mcp".to_owned(), headers, body }
    }

    pub(super) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Sets a header in place of an earlier one.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(super) fn in_session(self, id: &str) -> Self {
        self.with("mcp-session-id", id).with("mcp-protocol-version", "2025-11-25")
    }

    /// Asks for notifications of progress under this token.
    pub(super) fn with_progress(mut self, token: Value) -> Self {
        self.body["params"]["_meta"]["progressToken"] = token;
        self
    }

    pub(super) fn of(self, user: &str) -> Request<Body> {
        let body = self.body.to_string();
        self.raw(Method::POST, user, body)
    }

    /// With another body than a message, or none.
    pub(super) fn raw(self, method: Method, user: &str, body: impl Into<Body>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.path)
            .header("host", "localhost:3069")
            .header("authorization", format!("Bearer {}", token(user)));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(body.into()).unwrap()
    }
}

/// A request without a message.
pub(super) fn get_request(path: &str) -> Request<Body> {
    Request::get(path).header("host", "localhost:3069").body(Body::empty()).unwrap()
}

pub(super) fn initialize_params(version: &str) -> Value {
    json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } })
}

/// A call of spaces.list, which works without data.
pub(super) fn spaces_list() -> Value {
    json!({ "name": "spaces.list", "arguments": {} })
}

/// The counter of that name whose labels have these parts.
pub(super) async fn counted(gateway: &Gateway, name: &str, parts: &[&str]) -> u32 {
    let metrics = gateway.send(get_request("/metrics")).await.text;
    let is_it = |line: &&str| line.starts_with(&format!("{name}{{")) && parts.iter().all(|part| line.contains(part));
    metrics.lines().find(is_it).unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

/// How many calls of habits.list ended with this outcome.
pub(super) async fn ended(gateway: &Gateway, outcome: &str) -> u32 {
    let outcome = format!("outcome=\"{outcome}\"");
    counted(gateway, "mana_mcp_tool_invocations_total", &["tool=\"habits.list\"", &outcome]).await
}

/// Waits until the condition holds.
pub(super) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    // Well before a call ends by itself, because a service does not answer in time.
    tokio::time::timeout(Duration::from_secs(5), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

fn sync_service(pulls: Arc<Pulls>) -> Router {
    let empty = || Json(json!({ "serverChanges": [], "conflicts": [], "syncedUntil": "2026-01-01T00:00:00.000Z" }));
    let pull = async move |State(pulls): State<Arc<Pulls>>| {
        pulls.arrived.notify_one();
        pulls.permits.acquire().await.unwrap().forget();
        empty()
    };
    Router::new()
        .route("/sync/{app}/pull", get(pull))
        .route("/sync/{app}", post(async move || empty()))
        .with_state(pulls)
}
