//! The gateway as a whole: its parts put together, its layers in their order, its start and its end.

mod in_process;
mod parts;
mod readings;
mod routes;
#[cfg(test)]
mod tests;
mod upkeep;

use std::{future::Future, net::SocketAddr, sync::Arc};

use mana_mcp_runtime::tool::Catalog;
use mana_mcp_service::{
    client::ClientError,
    http::{
        access_log::AccessLog,
        bodies::Bodies,
        budget::Budget,
        connections::Connections,
        edge::Edge,
        limits::{Deadline, InFlight, PART_OF_ONE},
        readiness::Readiness,
        server::Drained,
        serving::{ListenError, Serving, listen},
        unwritten::Unwritten,
    },
    metrics::{Counting, Exposition},
};
use mana_mcp_standalone::{EndedSessions, Grants, Standalone, StandaloneError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

pub use self::in_process::{InProcess, start_in_process};
use self::{parts::Parts, readings::Observed, routes::router, upkeep::keep_up};
use crate::{
    auth::{Expectations, SpaceResolver, Verifier},
    backend::{Backends, IdentityClient, Linked, ServiceClients, SpacePoliciesClient, SyncClient, Transport},
    call::{IdempotencyKeys, MAX_ANSWER_BYTES, ToolServices},
    config::{Config, STANDALONE_ISSUER, Services, SpacePoliciesSettings},
    data::DataServices,
    http::{
        authentication::Authentication,
        front::Guards,
        readiness::{look_at_start, probes},
        well_known::{Resource, TokenSource},
    },
    mcp::{Mcp, McpSettings, SealedSessions, SessionKey, SessionKeys, StreamSettings},
    oauth::{self, AuthorizationServer},
    policy::{Gate, GateServices},
    shared::redis::RedisLink,
    telemetry::{
        Audit, INFO, Metrics,
        audit::HASH_KEY,
        metrics::{LOG_LINES_OMITTED, PANICS, REQUEST_TIMEOUTS, Shed},
    },
};

/// Why the gateway could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The standalone services cannot work in their folder.
    #[error(transparent)]
    Standalone(#[from] StandaloneError),
    /// A client of a service cannot be built.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The metrics cannot be set up; a fault of the gateway.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
}

/// A gateway that serves.
pub struct Running {
    address: SocketAddr,
    standalone: Option<Standalone>,
    grants: Option<Grants>,
    serving: Serving,
}

/// The clients of what the gateway is connected to.
struct Connected {
    identity: IdentityClient,
    sync: SyncClient,
    redis: Option<Arc<RedisLink>>,
    space_policies: Option<SpacePoliciesClient>,
    /// What the data folder keeps of sessions, in the standalone mode.
    kept: Option<(SessionKey, EndedSessions)>,
    /// What people have granted, where this gateway issues tokens by itself, and the server that does.
    authorization: Option<(Grants, Arc<AuthorizationServer>)>,
}

/// What is built for any gateway.
struct Built {
    parts: Parts,
    standalone: Option<Standalone>,
    grants: Option<Grants>,
}

/// Builds everything and begins to serve that catalog. Must be called within a Tokio runtime.
///
/// # Errors
/// Where the address is taken, or a part cannot work.
pub async fn start(config: Config, catalog: &'static Catalog) -> Result<Running, StartError> {
    // First, so that a second gateway by mistake touches no data.
    let (listeners, address) = listen(config.server.listen)?;
    let stop = CancellationToken::new();
    let limits = config.server.limits;
    let Built { parts, standalone, grants } = build(config, catalog, Some(address), &stop).await?;
    let connections = parts.connections.clone();
    tokio::spawn(look_at_start(parts.readiness.clone(), parts.backends.clone()));
    let serving = Serving::start(listeners, router(parts), limits, connections, stop);
    Ok(Running { address, standalone, grants, serving })
}

/// Builds everything for a gateway that listens at that address, or nowhere.
async fn build(
    config: Config,
    catalog: &'static Catalog,
    address: Option<SocketAddr>,
    stop: &CancellationToken,
) -> Result<Built, StartError> {
    let metrics = Arc::new(match config.metrics {
        Counting::On => Metrics::new(catalog).map_err(|error| StartError::Metrics(error.to_string()))?,
        Counting::Off => Metrics::off(),
    });
    let (identity, sync, standalone) = connect(&config)?;
    let meter = metrics.backends();
    let (redis, space_policies) = share(&config, &metrics, stop).await?;
    let kept = standalone.as_ref().map(|standalone| (kept_session_key(standalone), standalone.ended_sessions()));
    let issuer = address.filter(|_| issues_tokens(&config)).zip(standalone.as_ref());
    let authorization = issuer.map(|(address, standalone)| {
        let grants = standalone.grants(&oauth::issuer_at(address));
        (grants.clone(), AuthorizationServer::new(address, catalog, grants))
    });
    let grants = authorization.as_ref().map(|(grants, _)| grants.clone());
    let connected = Connected {
        identity: identity.with_meter(meter.clone()),
        sync: sync.with_meter(meter),
        redis,
        space_policies,
        kept,
        authorization,
    };
    let limits = config.server.limits;
    let streams = StreamSettings::new(config.server.max_in_flight, config.server.request_timeout, limits.drain);
    let parts = assemble(config, catalog, connected, streams, &metrics, stop)?;
    tokio::spawn(keep_up(Arc::clone(metrics.registry()), parts.readiness.clone(), stop.clone()));
    Ok(Built { parts, standalone, grants })
}

impl Running {
    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The services of this process, in the standalone mode.
    #[must_use]
    pub fn standalone(&self) -> Option<&Standalone> {
        self.standalone.as_ref()
    }

    /// What people have granted to programs, where this gateway issues tokens by itself.
    #[must_use]
    pub fn grants(&self) -> Option<&Grants> {
        self.grants.as_ref()
    }

    /// Serves until `signal` is done, then lets requests under way finish until the deadline.
    pub async fn until(self, signal: impl Future<Output = ()>) -> Drained {
        self.serving.until(signal).await
    }
}

/// Whether the gateway has an authorization server of its own: in the standalone mode, where nothing says that clients reach
/// the gateway at another address, from another machine, or get their tokens elsewhere.
fn issues_tokens(config: &Config) -> bool {
    config.server.listen.ip().is_loopback() && config.public_url.is_none() && config.authorization_servers.is_empty()
}

/// The key of sessions that the data folder keeps, where the settings hold none.
pub(crate) fn kept_session_key(standalone: &Standalone) -> SessionKey {
    SessionKey::from(standalone.secret("mana-mcp sessions"))
}

/// The clients of the two services: the same over TCP and in process.
pub(crate) fn connect(config: &Config) -> Result<(IdentityClient, SyncClient, Option<Standalone>), StartError> {
    let (identity, sync, standalone) = match &config.services {
        Services::Remote { auth, sync } => {
            let identity = IdentityClient::new(Transport::tcp(auth.clone())?).with_spaces(config.spaces.clone());
            (identity, Transport::tcp(sync.clone())?, None)
        }
        Services::Standalone { data_dir } => {
            let standalone = mana_mcp_standalone::open(data_dir, STANDALONE_ISSUER)?;
            let identity = IdentityClient::new(Transport::InProcess(standalone.identity.clone()));
            (identity, Transport::InProcess(standalone.sync.clone()), Some(standalone))
        }
    };
    Ok((identity, SyncClient::new(sync), standalone))
}

/// The client of the policy service.
pub(crate) fn policy_client(settings: &SpacePoliciesSettings) -> Result<SpacePoliciesClient, ClientError> {
    Ok(SpacePoliciesClient::new(Transport::tcp(settings.url.clone())?, settings.key.clone()))
}

/// What is connected to besides the two services, where the configuration names it.
async fn share(
    config: &Config,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<(Option<Arc<RedisLink>>, Option<SpacePoliciesClient>), StartError> {
    let space_policies = match &config.space_policies {
        Some(settings) => Some(policy_client(settings)?.with_meter(metrics.backends())),
        None => None,
    };
    let redis = match &config.redis {
        Some(redis) => Some(RedisLink::connect(redis.clone(), Arc::clone(metrics), stop.clone()).await),
        None => None,
    };
    Ok((redis, space_policies))
}

fn assemble(
    config: Config,
    catalog: &'static Catalog,
    connected: Connected,
    streams: StreamSettings,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<Parts, StartError> {
    let Connected { identity, sync, redis, space_policies, kept, authorization } = connected;
    let (grants, authorization) = authorization.unzip();
    let token_source = match (&config.services, config.authorization_servers.first(), &authorization) {
        (_, _, Some(own)) => TokenSource::Own(own.issuer().to_owned()),
        (_, Some(server), None) => TokenSource::Server(server.clone()),
        (Services::Standalone { .. }, None, None) => TokenSource::Command,
        (Services::Remote { .. }, None, None) => TokenSource::Identity,
    };
    let resource = Arc::new(Resource {
        catalog,
        public_url: config.public_url,
        authorization_servers: config.authorization_servers,
        token_source,
    });
    let spaces = Arc::new(SpaceResolver::new(identity.clone()).with_metrics(metrics));
    let clients = ServiceClients::connect(&config.catalog_services, &metrics.backends())?;
    let backends = Backends::of(&identity, &sync, space_policies.as_ref(), &clients);
    let readiness = Readiness::new(probes(&backends, &identity, &spaces), stop.clone());
    let (kept_key, kept_ends) = kept.unzip();
    let session_keys = config.session_keys.unwrap_or_else(|| SessionKeys::new(Vec::from_iter(kept_key)));
    let mut sessions = SealedSessions::new(&session_keys, redis.clone(), metrics);
    if let Some(ends) = kept_ends {
        sessions = sessions.with_ends_kept_in(ends)?;
    }
    let session_key = session_keys.present();
    let gate = GateServices {
        catalog,
        space_policies: space_policies.clone(),
        redis,
        consent_states: session_keys.sealer("mana-mcp consent"),
        metrics: Arc::clone(metrics),
    };
    let data = DataServices::new(sync.clone(), identity.clone(), config.server.max_replicas)
        .with_max_calls(config.server.max_in_flight - config.server.max_in_flight / 4)
        .with_cursor_key(session_keys.sealer("mana-mcp cursors"))
        .with_metrics(metrics);
    let audit_key = session_key.derived(HASH_KEY);
    let audit = Arc::new(Audit::new(&audit_key, Arc::clone(metrics)));
    let mode = config.policy.mode;
    let services = Arc::new(ToolServices {
        catalog,
        data: Arc::new(data),
        spaces,
        clients,
        web: config.web_address,
        gate: Gate::new(config.policy, gate),
        metrics: Arc::clone(metrics),
        audit: Arc::clone(&audit),
        idempotency: IdempotencyKeys::new(session_key.derived("mana-mcp idempotency keys")),
    });
    let own_issuer = authorization.as_ref().map(|own| own.issuer().to_owned());
    let mut verifier = Verifier::new(identity.clone(), Expectations { own_issuer, ..config.tokens });
    if let Some(grants) = grants {
        verifier = verifier.with_grants(grants);
    }
    let verifier = Arc::new(verifier.with_metrics(metrics));
    let connections = Connections::new(config.server.connections, metrics.connections());
    let of_user = |all: usize, one: usize| (all / PART_OF_ONE).max(one);
    let (max_body, max_bodies, max_answers) =
        (config.server.max_body, config.server.max_bodies, config.server.max_answers);
    let shed = metrics.shed(Shed::Bodies, Shed::UserBodies);
    let body_bytes = Budget::new(max_bodies, of_user(max_bodies, max_body), shed);
    let shed = metrics.shed(Shed::Answers, Shed::UserAnswers);
    let answer_bytes = Budget::new(max_answers, of_user(max_answers, MAX_ANSWER_BYTES), shed);
    let in_flight = InFlight::new(config.server.max_in_flight, metrics.shed(Shed::Requests, Shed::UserRequests));
    let is_counted = config.metrics == Counting::On;
    let observed = Observed {
        backends: backends.clone(),
        data: Arc::clone(&services.data),
        spaces: Arc::clone(&services.spaces),
        verifier: Arc::clone(&verifier),
        in_flight: in_flight.clone(),
        bodies: body_bytes.clone(),
        answers: answer_bytes.clone(),
        connections: connections.clone(),
        readiness: readiness.clone(),
        mode,
    };
    let settings = McpSettings {
        names: config.tool_names,
        request_timeout: config.server.request_timeout,
        streams,
        zone: config.time_zone,
    };
    Ok(Parts {
        mcp: Mcp::new(services, sessions, settings, stop.clone()),
        edge: Edge {
            panics: metrics.counter(&PANICS, ()),
            access_log: AccessLog::new(INFO.targets, metrics.counter(&LOG_LINES_OMITTED, ())),
            panicked: routes::panicked,
        },
        guards: Guards {
            in_flight,
            deadline: Deadline::new(config.server.request_timeout, metrics.counter(&REQUEST_TIMEOUTS, ())),
            authentication: Authentication { verifier, resource, metrics: Arc::clone(metrics), audit },
            bodies: Bodies { max: max_body, longest: config.server.request_timeout, budget: body_bytes },
            unwritten: Unwritten { budget: answer_bytes },
        },
        authorization,
        peers: Arc::new(config.peers),
        exposition: is_counted
            .then(|| Arc::new(Exposition::new(Arc::clone(metrics.registry()), readings::of(observed)))),
        readiness,
        backends,
        connections,
    })
}
