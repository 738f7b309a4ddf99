//! CORS: preflights are answered here, and pages may read the headers they need.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, CorsLayer};

use super::host_origin::AllowedPeers;
use crate::request_id::REQUEST_ID_HEADER;

/// For the web pages that may call, which may read these headers of answers too. No credentials of the browser: the token is
/// in a header that the page sets itself.
pub fn for_known(peers: Arc<AllowedPeers>, exposed: impl IntoIterator<Item = HeaderName>) -> CorsLayer {
    let before = [header::WWW_AUTHENTICATE, header::RETRY_AFTER].into_iter();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| peers.allows_origin(origin)))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // The headers of a call are open-ended (those of MCP, for example); that the origin is a known one is what protects.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(before.chain(exposed).chain([REQUEST_ID_HEADER]).collect::<Vec<_>>())
        .max_age(Duration::from_secs(600))
}

/// For every page: what is public, and read by clients before they have any token.
pub fn for_all() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods([Method::GET, Method::POST]).allow_headers(Any)
}
