//! What requests pass on their way in, and answers on their way out: the one place where the order stands. Three steps, and
//! not a layer for each duty: a layer costs two allocations and a copy of all that is beneath it for each request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use metrics::Counter;

use super::{
    Refusal, UnreadId,
    access_log::AccessLog,
    authentication::Authentication,
    bodies::Bodies,
    host_origin::AllowedPeers,
    limits::{Deadline, InFlight, Patience},
    lingering, trace,
    unwritten::Unwritten,
};
use crate::telemetry::{
    RequestId,
    access::RefusalNote,
    panics::caught,
    trace::{Remote, of_request},
};

/// What every answer needs.
pub(crate) struct Edge {
    /// Counts panics.
    pub(crate) panics: Counter,
    /// Tells of each request.
    pub(crate) access_log: AccessLog,
}

/// What stands before the work on users' data.
pub(crate) struct Guards {
    /// Requests under way at once.
    pub(crate) in_flight: InFlight,
    /// How long one may take.
    pub(crate) deadline: Deadline,
    /// Who may call.
    pub(crate) authentication: Authentication,
    /// Bodies of requests.
    pub(crate) bodies: Bodies,
    /// Answers that are not written yet.
    pub(crate) unwritten: Unwritten,
}

/// For every answer that there is.
pub(crate) async fn every(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    // Every answer has an id, an error's too.
    let id = RequestId::of(request.headers());
    let entry = edge.access_log.begin(&request, &id);
    let (span, remote) = (trace::span_of(&request), Remote::of_headers(request.headers()));
    let (request, rest) = lingering::lend(request);
    // All that is done for a request knows its id and its caller's trace.
    let work = async {
        // Beneath the log, so that a panic is logged as the 500 that it becomes.
        let response = caught(&edge.panics, next.run(request)).await.unwrap_or_else(|panicked| {
            Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, panicked.to_string()).into_response()
        });
        trace::end(response.status());
        edge.access_log.answered(entry, &response);
        response
    };
    let mut response = of_request(id.clone(), remote, span, work).await;
    // After the log, whose times are of answers.
    rest.discard().await;
    id.mark(&mut response);
    response
}

/// For what no stranger's page may reach.
pub(crate) async fn own_pages(
    State(peers): State<Arc<AllowedPeers>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let unread = UnreadId::of(request.headers());
    peers
        .check_origin(request.headers())
        .and_then(|()| peers.check_name(&request))
        .map_err(|refusal| refusal.with_unread(unread))?;
    Ok(next.run(request).await)
}

/// For what every page may read.
pub(crate) async fn own_names(
    State(peers): State<Arc<AllowedPeers>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    peers.check_host(&request)?;
    Ok(next.run(request).await)
}

/// For what is addressed by a name and works on users' data. A preflight has no token and must not need one: CORS stands
/// between this and [`guarded`].
pub(crate) async fn own_pages_and_names(
    State(peers): State<Arc<AllowedPeers>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let unread = UnreadId::of(request.headers());
    peers
        .check_origin(request.headers())
        .and_then(|()| peers.check_host(&request))
        .map_err(|refusal| refusal.with_unread(unread))?;
    Ok(next.run(request).await)
}

/// For what works on users' data.
pub(crate) async fn guarded(
    State(guards): State<Arc<Guards>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let unread = UnreadId::of(request.headers());
    admitted(&guards, request, next).await.map_err(|refusal| refusal.with_unread(unread))
}

async fn admitted(guards: &Guards, mut request: Request, next: Next) -> Result<Response, Refusal> {
    // Strangers take nothing of what users need: neither a place nor room for a body.
    let (principal, challenge) = guards.deadline.of(guards.authentication.admit(&mut request)).await?;
    let refused = |refusal: Refusal| {
        let user = guards.authentication.audit.user(&principal);
        refusal.noting(RefusalNote { user: Some(user), reason: None })
    };
    // Before the place, so that a client that sends slowly takes none.
    let mut request = guards.bodies.read(principal.user(), request).await.map_err(refused)?;
    let place = guards.in_flight.enter(principal.user(), &mut request).map_err(refused)?;
    let patience = Patience::default();
    request.extensions_mut().insert(patience.clone());
    let response = guards.deadline.with(&patience, async { Ok(next.run(request).await) }).await?;
    let response = guards.unwritten.hold(principal.user(), place, response).map_err(refused)?;
    Ok(challenge.on_refusal(response))
}
