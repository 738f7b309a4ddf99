//! All routes, and what stands before each.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode};
use mana_mcp_service::{
    http::{cross_origin, edge, operations},
    panics::Panicked,
};
use tower::ServiceBuilder;

use super::parts::Parts;
use crate::{
    http::{front, well_known},
    mcp::Refusal,
    oauth,
};

/// Web pages may read it in answers.
const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");

/// All routes, each behind its steps of [`front`].
pub(super) fn router(parts: Parts) -> Router {
    let Parts { mcp, edge, guards, authorization, peers, exposition, readiness, .. } = parts;
    let resource = Arc::clone(&guards.authentication.resource);
    let guards = ServiceBuilder::new()
        .layer(from_fn_with_state(Arc::clone(&peers), front::own_pages_and_names))
        .layer(cross_origin::for_known(Arc::clone(&peers), [SESSION_HEADER]))
        .layer(from_fn_with_state(Arc::new(guards), front::guarded));
    let operated = operations::routes(readiness, exposition)
        .fallback(no_such_route)
        .layer(from_fn_with_state(Arc::clone(&peers), front::own_pages));
    let mut own = Router::new();
    let mut public = well_known::routes(resource);
    if let Some(server) = authorization {
        public = public.merge(oauth::public_routes(Arc::clone(&server)));
        let for_programs = ServiceBuilder::new()
            .layer(from_fn_with_state(Arc::clone(&peers), front::own_pages_and_names))
            .layer(cross_origin::for_known(Arc::clone(&peers), [SESSION_HEADER]));
        own = oauth::program_routes(Arc::clone(&server)).layer(for_programs);
        // Pages look at the origin by themselves: it must be their own.
        let pages = oauth::page_routes(server).layer(from_fn_with_state(Arc::clone(&peers), front::own_names));
        own = own.merge(pages);
    }
    let public = public
        .layer(ServiceBuilder::new().layer(from_fn_with_state(peers, front::own_names)).layer(cross_origin::for_all()));
    let served = mcp.router().layer(guards).merge(own).merge(operated).merge(public);
    served.layer(from_fn_with_state(Arc::new(edge), edge::every))
}

async fn no_such_route() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here. MCP is served at /mcp.\n").into_response()
}

/// The answer to a request that panicked.
pub(super) fn panicked(panicked: &Panicked) -> Response {
    Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, panicked.to_string()).into_response()
}
