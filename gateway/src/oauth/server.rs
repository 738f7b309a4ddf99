//! The authorization server: what all requests to it share.

use std::{net::SocketAddr, sync::Arc};

use mana_mcp_runtime::tool::Catalog;
use mana_mcp_standalone::Grants;

use super::pending::PendingRequests;

/// The authorization server of one gateway.
pub struct AuthorizationServer {
    /// Scheme, host and port. The host is an address: `localhost` may be another program's on IPv6.
    pub(super) issuer: String,
    pub(super) address: SocketAddr,
    pub(super) catalog: &'static Catalog,
    pub(super) grants: Grants,
    pub(super) pending: PendingRequests,
}

/// The issuer of a gateway that listens there.
#[must_use]
pub fn issuer_at(address: SocketAddr) -> String {
    format!("http://{address}")
}

impl AuthorizationServer {
    /// The server of a gateway that listens there.
    #[must_use]
    pub fn new(address: SocketAddr, catalog: &'static Catalog, grants: Grants) -> Arc<Self> {
        let issuer = issuer_at(address);
        Arc::new(Self { issuer, address, catalog, grants, pending: PendingRequests::default() })
    }

    /// What its tokens name as their issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}
