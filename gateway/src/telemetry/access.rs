//! The access log: one line for each request, of shapes alone: no path as the client wrote it, no query, no header's content,
//! no body.

use std::time::Instant;

use axum::extract::MatchedPath;
use http::StatusCode;

use super::{
    RequestId,
    logging::{Kind, Record, name},
};

/// The lines of clients' requests.
pub(crate) const REQUEST: Kind = Kind { message: "request", target: "mana_mcp::access" };
/// The lines of probes and scrapes, which a filter may leave out by themselves. One that names [`REQUEST`] names them too.
pub(crate) const PROBE: Kind = Kind { message: "request", target: "mana_mcp::access::probes" };

/// What is noted of a request.
#[derive(Debug)]
pub(crate) struct RequestNote {
    pub(crate) format: &'static Kind,
    pub(crate) id: RequestId,
    pub(crate) method: &'static str,
    /// The route's pattern: what a stranger writes into a path is not for the log.
    pub(crate) route: Option<MatchedPath>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) begun: Instant,
    pub(crate) ended: Instant,
    /// What the client was answered in the end. Without it, the client went before, or the gateway stopped.
    pub(crate) answer: Option<Answer>,
    /// Who was refused and why, as far as is known.
    pub(crate) refused: RefusalNote,
    /// Lines like this one that were left out since the last one.
    pub(crate) omitted: Option<u64>,
}

/// What the access log tells of a refusal, beside its status. It travels in the extensions of the response.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RefusalNote {
    /// The user, by the name that the audit log has for them.
    pub(crate) user: Option<u64>,
    /// Why a token was not accepted.
    pub(crate) reason: Option<&'static str>,
}

/// The shape of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) bytes: Option<u64>,
}

impl RequestNote {
    pub(super) fn add_to(&self, record: &mut Record) {
        let took = self.ended.saturating_duration_since(self.begun);
        record
            .label(name!("method"), self.method)
            .text(name!("route"), self.route.as_ref().map_or("unmatched", MatchedPath::as_str))
            .number(name!("status"), self.answer.as_ref().map(|answer| u64::from(answer.status.as_u16())))
            .number(name!("microseconds"), u64::try_from(took.as_micros()).ok())
            .number(name!("request_bytes"), self.request_bytes)
            .number(name!("response_bytes"), self.answer.as_ref().and_then(|answer| answer.bytes))
            .label(name!("reason"), self.refused.reason)
            .number(name!("omitted"), self.omitted)
            .id(name!("request_id"), &self.id);
        if let Some(user) = self.refused.user {
            record.hash(name!("user"), user);
        }
    }
}
