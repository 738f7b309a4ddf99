//! The Model Context Protocol over Streamable HTTP, in the stateless revision 2026-07-28 and in the earlier ones with
//! sealed sessions. A POST is answered with one JSON body, or, where a call takes long and its client asked for progress,
//! with a stream of events.
//!
//! The protocol's types are rmcp's ([`rmcp::model`]). Transport and dispatch are ours: they need no memory for a session
//! and no task or channel for a request, each duty of the revisions stands in one place, and an output is sent as it was
//! written.

mod addresses;
mod agent;
mod answer;
mod body;
mod consent;
mod era;
mod exchange;
mod finding;
pub(crate) mod fuzzing;
mod message;
mod methods;
mod names;
mod place;
mod results;
mod running;
mod session;
mod stream;
mod tools;
mod transport;

use std::{sync::Arc, time::Duration};

use mana_mcp_runtime::{tool::ToolId, zone::Zone};
use mana_mcp_service::metrics::Counter;

pub(crate) use addresses::{ENDPOINT, is_endpoint};
pub(crate) use answer::{Refusal, UnreadId};
pub use names::{ToolNames, UnknownToolNames};
pub use session::{SealedSessions, SessionKey, SessionKeys, UnusableKey};
pub use stream::StreamSettings;
use tokio_util::sync::CancellationToken;

use self::{
    addresses::Addresses,
    methods::{Prompts, lifecycle::Server},
    names::NameWriter,
    results::CallResults,
    running::RunningRequests,
    stream::Streams,
    tools::Listing,
};
use crate::{call::ToolServices, find::ToolFinder, telemetry::metrics::PANICS};

/// The MCP server of one gateway.
pub struct Mcp {
    services: Arc<ToolServices>,
    sessions: SealedSessions,
    names: NameWriter,
    addresses: Addresses,
    listing: Listing,
    finder: ToolFinder,
    server: Server,
    prompts: Prompts,
    results: CallResults,
    running: Arc<RunningRequests>,
    streams: Streams,
    /// Counts the panics of requests that outlive their connections.
    panics: Counter,
    /// The longest time for a request that outlives its connection.
    longest: Duration,
    /// The time zone of requests that name none.
    zone: Zone,
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct McpSettings {
    /// How tool names are listed.
    pub names: ToolNames,
    /// The longest time for a request that is not answered as a stream.
    pub request_timeout: Duration,
    /// When calls are answered as streams.
    pub streams: StreamSettings,
    /// The time zone of requests that name none.
    pub zone: Zone,
}

impl Mcp {
    /// A server of the whole catalog. Once `stop` is cancelled, it opens no more streams.
    #[must_use]
    pub fn new(
        services: Arc<ToolServices>,
        sessions: SealedSessions,
        settings: McpSettings,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let McpSettings { names, request_timeout, streams, zone } = settings;
        let names = NameWriter::new(services.catalog, names);
        let listed: Vec<ToolId> = services.listed().collect();
        let server = Server::new(services.catalog, &listed, names);
        let panics = services.metrics.counter(&PANICS, ());
        Arc::new(Self {
            addresses: Addresses::new(services.catalog),
            listing: Listing::new(listed.into_iter(), names),
            finder: ToolFinder::new(services.catalog),
            results: CallResults::new(&server, names),
            prompts: Prompts::new(services.catalog, names),
            names,
            server,
            running: Arc::default(),
            streams: Streams::new(streams, stop, &services.metrics, panics.clone()),
            panics,
            longest: request_timeout,
            zone,
            sessions,
            services,
        })
    }

    /// The routes of all addresses that serve tools. Each needs an authenticated
    /// [`Principal`](crate::auth::Principal) among the request's extensions.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        transport::router(Arc::clone(self))
    }
}
