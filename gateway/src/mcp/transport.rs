//! Streamable HTTP (basic/transports): what a POST or DELETE must look like, and what becomes of the message in it.

use std::{error::Error, sync::Arc};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::post,
};
use http_body_util::{BodyExt, LengthLimitError};
use mana_mcp_service::http::limits::Patience;

use super::{
    addresses::{UnknownAddress, View},
    answer::Answer,
    era::{self, Era},
    exchange::Exchange,
    message::{Message, MethodCall},
    named_session::{open_session, session_id, session_refused},
    place::Place,
    refusal::{Refusal, UnreadId},
    revision::is_modern,
    running::RunningName,
    server::Mcp,
};
use crate::auth::Principal;

impl Mcp {
    /// The routes of all addresses that serve tools. Each needs an authenticated [`Principal`] among the request's
    /// extensions.
    pub fn router(self: &Arc<Self>) -> Router {
        const ROUTES: [&str; 6] =
            ["/mcp", "/mcp/readonly", "/mcp/all", "/mcp/all/readonly", "/mcp/x/{names}", "/mcp/x/{names}/readonly"];
        let router =
            ROUTES.iter().fold(Router::new(), |router, route| router.route(route, post(mcp_post).delete(mcp_delete)));
        router.with_state(Arc::clone(self))
    }
}

async fn mcp_delete(
    State(mcp): State<Arc<Mcp>>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if is_modern(&headers) {
        let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Ok(response);
    }
    let id = session_id(&mcp, &headers, None)?;
    let ended = mcp.sessions.end(id, principal.user()).await;
    ended.map_err(|refusal| session_refused(&mcp, None, refusal))?;
    mcp.services.metrics.session_ended();
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn mcp_post(
    State(mcp): State<Arc<Mcp>>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Refusal> {
    let unread = UnreadId::of(request.headers());
    let view = mcp.addresses.view(request.uri().path()).map_err(|unknown| not_found(&unknown));
    let posted = async { posted(mcp, principal, view?, request).await };
    posted.await.map_err(|refusal| refusal.with_unread(unread))
}

async fn posted(mcp: Arc<Mcp>, principal: Principal, view: View, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    check_media_types(&parts.headers)?;
    let place = Place::of(&parts, &mcp.zone)?;
    let body = read(body).await?;
    let Parts { headers, extensions, .. } = parts;
    match Message::parse(&body)? {
        Message::Request { id, call } => {
            let patience = extensions.get::<Patience>().cloned().unwrap_or_default();
            Exchange { mcp, principal, view, headers, place, id, call, patience }.answer(extensions).await
        }
        Message::Notification(call) => noted(&mcp, &principal, &headers, &call).await,
        Message::Response if is_modern(&headers) => {
            Err(bad_request("A client must not send responses: this server sends no requests."))
        }
        Message::Response => {
            open_session(&mcp, &principal, &headers, None).await?;
            Ok(Answer::Accepted.into_response())
        }
    }
}

async fn noted(mcp: &Mcp, principal: &Principal, headers: &HeaderMap, call: &MethodCall) -> Result<Response, Refusal> {
    let method = call.method.name();
    if !method.starts_with("notifications/") {
        return Err(bad_request("A request needs an `id`: without one, nobody could be answered."));
    }
    match Era::of(headers, None, call)? {
        // Closing a response is what cancels in this revision; no notification means anything to this server.
        Era::Modern => era::check_modern_notification(headers)?,
        Era::Initialize | Era::Session => {
            open_session(mcp, principal, headers, None).await?;
            if method == "notifications/cancelled"
                && let Some(id) = call.params.get("requestId").and_then(|id| serde_json::from_value(id.clone()).ok())
            {
                mcp.running.cancel(&RunningName::new(session_id(mcp, headers, None)?, &id));
            }
        }
    }
    Ok(Answer::Accepted.into_response())
}

fn not_found(unknown: &UnknownAddress) -> Refusal {
    Refusal::of_request(StatusCode::NOT_FOUND, unknown.to_string())
}

fn bad_request(text: &'static str) -> Refusal {
    Refusal::of_request(StatusCode::BAD_REQUEST, text)
}

/// JSON in, JSON out. `Accept` is read liberally: a client that would take JSON gets it.
fn check_media_types(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::of_request(status, "Content-Type must be application/json."));
    }
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    let takes_json = accepted.peek().is_none()
        || accepted.flat_map(|value| value.split(',')).any(|range| {
            let essence = range.split(';').next().unwrap_or_default().trim();
            ["application/json", "application/*", "*/*"].iter().any(|json| essence.eq_ignore_ascii_case(json))
        });
    if takes_json {
        return Ok(());
    }
    Err(Refusal::of_request(StatusCode::NOT_ACCEPTABLE, "Accept must allow application/json."))
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_too_large(&error) => {
            Err(Refusal::of_request(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."))
        }
        Err(_) => Err(bad_request("The body could not be read.")),
    }
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
