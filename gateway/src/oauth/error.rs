//! Errors as programs read them (RFC 6749, 5.2).

use std::borrow::Cow;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use mana_mcp_standalone::{Unavailable, Ungranted};
use serde_json::json;

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) status: StatusCode,
    /// One of the protocol's names.
    pub(super) code: &'static str,
    /// For people. Holds nothing that came with the request but names of parameters.
    pub(super) description: Cow<'static, str>,
}

impl OAuthError {
    pub(super) fn new(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description: description.into() }
    }

    pub(super) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn invalid_target() -> Self {
        Self::new("invalid_target", "`resource` must be the address of an MCP endpoint of this server, like …/mcp.")
    }

    pub(super) fn invalid_scope() -> Self {
        Self::new("invalid_scope", "The scope is empty, or more than was granted.")
    }

    pub(super) fn no_such_route() -> Self {
        Self::invalid_request("There is nothing here for a request with this method.")
            .with_status(StatusCode::NOT_FOUND)
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<Unavailable> for OAuthError {
    fn from(_: Unavailable) -> Self {
        Self::new("temporarily_unavailable", "The gateway's database cannot be used now; its log says why.")
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl From<Ungranted> for OAuthError {
    fn from(why: Ungranted) -> Self {
        match why {
            Ungranted::InvalidGrant => Self::new(
                "invalid_grant",
                "The code or refresh token is unknown, expired, used before, or was issued for another request. Sign in \
                 again.",
            ),
            Ungranted::InvalidScope => Self::invalid_scope(),
            Ungranted::InvalidTarget => Self::invalid_target(),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.code, "error_description": self.description }));
        let mut response = (self.status, body).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
