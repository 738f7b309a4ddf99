//! One line per request, of shapes alone: no path as the client wrote it, no query, no header's content, no body.

use std::time::Instant;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderMap, header};

use super::{request_id::RequestId, trace::shown};

/// The line of a request under way.
pub(super) struct Entry {
    method: &'static str,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
    begun: Instant,
}

impl Entry {
    pub(super) fn begin(request: &Request) -> Self {
        Self {
            method: shown(request.method()),
            // The route's pattern: what a stranger writes into a path is not for the log.
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: content_length(request.headers()),
            begun: Instant::now(),
        }
    }

    /// Shows what the client was answered in the end.
    pub(super) fn write(self, id: &RequestId, response: &Response) {
        tracing::info!(
            target: "mana_mcp::access",
            method = self.method,
            route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str),
            status = response.status().as_u16(),
            microseconds = u64::try_from(self.begun.elapsed().as_micros()).ok(),
            request_bytes = self.request_bytes,
            response_bytes = response.body().size_hint().exact(),
            request_id = id.as_str(),
        );
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
