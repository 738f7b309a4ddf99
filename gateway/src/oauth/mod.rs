//! An authorization server (OAuth 2.1) for the standalone mode: programs register themselves, a person says in the browser
//! what each may do, and it gets tokens for that. Everything that is stored is in [`Grants`].
//!
//! It runs where the gateway listens on this machine alone and clients reach it there: no other machine can get at its pages.

mod authorize;
mod browser;
mod connections;
mod consent;
mod endpoint;
mod error;
mod metadata;
mod pages;
mod parameters;
mod pending;
mod redirect;
mod register;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use http::StatusCode;

use mana_mcp_runtime::tool::Catalog;
use mana_mcp_standalone::Grants;

use self::{error::OAuthError, pending::PendingRequests};

pub use metadata::METADATA_PATH;

/// Bodies of forms and registrations.
const MAX_BODY: usize = 64 << 10;
/// Time for one of them to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The authorization server of one gateway.
pub struct AuthorizationServer {
    /// Scheme, host and port. The host is an address: `localhost` may be another program's on IPv6.
    issuer: String,
    address: SocketAddr,
    catalog: &'static Catalog,
    grants: Grants,
    pending: PendingRequests,
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

/// What every web page may read.
pub fn public_routes(server: Arc<AuthorizationServer>) -> Router {
    Router::new()
        .route(METADATA_PATH, get(metadata::document))
        .route(&format!("{METADATA_PATH}/{{*path}}"), get(metadata::document))
        .with_state(server)
}

/// What programs send requests to.
pub fn program_routes(server: Arc<AuthorizationServer>) -> Router {
    let elsewhere = async || OAuthError::no_such_route();
    Router::new()
        .route("/register", post(register::register).fallback(elsewhere))
        .route("/token", post(token::token).fallback(elsewhere))
        .route("/revoke", post(token::revoke).fallback(elsewhere))
        .route("/introspect", axum::routing::any(elsewhere))
        .with_state(server)
}

/// What people see.
pub fn page_routes(server: Arc<AuthorizationServer>) -> Router {
    Router::new()
        .route("/authorize", get(authorize::authorize))
        .route("/authorize/code", post(consent::code))
        .route("/authorize/consent", get(consent::consent))
        .route("/authorize/decision", post(consent::decision))
        .route("/connections", get(connections::connections))
        .route("/connections/code", post(connections::code))
        .route("/connections/end", post(connections::end))
        .with_state(server)
}

/// A body, if it is short and comes in time.
async fn body(body: Body) -> Result<Bytes, OAuthError> {
    let read = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, MAX_BODY)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(OAuthError::invalid_request("The body is longer than 64 KiB, or could not be read.")
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => {
            Err(OAuthError::invalid_request("The body came too slowly.").with_status(StatusCode::REQUEST_TIMEOUT))
        }
    }
}
