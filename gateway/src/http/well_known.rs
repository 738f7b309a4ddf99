//! The protected resource's metadata (RFC 9728): where to get a token for this server. Each MCP endpoint is a resource of
//! its own, with a document of its own. Everything else that clients look for to get a token is refused in JSON, which is
//! what they parse.

use std::{fmt, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use url::Url;

use mana_mcp_runtime::tool::{Catalog, Effect, Effects};

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
    /// The OAuth servers that issue tokens for this server. Where there are none, the metadata names this server, since
    /// the protocol wants one; what it answers says how to get a token.
    pub authorization_servers: Vec<Url>,
    /// Where people get a token.
    pub token_source: TokenSource,
}

/// Where people get a token. Its text ends an error message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// An OAuth authorization server.
    Server(Url),
    /// This gateway's own authorization server, in the person's browser.
    Own(String),
    /// The command of the standalone mode.
    Command,
    /// The identity service, in a way that this server does not know.
    Identity,
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(url) => write!(f, "Sign in at {url}, which issues the tokens for this server."),
            Self::Own(issuer) => write!(
                f,
                "A program that signs in with OAuth opens {issuer} in your browser. For others, get a token with \
                 `mana-mcp token --user <e-mail address>`, and send it as `Authorization: Bearer <token>`."
            ),
            Self::Command => f.write_str(
                "Get a token with `mana-mcp token --user <e-mail address>` on the machine of the gateway, and send it as \
                 `Authorization: Bearer <token>`.",
            ),
            Self::Identity => f.write_str(
                "Get a token from the identity service of Mana, and send it as `Authorization: Bearer <token>`.",
            ),
        }
    }
}

impl Resource {
    /// Whether this gateway has an authorization server of its own.
    fn issues_tokens(&self) -> bool {
        matches!(self.token_source, TokenSource::Own(_))
    }

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
            None => refused(&resource),
        }
    };
    let elsewhere = async |State(resource): State<Arc<Resource>>| refused(&resource);
    let mut routes = Router::new()
        .route(PATH, get(of_root).fallback(elsewhere))
        .route(&format!("{PATH}/{{*path}}"), get(of_endpoint).fallback(elsewhere))
        .route("/.well-known/{*path}", any(elsewhere));
    if !resource.issues_tokens() {
        for path in ["/register", "/authorize", "/token"] {
            routes = routes.route(path, any(elsewhere));
        }
    }
    routes.with_state(resource)
}

/// The effects that an endpoint's tools have.
pub(crate) fn scopes_of(endpoint: &str) -> Effects {
    if endpoint.ends_with("/readonly") { Effect::Read.into() } else { Effects::ALL }
}

/// Hosts read every error of these routes as one of OAuth (RFC 6749, 5.2), and show its description.
fn refused(resource: &Resource) -> Response {
    let nothing = if resource.issues_tokens() { "There is nothing here." } else { "This server issues no tokens." };
    let description = format!("{nothing} {}", resource.token_source);
    let error = Json(json!({ "error": "invalid_request", "error_description": description }));
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], error).into_response()
}

fn document(resource: &Resource, endpoint: &str, request: &Request) -> Response {
    let origin = resource.origin(request.headers().get(header::HOST), request.uri());
    let base = format!("{origin}{}", resource.prefix());
    let servers = match (resource.authorization_servers.as_slice(), &resource.token_source) {
        ([], TokenSource::Own(issuer)) => vec![issuer.as_str()],
        ([], _) => vec![base.as_str()],
        (named, _) => named.iter().map(|url| url.as_str().trim_end_matches('/')).collect(),
    };
    let mut document = json!({
        "resource": format!("{base}{endpoint}"),
        "authorization_servers": servers,
        "bearer_methods_supported": ["header"],
        "resource_name": "Mana",
    });
    if let (true, Some(members)) = (resource.issues_tokens(), document.as_object_mut()) {
        let scopes: Vec<String> = scopes_of(endpoint).to_string().split(' ').map(str::to_owned).collect();
        members.insert("scopes_supported".to_owned(), scopes.into());
    }
    Json(document).into_response()
}
