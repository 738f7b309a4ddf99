//! What the router is made of.

use std::sync::Arc;

use mana_mcp_service::{
    http::{connections::Connections, edge::Edge, host_origin::AllowedPeers, readiness::Readiness},
    metrics::Exposition,
};

use crate::{backend::Backends, http::front::Guards, mcp::Mcp, oauth::AuthorizationServer};

/// What the router is made of.
pub(super) struct Parts {
    pub(super) mcp: Arc<Mcp>,
    pub(super) edge: Edge,
    pub(super) guards: Guards,
    pub(super) authorization: Option<Arc<AuthorizationServer>>,
    pub(super) peers: Arc<AllowedPeers>,
    /// Where metrics are counted.
    pub(super) exposition: Option<Arc<Exposition>>,
    pub(super) readiness: Readiness,
    pub(super) backends: Backends,
    pub(super) connections: Connections,
}
