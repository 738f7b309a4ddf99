//! One line per request, of shapes alone: no path as the client wrote it, no query, no header's content, no body.

use std::time::Instant;

use super::{request_id::RequestId, trace::shown};
use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};

/// The layer.
pub async fn layer(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = shown(request.method());
    // The route's pattern: what a stranger writes into a path is not for the log.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request.extensions().get::<RequestId>().cloned();
    let request_bytes = content_length(request.headers());
    let response = next.run(request).await;
    tracing::info!(
        target: "mana_mcp::access",
        method,
        route = route.as_ref().map_or("unmatched", MatchedPath::as_str),
        status = response.status().as_u16(),
        microseconds = u64::try_from(started.elapsed().as_micros()).ok(),
        request_bytes,
        response_bytes = response.body().size_hint().exact(),
        request_id = id.as_ref().map(RequestId::as_str),
    );
    response
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
