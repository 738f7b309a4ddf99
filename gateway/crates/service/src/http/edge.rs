//! What every request passes on its way in, and every answer on its way out, whatever the service does: the request's id, the
//! caller's trace, the access log, an end for panics, and the rest of a body that nobody read. One step, and not a layer for
//! each duty: a layer costs two allocations and a copy of all that is beneath it for each request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use metrics::Counter;

use super::{access_log::AccessLog, lingering};
use crate::{
    panics::{Panicked, caught},
    request_id::RequestId,
    trace::{Remote, end_request, of_request, request_span},
};

/// What every answer needs.
pub struct Edge {
    /// Counts panics.
    pub panics: Counter,
    /// Tells of each request.
    pub access_log: AccessLog,
    /// The answer to a request that panicked.
    pub panicked: fn(&Panicked) -> Response,
}

/// For every answer that there is; the outermost layer.
pub async fn every(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    // Every answer has an id, an error's too.
    let id = RequestId::of(request.headers());
    let mut entry = edge.access_log.begin(&request, &id);
    let (span, remote) = (request_span(&request, &id), Remote::of_headers(request.headers()));
    let (request, rest) = lingering::lend(request);
    // All that is done for a request knows its id and its caller's trace.
    let work = async {
        entry.in_trace();
        // Beneath the log, so that a panic is logged as the 500 that it becomes.
        let answer = caught(&edge.panics, next.run(request)).await;
        let response = answer.unwrap_or_else(|panicked| (edge.panicked)(&panicked));
        end_request(response.status());
        edge.access_log.answered(entry, &response);
        response
    };
    let mut response = of_request(id.clone(), remote, span, work).await;
    // After the log, whose times are of answers.
    rest.discard().await;
    id.mark(&mut response);
    response
}
