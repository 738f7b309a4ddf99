//! The operators' routes: alive, ready, metrics.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{NoSource, Source, SourceState, SpaceResolver},
    backend::{IdentityClient, MembershipsKey, ServiceClients, SyncClient},
    telemetry::Exposition,
};
use mana_mcp_runtime::{failure::BackendError, service::Service};

/// However often somebody asks, the services are looked at no more often than this.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// Whether the process takes requests, and can serve them.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    identity: IdentityClient,
    sync: SyncClient,
    spaces: Arc<SpaceResolver>,
    clients: ServiceClients,
    /// Cancelled as soon as the server is asked to stop.
    draining: CancellationToken,
    /// Held while looking: whoever asks meanwhile waits for the same look, which is bounded in time.
    last: Mutex<Option<(Instant, Arc<Standing>)>>,
}

/// How the services were when they were looked at, and the way to spaces.
#[derive(Debug)]
struct Standing {
    identity: Option<BackendError>,
    sync: Option<BackendError>,
    spaces: Spaces,
    /// Those of the catalog, which some tools need and the gateway itself does not.
    catalog: Vec<(&'static Service, Option<BackendError>)>,
}

/// Whether calls can get their spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// Not known yet: only a call can show it.
    Unknown,
    /// They come from there.
    From(Source),
    /// No call can get them.
    Missing(NoSource),
}

impl Readiness {
    /// Over these services.
    #[must_use]
    pub fn new(
        identity: IdentityClient,
        sync: SyncClient,
        spaces: Arc<SpaceResolver>,
        draining: CancellationToken,
    ) -> Self {
        let clients = ServiceClients::default();
        Self(Arc::new(Inner { identity, sync, spaces, clients, draining, last: Mutex::default() }))
    }

    /// The same over these services of the catalog, too.
    #[must_use]
    pub fn with_clients(self, clients: ServiceClients) -> Self {
        let Inner { identity, sync, spaces, draining, .. } = &*self.0;
        let (identity, sync, spaces) = (identity.clone(), sync.clone(), Arc::clone(spaces));
        Self(Arc::new(Inner { identity, sync, spaces, clients, draining: draining.clone(), last: Mutex::default() }))
    }

    /// Looks once and logs which service is missing: the operator reads of a wrong address at once and not with the first
    /// call. Where they answer, the connections that this has made serve the first calls.
    pub async fn look_at_start(self) {
        let standing = self.look().await;
        if let Spaces::Missing(why) = standing.spaces {
            tracing::warn!("no user's spaces can be read: {why}");
        }
        let own = [("identity", "MANA_AUTH_URL", standing.identity), ("sync", "MANA_SYNC_URL", standing.sync)];
        let catalog = standing.catalog.iter().map(|(service, failure)| (service.name, service.setting, *failure));
        for (service, setting, failure) in own.into_iter().chain(catalog) {
            if let Some(error) = failure {
                let problem = error.kind.name();
                tracing::warn!(service, setting, problem, "a service is missing: `mana-mcp doctor` says what is wrong");
            }
        }
    }

    async fn look(&self) -> Arc<Standing> {
        let mut last = self.0.last.lock().await;
        match &*last {
            Some((at, standing)) if at.elapsed() < FRESH_FOR => Arc::clone(standing),
            _ => {
                let inner = &self.0;
                let catalog = inner.clients.all().iter();
                let catalog = join_all(catalog.map(async |client| (client.service(), client.probe().await.err())));
                let (identity, sync, spaces, catalog) =
                    tokio::join!(inner.identity.probe(), inner.sync.probe(), inner.look_at_spaces(), catalog);
                let standing = Standing { identity: identity.err(), sync: sync.err(), spaces, catalog };
                let standing = Arc::new(standing);
                *last = Some((Instant::now(), Arc::clone(&standing)));
                standing
            }
        }
    }
}

impl Inner {
    /// What the calls have shown, and whether the service takes the gateway's own key at this moment. Where a way has
    /// served anybody, that it failed since is the matter of the user whom it failed.
    async fn look_at_spaces(&self) -> Spaces {
        let probed = self.identity.probe_key().await;
        let state = self.spaces.source_state();
        if let SourceState::Works(Source::List) | SourceState::Missing { worked: Some(Source::List), .. } = state {
            return Spaces::From(Source::List);
        }
        if let Err(error) = probed {
            let refused = NoSource::of_memberships(error.kind);
            return match (refused, state, self.identity.key()) {
                // The key may be for the policy service alone, and the list may take tokens: a call shows it.
                (Some(_), SourceState::Unknown, Some(MembershipsKey::Shared(_))) | (None, _, _) => Spaces::Unknown,
                (Some(why), _, _) => Spaces::Missing(why),
            };
        }
        match state {
            SourceState::Works(source) | SourceState::Missing { worked: Some(source), .. } => Spaces::From(source),
            SourceState::Missing { why: why @ (NoSource::NoKey | NoSource::NoMemberships), worked: None } => {
                Spaces::Missing(why)
            }
            SourceState::Missing { why: NoSource::KeyRefused, worked: None } | SourceState::Unknown => {
                self.identity.key().map_or(Spaces::Unknown, |_| Spaces::From(Source::Memberships))
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
    let standing = readiness.look().await;
    let Standing { identity, sync, spaces, catalog } = &*standing;
    let is_ready = identity.is_none() && sync.is_none() && !matches!(spaces, Spaces::Missing(_));
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let own = [("identity", identity), ("sync", sync)].into_iter();
    let catalog = catalog.iter().map(|(service, failure)| (service.name, failure));
    let services = own.chain(catalog).map(|(name, failure)| (name.to_owned(), told(*failure)));
    let services = Value::Object(services.collect());
    let spaces = match spaces {
        Spaces::Unknown => json!({ "source": "unknown" }),
        Spaces::From(Source::List) => json!({ "source": "list" }),
        Spaces::From(Source::Memberships) => json!({ "source": "memberships" }),
        Spaces::Missing(why) => json!({ "source": "none", "problem": why.to_string() }),
    };
    (status, Json(json!({ "status": word, "services": services, "spaces": spaces }))).into_response()
}

fn told(failure: Option<BackendError>) -> Value {
    failure.map_or("ok", |error| error.kind.name()).into()
}

async fn render(State(metrics): State<Arc<Exposition>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}
