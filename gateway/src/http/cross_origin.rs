//! CORS for the web pages that may call: preflights are answered here, and pages may read the headers they need.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::host_origin::AllowedPeers;
use crate::telemetry::REQUEST_ID_HEADER;

/// The layer. No credentials of the browser: the token is in a header that the page sets itself.
pub fn layer(peers: Arc<AllowedPeers>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| peers.allows_origin(origin)))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // The headers of a call are open-ended (`Mcp-Param-*`); that the origin is a known one is what protects.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            HeaderName::from_static("mcp-session-id"),
            REQUEST_ID_HEADER,
        ])
        .max_age(Duration::from_secs(600))
}
