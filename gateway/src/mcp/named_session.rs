//! The session that a request names.

use axum::http::{HeaderMap, StatusCode};
use rmcp::model::RequestId;

use super::{
    refusal::Refusal,
    server::Mcp,
    session::{Session, SessionRefusal},
};
use crate::{auth::Principal, telemetry::metrics::SessionRefusalKind};

pub(super) const SESSION_HEADER: &str = "mcp-session-id";

/// The session that the headers name.
pub(super) fn session_id<'a>(mcp: &Mcp, headers: &'a HeaderMap, id: Option<&RequestId>) -> Result<&'a str, Refusal> {
    let mut named = headers.get_all(SESSION_HEADER).iter();
    let refused = |text| {
        mcp.services.metrics.session_refused(SessionRefusalKind::Missing);
        Refusal::of_request(StatusCode::BAD_REQUEST, text).answering(id)
    };
    match (named.next(), named.next()) {
        (None, _) => Err(refused("The Mcp-Session-Id header is missing: send `initialize` first.")),
        (Some(_), Some(_)) => Err(refused("The Mcp-Session-Id header stands twice.")),
        (Some(value), None) => value.to_str().map_err(|_| session_refused(mcp, id, SessionRefusal::Unknown)),
    }
}

/// The open session that the headers name, if it is the caller's.
pub(super) async fn open_session(
    mcp: &Mcp,
    principal: &Principal,
    headers: &HeaderMap,
    id: Option<&RequestId>,
) -> Result<Session, Refusal> {
    mcp.sessions
        .open(session_id(mcp, headers, id)?, principal.user())
        .await
        .map_err(|refusal| session_refused(mcp, id, refusal))
}

pub(super) fn session_refused(mcp: &Mcp, id: Option<&RequestId>, refusal: SessionRefusal) -> Refusal {
    let (kind, status, text) = match refusal {
        SessionRefusal::Unknown => (
            SessionRefusalKind::Unknown,
            StatusCode::NOT_FOUND,
            "There is no such session, or it has ended: send `initialize` again.",
        ),
        SessionRefusal::Foreign => {
            (SessionRefusalKind::Foreign, StatusCode::FORBIDDEN, "The session belongs to another user.")
        }
    };
    mcp.services.metrics.session_refused(kind);
    Refusal::of_request(status, text).answering(id)
}
