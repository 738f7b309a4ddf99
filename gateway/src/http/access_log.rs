//! The access log's notes: begun when a request comes, told when it has its answer.

use std::time::Instant;

use axum::{body::HttpBody, extract::Request, response::Response};
use http::{HeaderMap, header};
use tracing::Level;

use super::trace::shown;
use crate::telemetry::{
    RequestId,
    access::{Answer, REQUEST, RequestNote},
    event::Event,
    logging,
};

/// Writes the access log of one gateway.
pub(crate) struct AccessLog {
    is_read: bool,
}

/// The note of a request under way, where anybody reads it. It is told when this is dropped.
pub(super) struct Entry(Option<RequestNote>);

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
        Entry(Some(RequestNote {
            id: id.clone(),
            method: shown(request.method()),
            route: request.extensions().get().cloned(),
            request_bytes: content_length(request.headers()),
            begun,
            ended: begun,
            answer: None,
        }))
    }
}

impl Entry {
    /// Notes what the client is answered in the end.
    pub(super) fn answered(mut self, response: &Response) {
        if let Self(Some(note)) = &mut self {
            note.answer = Some(Answer { status: response.status(), bytes: response.body().size_hint().exact() });
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut note) = self.0.take() {
            note.ended = Instant::now();
            logging::tell(Event::Request(note));
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
