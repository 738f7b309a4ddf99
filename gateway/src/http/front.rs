//! What requests pass on their way in, and answers on their way out, behind the step that every service has
//! (`mana_mcp_service::http::edge`): the one place where the order stands. Two steps, and not a layer for each duty: a layer
//! costs two allocations and a copy of all that is beneath it for each request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use mana_mcp_service::http::{
    RefusalNote,
    bodies::Bodies,
    host_origin::AllowedPeers,
    limits::{Deadline, InFlight, Patience},
    refused::Refused,
    unwritten::Unwritten,
};

use super::{Refusal, UnreadId, authentication::Authentication};

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
        .map_err(|refused| Refusal::from(refused).with_unread(unread))?;
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
        .map_err(|refused| Refusal::from(refused).with_unread(unread))?;
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
    // Strangers take nothing of what users need: neither a permit nor room for a body.
    let (principal, challenge) = guards.deadline.of(guards.authentication.admit(&mut request)).await?;
    let refused = |refused: Refused| {
        let user = guards.authentication.audit.user(&principal);
        Refusal::from(refused).noting(RefusalNote { user: Some(user), reason: None })
    };
    let owner = principal.user().owner();
    // Before the permit, so that a client that sends slowly takes none.
    let mut request = guards.bodies.read(&owner, request).await.map_err(refused)?;
    let permit = guards.in_flight.acquire(&owner, &mut request).map_err(refused)?;
    let patience = Patience::default();
    request.extensions_mut().insert(patience.clone());
    let response = guards.deadline.with(&patience, async { Ok::<_, Refusal>(next.run(request).await) }).await?;
    let response = guards.unwritten.hold(&owner, permit, response).map_err(refused)?;
    Ok(challenge.on_refusal(response))
}
