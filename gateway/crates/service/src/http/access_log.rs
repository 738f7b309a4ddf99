//! The access log's notes: begun when a request comes, told when it has its answer.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use metrics::Counter;

use super::{
    paths::is_operators,
    request_note::{Answer, RefusalNote, RequestNote},
};
use crate::{
    logs::{self, Kind, LogKind, LogTargets},
    request_id::RequestId,
    trace::{method_name, trace_id},
};

/// Lines of refused requests that are written within [`INTERVAL`], for each status: a refused client can come again at
/// once, and would fill the log. The first lines and a count tell as much.
const MOST_REFUSALS: u32 = 10;
const INTERVAL: Duration = Duration::from_secs(1);

/// Writes the access log of one service: a line for each request, with its shapes alone.
pub struct AccessLog {
    requests: Kind,
    probes: Kind,
    has_requests: bool,
    has_probes: bool,
    unauthorized: Refusals,
    too_many: Refusals,
    unavailable: Refusals,
    omitted: Counter,
}

/// The note of a request under way, where anybody reads it. It is logged when this is dropped.
pub(super) struct Entry(Option<RequestNote>);

impl AccessLog {
    /// A log under these targets, which counts the lines that it leaves out. Whether anybody reads it is asked here, once: what
    /// is logged is settled before.
    #[must_use]
    pub fn new(targets: LogTargets, omitted: Counter) -> Self {
        let [unauthorized, too_many, unavailable] = std::array::from_fn(|_| Refusals::default());
        Self {
            requests: Kind { message: "request", target: targets.access.name },
            probes: Kind { message: "request", target: targets.probes.name },
            has_requests: (targets.access.is_read)(),
            has_probes: (targets.probes.is_read)(),
            unauthorized,
            too_many,
            unavailable,
            omitted,
        }
    }

    pub(super) fn begin(&self, request: &Request, id: &RequestId) -> Entry {
        let route = request.extensions().get::<MatchedPath>();
        let (kind, is_read) = match route {
            Some(route) if is_operators(route.as_str()) => (self.probes, self.has_probes),
            _ => (self.requests, self.has_requests),
        };
        if !is_read {
            return Entry(None);
        }
        let begun = Instant::now();
        Entry(Some(RequestNote {
            kind,
            id: id.clone(),
            trace: None,
            method: method_name(request.method()),
            route: route.cloned(),
            request_bytes: content_length(request.headers()),
            begun,
            ended: begun,
            answer: None,
            refused: RefusalNote::default(),
            omitted: None,
        }))
    }

    /// Notes what the client is answered in the end.
    pub(super) fn answered(&self, mut entry: Entry, response: &Response) {
        let Entry(Some(note)) = &mut entry else { return };
        let status = response.status();
        note.answer = Some(Answer { status, bytes: response.body().size_hint().exact() });
        note.refused = response.extensions().get().copied().unwrap_or_default();
        let refusals = match status {
            StatusCode::UNAUTHORIZED => &self.unauthorized,
            StatusCode::TOO_MANY_REQUESTS => &self.too_many,
            // Probes ask seldom, and what they learn is worth a line.
            StatusCode::SERVICE_UNAVAILABLE if note.kind == self.requests => &self.unavailable,
            _ => return,
        };
        match refusals.admit(Instant::now()) {
            Some(omitted) => note.omitted = (omitted > 0).then_some(omitted),
            None => {
                self.omitted.increment(1);
                entry.0 = None;
            }
        }
    }
}

impl Entry {
    /// Notes the trace that the request is in.
    pub(super) fn in_trace(&mut self) {
        if let Self(Some(note)) = self {
            note.trace = trace_id();
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut note) = self.0.take() {
            note.ended = Instant::now();
            logs::write(LogKind::Access, note.kind, note.ended, |record| note.add_to(record));
        }
    }
}

/// The refusals of one status, of which a limited number have lines.
#[derive(Default)]
struct Refusals(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    since: Option<Instant>,
    lines: u32,
    omitted: u64,
}

impl Refusals {
    /// Whether the next one has a line, and how many had none since the last line.
    fn admit(&self, now: Instant) -> Option<u64> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.since.is_none_or(|since| now.saturating_duration_since(since) >= INTERVAL) {
            (recent.since, recent.lines) = (Some(now), 0);
        }
        if recent.lines >= MOST_REFUSALS {
            recent.omitted += 1;
            return None;
        }
        recent.lines += 1;
        Some(std::mem::take(&mut recent.omitted))
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_some_lines_and_a_count_of_the_others() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let lines = |now, tries: u32| (0..tries).filter_map(|_| refusals.admit(now)).collect::<Vec<_>>();
        assert_eq!(lines(begun, 1000), [0; MOST_REFUSALS as usize]);
        assert!(lines(begun + INTERVAL / 2, 10).is_empty());
        // The next interval begins with the count of what the last one left out.
        assert_eq!(lines(begun + INTERVAL, 3), [1000 + 10 - u64::from(MOST_REFUSALS), 0, 0]);
    }
}
