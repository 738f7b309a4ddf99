//! What programs read first (RFC 8414).

use std::sync::Arc;

use axum::{Json, extract::State};
use mana_mcp_runtime::tool::Effects;
use serde_json::{Value, json};

use super::server::AuthorizationServer;

/// Where the document is.
pub const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";

/// Asks for refresh tokens.
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// The document. Its issuer is the same whatever host the request names.
pub(super) async fn document(State(server): State<Arc<AuthorizationServer>>) -> Json<Value> {
    let issuer = &server.issuer;
    let scopes = format!("{} {OFFLINE_ACCESS}", Effects::ALL);
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "scopes_supported": scopes.split(' ').collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
