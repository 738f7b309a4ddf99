//! The protected resource's metadata (RFC 9728): where to get a token for this server. Each MCP endpoint is a resource of
//! its own, with a document of its own.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use url::Url;

use mana_mcp_runtime::tool::Catalog;

use crate::mcp::{ENDPOINT, is_endpoint};

/// Stands between host and path of the resource (RFC 9728, 3).
const PATH: &str = "/.well-known/oauth-protected-resource";

/// This server as an OAuth resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What is served, which decides the endpoints.
    pub catalog: &'static Catalog,
    /// The address that clients use, where it is configured; else the one that each of them names.
    pub public_url: Option<Url>,
    /// Where tokens come from.
    pub authorization_server: String,
}

impl Resource {
    /// The address of the document for the endpoint that was asked for.
    pub(super) fn metadata_url(&self, host: Option<&HeaderValue>, uri: &Uri) -> String {
        // What a stranger wrote into the path must not end the header's quotes.
        let endpoint = Some(uri.path()).filter(|path| is_endpoint(self.catalog, path)).unwrap_or(ENDPOINT);
        format!("{}{PATH}{}{endpoint}", self.origin(host, uri), self.prefix())
    }

    /// Scheme and authority under which clients know this server. The host was checked before.
    fn origin(&self, host: Option<&HeaderValue>, uri: &Uri) -> String {
        match &self.public_url {
            Some(url) => url.origin().ascii_serialization(),
            None => {
                let named = host.and_then(|host| host.to_str().ok());
                let host = uri.authority().map(|authority| authority.as_str()).or(named).unwrap_or("localhost");
                format!("http://{host}")
            }
        }
    }

    /// What stands before the endpoints' paths where clients see them.
    fn prefix(&self) -> &str {
        self.public_url.as_ref().map_or("", |url| url.path().trim_end_matches('/'))
    }
}

/// The document at the root, and the ones of the endpoints.
pub fn routes(resource: Arc<Resource>) -> Router {
    let of_root =
        async |State(resource): State<Arc<Resource>>, request: Request| document(&resource, ENDPOINT, &request);
    let of_endpoint = async |State(resource): State<Arc<Resource>>, Path(path): Path<String>, request: Request| {
        let path = format!("/{path}");
        match path.strip_prefix(resource.prefix()).filter(|endpoint| is_endpoint(resource.catalog, endpoint)) {
            Some(endpoint) => document(&resource, endpoint, &request),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    };
    Router::new().route(PATH, get(of_root)).route(&format!("{PATH}/{{*path}}"), get(of_endpoint)).with_state(resource)
}

fn document(resource: &Resource, endpoint: &str, request: &Request) -> Response {
    let origin = resource.origin(request.headers().get(header::HOST), request.uri());
    let document = Json(json!({
        "resource": format!("{origin}{}{endpoint}", resource.prefix()),
        "authorization_servers": [resource.authorization_server],
        "bearer_methods_supported": ["header"],
        "resource_name": "Mana",
    }));
    document.into_response()
}
