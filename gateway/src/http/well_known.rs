//! The protected resource's metadata (RFC 9728): where to get a token for this server.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, Uri, header};
use serde_json::json;
use url::Url;

/// The document at the root; the one of a path has the path behind it (RFC 9728, 3).
const PATH: &str = "/.well-known/oauth-protected-resource";

/// This server as an OAuth resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The address that clients use, where it is configured; else the one that each of them names.
    pub public_url: Option<Url>,
    /// Where tokens come from.
    pub authorization_server: String,
}

impl Resource {
    /// The address of the document for the MCP endpoint.
    pub(super) fn metadata_url(&self, headers: &HeaderMap, uri: &Uri) -> String {
        format!("{}{PATH}/mcp", self.base(headers, uri))
    }

    /// The address of this server, without a trailing slash. The host was checked by its layer.
    fn base(&self, headers: &HeaderMap, uri: &Uri) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => {
                let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                let host = uri.authority().map(|authority| authority.as_str()).or(named).unwrap_or("localhost");
                format!("http://{host}")
            }
        }
    }
}

/// The two routes.
pub fn routes(resource: Arc<Resource>) -> Router {
    Router::new().route(PATH, get(document)).route(&format!("{PATH}/mcp"), get(document)).with_state(resource)
}

async fn document(State(resource): State<Arc<Resource>>, request: Request) -> Response {
    let base = resource.base(request.headers(), request.uri());
    let document = Json(json!({
        "resource": format!("{base}/mcp"),
        "authorization_servers": [resource.authorization_server],
        "bearer_methods_supported": ["header"],
        "resource_name": "Mana",
    }));
    // Public, and read by clients in web pages before they have any token.
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], document).into_response()
}
