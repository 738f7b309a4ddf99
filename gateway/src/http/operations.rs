//! The operators' routes: alive, ready, metrics.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    backend::{IdentityClient, SyncClient},
    telemetry::Exposition,
};
use mana_mcp_runtime::failure::BackendError;

/// However often somebody asks, the services are looked at no more often than this.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// Whether the process takes requests, and can serve them.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    identity: IdentityClient,
    sync: SyncClient,
    /// Cancelled as soon as the server is asked to stop.
    draining: CancellationToken,
    /// Held while looking: whoever asks meanwhile waits for the same look, which is bounded in time.
    last: Mutex<Option<(Instant, Standing)>>,
}

/// How the two services were when they were looked at.
#[derive(Debug, Clone, Copy)]
struct Standing {
    identity: Option<BackendError>,
    sync: Option<BackendError>,
}

impl Readiness {
    /// Over these services.
    #[must_use]
    pub fn new(identity: IdentityClient, sync: SyncClient, draining: CancellationToken) -> Self {
        Self(Arc::new(Inner { identity, sync, draining, last: Mutex::default() }))
    }

    /// Looks once and logs which service is missing: the operator reads of a wrong address at once and not with the first
    /// call. Where they answer, the connections that this has made serve the first calls.
    pub async fn look_at_start(self) {
        let Standing { identity, sync } = self.look().await;
        for (service, setting, failure) in [("identity", "MANA_AUTH_URL", identity), ("sync", "MANA_SYNC_URL", sync)] {
            if let Some(error) = failure {
                let problem = error.kind.name();
                tracing::warn!(service, setting, problem, "a service is missing: `mana-mcp doctor` says what is wrong");
            }
        }
    }

    async fn look(&self) -> Standing {
        let mut last = self.0.last.lock().await;
        match *last {
            Some((at, standing)) if at.elapsed() < FRESH_FOR => standing,
            _ => {
                let (identity, sync) = tokio::join!(self.0.identity.probe(), self.0.sync.probe());
                let standing = Standing { identity: identity.err(), sync: sync.err() };
                *last = Some((Instant::now(), standing));
                standing
            }
        }
    }
}

const HEALTH: &str = "/health";
const READY: &str = "/ready";
const METRICS: &str = "/metrics";

/// Whether that is the path of a route for operators.
pub(crate) fn is_route(path: &str) -> bool {
    [HEALTH, READY, METRICS].contains(&path)
}

/// The routes.
pub fn routes(readiness: Readiness, metrics: Option<Arc<Exposition>>) -> Router {
    let ready = Router::new().route(READY, get(ready)).with_state(readiness);
    let routes = Router::new().route(HEALTH, get(health)).merge(ready);
    match metrics {
        Some(metrics) => routes.merge(Router::new().route(METRICS, get(render)).with_state(metrics)),
        None => routes,
    }
}

/// The process is alive.
async fn health() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The process takes requests, and the services that it needs are there.
async fn ready(State(readiness): State<Readiness>) -> Response {
    if readiness.0.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "draining" }))).into_response();
    }
    let Standing { identity, sync } = readiness.look().await;
    let is_ready = identity.is_none() && sync.is_none();
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let services = json!({ "identity": told(identity), "sync": told(sync) });
    (status, Json(json!({ "status": word, "services": services }))).into_response()
}

fn told(failure: Option<BackendError>) -> Value {
    failure.map_or("ok", |error| error.kind.name()).into()
}

async fn render(State(metrics): State<Arc<Exposition>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}
