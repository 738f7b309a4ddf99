//! The Model Context Protocol over Streamable HTTP: one POST, one JSON answer, in the stateless revision 2026-07-28 and
//! in the earlier ones with sealed sessions.
//!
//! The protocol's types, negotiation and dispatch are rmcp's ([`rmcp::ServerHandler`]). The transport is ours
//! (`transport`): it is small because it never streams, needs no memory for a session, and lets each duty of the two
//! revisions stand in one place. rmcp's own HTTP service costs several tasks and channels for each request.

mod agent;
mod answer;
mod body;
mod consent;
mod era;
mod exchange;
mod handler;
mod message;
mod request;
mod results;
mod running;
mod session;
mod shape;
mod tools;
mod transport;

use std::{sync::Arc, time::Duration};

use metrics::Counter;

pub(crate) use answer::Refusal;
pub use session::{SealedSessions, SessionKey, UnusableKey};
pub(crate) use tools::{ENDPOINT, is_endpoint};
pub use tools::{ToolNames, UnknownToolNames};

use self::{era::Peers, handler::Handler, running::RunningRequests, tools::Listing};
use crate::{call::ToolServices, telemetry::metrics::PANICS};

/// The MCP server of one gateway.
pub struct Mcp {
    services: Arc<ToolServices>,
    sessions: SealedSessions,
    handler: Handler,
    peers: Peers,
    running: Arc<RunningRequests>,
    /// Counts the panics of requests that outlive their connections.
    panics: Counter,
    /// The longest time for a request that outlives its connection.
    longest: Duration,
}

impl Mcp {
    /// A server of the whole catalog. Must be called within a Tokio runtime.
    #[must_use]
    pub fn new(
        services: Arc<ToolServices>,
        sessions: SealedSessions,
        names: ToolNames,
        longest: Duration,
    ) -> Arc<Self> {
        let handler = Handler::new(Arc::clone(&services), Listing::new(services.catalog, names));
        let peers = Peers::new(&handler);
        let panics = services.metrics.counter(&PANICS, ());
        Arc::new(Self { services, sessions, handler, peers, running: Arc::default(), panics, longest })
    }

    /// The routes `/mcp`, `/mcp/readonly` and `/mcp/x/{modules}`. Each needs an authenticated
    /// [`Principal`](crate::auth::Principal) among the request's extensions.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        transport::router(Arc::clone(self))
    }
}
