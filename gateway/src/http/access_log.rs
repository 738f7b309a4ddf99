//! One line per request, of shapes alone: no path as the client wrote it, no query, no header's content, no body.

use std::time::Instant;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderMap, header};
use tracing::Level;

use super::{request_id::RequestId, trace::shown};
use crate::telemetry::logging::{self, Kind, name};

const REQUEST: Kind = Kind { message: "request", target: "mana_mcp::access" };

/// Writes the access log of one gateway.
pub(crate) struct AccessLog {
    is_read: bool,
}

/// The line of a request under way.
pub(super) struct Entry {
    method: &'static str,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
    begun: Instant,
}

impl AccessLog {
    /// A log. Whether anybody reads it is asked here, once: what is logged is settled before.
    pub(crate) fn new() -> Self {
        Self { is_read: tracing::enabled!(target: REQUEST.target, Level::INFO) }
    }

    pub(super) fn begin(&self, request: &Request) -> Option<Entry> {
        self.is_read.then(|| Entry {
            method: shown(request.method()),
            // The route's pattern: what a stranger writes into a path is not for the log.
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: content_length(request.headers()),
            begun: Instant::now(),
        })
    }

    /// Shows what the client was answered in the end.
    pub(super) fn end(&self, entry: Option<Entry>, id: &RequestId, response: &Response) {
        if let Some(Entry { method, route, request_bytes, begun }) = entry {
            let now = Instant::now();
            let (id, status) = (id.to_header(), response.status());
            let response_bytes = response.body().size_hint().exact();
            logging::tell(&REQUEST, now, move |line| {
                line.label(name!("method"), method)
                    .text(name!("route"), route.as_ref().map_or("unmatched", MatchedPath::as_str))
                    .number(name!("status"), u64::from(status.as_u16()))
                    .number(name!("microseconds"), u64::try_from(now.saturating_duration_since(begun).as_micros()).ok())
                    .number(name!("request_bytes"), request_bytes)
                    .number(name!("response_bytes"), response_bytes)
                    .text(name!("request_id"), id.to_str().ok());
            });
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
