//! The server: what all its requests share.

use std::{sync::Arc, time::Duration};

use mana_mcp_runtime::{tool::ToolId, zone::Zone};
use mana_mcp_service::metrics::Counter;
use tokio_util::sync::CancellationToken;

use super::{
    addresses::Addresses,
    methods::{lifecycle::Server, prompts::Prompts},
    names::{NameWriter, ToolNames},
    results::CallResults,
    running::RunningRequests,
    session::SealedSessions,
    stream::{StreamSettings, Streams},
    tools::Listing,
};
use crate::{call::ToolServices, find::ToolFinder, telemetry::metrics::PANICS};

/// The MCP server of one gateway.
pub struct Mcp {
    pub(super) services: Arc<ToolServices>,
    pub(super) sessions: SealedSessions,
    pub(super) names: NameWriter,
    pub(super) addresses: Addresses,
    pub(super) listing: Listing,
    pub(super) finder: ToolFinder,
    pub(super) server: Server,
    pub(super) prompts: Prompts,
    pub(super) results: CallResults,
    pub(super) running: Arc<RunningRequests>,
    pub(super) streams: Streams,
    /// Counts the panics of requests that outlive their connections.
    pub(super) panics: Counter,
    /// The longest time for a request that outlives its connection.
    pub(super) longest: Duration,
    /// The time zone of requests that name none.
    pub(super) zone: Zone,
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
}
