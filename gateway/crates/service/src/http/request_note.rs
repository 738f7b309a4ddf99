//! What is noted of a request for the access log: shapes alone, no path as the client wrote it, no query, no header's content,
//! no body.

use std::time::Instant;

use axum::extract::MatchedPath;
use http::StatusCode;

use crate::{
    logs::{Kind, Record},
    request_id::RequestId,
    trace::TraceId,
};

/// What is noted of a request.
#[derive(Debug)]
pub(super) struct RequestNote {
    pub(super) kind: Kind,
    pub(super) id: RequestId,
    pub(super) trace: Option<TraceId>,
    pub(super) method: &'static str,
    /// The route's pattern: what a stranger writes into a path is not for the log.
    pub(super) route: Option<MatchedPath>,
    pub(super) request_bytes: Option<u64>,
    pub(super) begun: Instant,
    pub(super) ended: Instant,
    /// What the client was answered in the end. Without it, the client went before, or the service stopped.
    pub(super) answer: Option<Answer>,
    /// Who was refused and why, as far as is known.
    pub(super) refused: RefusalNote,
    /// Lines like this one that were left out since the last one.
    pub(super) omitted: Option<u64>,
}

/// What the access log tells of a refusal, beside its status. It travels in the extensions of the response.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusalNote {
    /// The user, by the name that the audit log has for them.
    pub user: Option<u64>,
    /// Why a token was not accepted.
    pub reason: Option<&'static str>,
}

/// The shape of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) bytes: Option<u64>,
}

impl RequestNote {
    pub(super) fn add_to(&self, record: &mut Record) {
        let took = self.ended.saturating_duration_since(self.begun);
        record
            .text("method", self.method)
            .text("route", self.route.as_ref().map_or("unmatched", MatchedPath::as_str))
            .number("status", self.answer.as_ref().map(|answer| u64::from(answer.status.as_u16())))
            .number("microseconds", u64::try_from(took.as_micros()).ok())
            .number("request_bytes", self.request_bytes)
            .number("response_bytes", self.answer.as_ref().and_then(|answer| answer.bytes))
            .text("reason", self.refused.reason)
            .number("omitted", self.omitted)
            .text("request_id", self.id.as_str())
            .text("trace_id", self.trace.map(|id| id.to_string()).as_deref());
        if let Some(user) = self.refused.user {
            record.hash("user", user);
        }
    }
}
