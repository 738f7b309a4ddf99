//! One line per request, of shapes alone: no path as the client wrote it, no query, no header's content, no body.

use std::time::Instant;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use tracing::Level;

use super::trace::shown;
use crate::telemetry::{
    RequestId,
    logging::{self, Event, Kind, Record, name},
};

const REQUEST: Kind = Kind { message: "request", target: "mana_mcp::access" };

/// Writes the access log of one gateway.
pub(crate) struct AccessLog {
    is_read: bool,
}

/// The line of a request under way, where anybody reads it. It is written when this is dropped.
pub(super) struct Entry(Option<Box<Line>>);

struct Line {
    id: RequestId,
    method: &'static str,
    route: Option<MatchedPath>,
    request_bytes: Option<u64>,
    begun: Instant,
    ended: Instant,
    answer: Option<Answer>,
}

struct Answer {
    status: StatusCode,
    bytes: Option<u64>,
}

impl AccessLog {
    /// A log. Whether anybody reads it is asked here, once: what is logged is settled before.
    pub(crate) fn new() -> Self {
        Self { is_read: tracing::enabled!(target: REQUEST.target, Level::INFO) }
    }

    pub(super) fn begin(&self, request: &Request, id: &RequestId) -> Entry {
        if !self.is_read {
            return Entry(None);
        }
        let begun = Instant::now();
        Entry(Some(Box::new(Line {
            id: id.clone(),
            method: shown(request.method()),
            // The route's pattern: what a stranger writes into a path is not for the log.
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_bytes: content_length(request.headers()),
            begun,
            ended: begun,
            answer: None,
        })))
    }
}

impl Entry {
    /// Writes what the client is answered in the end. Without it, he went before, or the gateway stopped.
    pub(super) fn answered(mut self, response: &Response) {
        if let Self(Some(line)) = &mut self {
            line.answer = Some(Answer { status: response.status(), bytes: response.body().size_hint().exact() });
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut line) = self.0.take() {
            line.ended = Instant::now();
            logging::tell(Some((&REQUEST, line.ended)), line);
        }
    }
}

impl Event for Line {
    fn add_to(&self, record: &mut Record) {
        let took = self.ended.saturating_duration_since(self.begun);
        record
            .label(name!("method"), self.method)
            .text(name!("route"), self.route.as_ref().map_or("unmatched", MatchedPath::as_str))
            .number(name!("status"), self.answer.as_ref().map(|answer| u64::from(answer.status.as_u16())))
            .number(name!("microseconds"), u64::try_from(took.as_micros()).ok())
            .number(name!("request_bytes"), self.request_bytes)
            .number(name!("response_bytes"), self.answer.as_ref().and_then(|answer| answer.bytes))
            .id(name!("request_id"), &self.id);
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
