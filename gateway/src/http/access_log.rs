//! One line per request, of shapes alone: no path as the client wrote it, no query, no header's content, no body.

use std::time::Instant;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tracing::Level;

use super::{request_id::RequestId, trace::shown};
use crate::telemetry::logging::{self, Kind, name};

const REQUEST: Kind = Kind { message: "request", target: "mana_mcp::access" };

/// Writes the access log of one gateway.
pub(crate) struct AccessLog {
    is_read: bool,
}

/// The line of a request under way, where anybody reads it. It is written when this is dropped.
pub(super) struct Entry(Option<Line>);

struct Line {
    id: HeaderValue,
    method: &'static str,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
    begun: Instant,
    answer: Option<Answer>,
}

#[derive(Clone, Copy)]
struct Answer {
    at: Instant,
    status: StatusCode,
    bytes: Option<u64>,
}

impl AccessLog {
    /// A log. Whether anybody reads it is asked here, once: what is logged is settled before.
    pub(crate) fn new() -> Self {
        Self { is_read: tracing::enabled!(target: REQUEST.target, Level::INFO) }
    }

    pub(super) fn begin(&self, request: &Request, id: &RequestId) -> Entry {
        Entry(self.is_read.then(|| Line {
            id: id.to_header(),
            method: shown(request.method()),
            // The route's pattern: what a stranger writes into a path is not for the log.
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: content_length(request.headers()),
            begun: Instant::now(),
            answer: None,
        }))
    }
}

impl Entry {
    /// Writes what the client is answered in the end. Without it, he went before, or the gateway stopped.
    pub(super) fn answered(mut self, response: &Response) {
        if let Self(Some(line)) = &mut self {
            let bytes = response.body().size_hint().exact();
            line.answer = Some(Answer { at: Instant::now(), status: response.status(), bytes });
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { method, request_bytes, begun, answer, .. } = *self;
        let (id, route) = (self.id.clone(), self.route.take());
        let ended = answer.map_or_else(Instant::now, |answer| answer.at);
        logging::tell(&REQUEST, ended, move |line| {
            line.label(name!("method"), method)
                .text(name!("route"), route.as_ref().map_or("unmatched", MatchedPath::as_str))
                .number(name!("status"), answer.map(|answer| u64::from(answer.status.as_u16())))
                .number(name!("microseconds"), u64::try_from(ended.saturating_duration_since(begun).as_micros()).ok())
                .number(name!("request_bytes"), request_bytes)
                .number(name!("response_bytes"), answer.and_then(|answer| answer.bytes))
                .text(name!("request_id"), id.to_str().ok());
        });
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
