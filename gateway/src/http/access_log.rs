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
use crate::telemetry::logging::{LogFormat, Record};

const TARGET: &str = "mana_mcp::access";

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

    /// Shows what the client was answered in the end, where anybody reads it.
    pub(super) fn write(self, format: LogFormat, id: &RequestId, response: &Response) {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return;
        }
        Record::begin(format, "request")
            .text("method", self.method)
            .text("route", self.route.as_ref().map_or("unmatched", MatchedPath::as_str))
            .number("status", u64::from(response.status().as_u16()))
            .number("microseconds", u64::try_from(self.begun.elapsed().as_micros()).ok())
            .number("request_bytes", self.request_bytes)
            .number("response_bytes", response.body().size_hint().exact())
            .text("request_id", id.as_str())
            .write(TARGET);
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
