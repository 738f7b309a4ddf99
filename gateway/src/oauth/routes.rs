//! Which request gets where.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::{
    METADATA_PATH, authorize, connections, consent, error::OAuthError, metadata, register, server::AuthorizationServer,
    token,
};

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
