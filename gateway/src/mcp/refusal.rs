//! Why a request is not served.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use mana_mcp_service::http::{
    RefusalNote,
    refused::{Fault, Refused as NotServed},
};
use rmcp::model::{ErrorCode, ErrorData, JsonRpcError, JsonRpcVersion2_0, RequestId};
use serde::Serialize;

use super::{
    body::MessageBody,
    reply::{self, message_response, written},
    revision::{Revision, is_modern},
};
use crate::http::missing_scopes::MissingScopes;

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

/// The person has not granted the program what the call needs. Answered with 403 and a challenge, whatever the revision; the
/// error's data is the scopes that would do.
pub(super) const NOT_GRANTED: ErrorCode = ErrorCode(-32011);

/// A request that is not served: an HTTP status with a JSON-RPC error for a body.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Refused>);

#[derive(Debug)]
struct Refused {
    status: StatusCode,
    id: RefusedId,
    error: ErrorData,
    is_passing: bool,
    challenge: Option<HeaderValue>,
    note: Option<RefusalNote>,
}

#[derive(Debug)]
enum RefusedId {
    Read(RequestId),
    Unread(UnreadId),
}

/// How an error says that the id of its request was not read. Clients of the earlier revisions lose the text of an error
/// without an id; the stateless revision forbids `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnreadId {
    /// As JSON-RPC has it, in the earlier revisions.
    Null,
    /// In the stateless revision.
    Absent,
}

impl UnreadId {
    /// As the revision of a request has it, as far as its headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if is_modern(headers) { Self::Absent } else { Self::Null }
    }
}

/// An error message whose id may be `null`.
#[derive(Serialize)]
struct ErrorMessage {
    jsonrpc: JsonRpcVersion2_0,
    id: Option<RequestId>,
    error: ErrorData,
}

impl Refusal {
    /// An error of its own.
    pub(super) fn new(status: StatusCode, error: ErrorData) -> Self {
        Self(Box::new(Refused {
            status,
            id: RefusedId::Unread(UnreadId::Null),
            error,
            is_passing: false,
            challenge: None,
            note: None,
        }))
    }

    /// The request is at fault.
    pub(crate) fn of_request(status: StatusCode, why: impl Into<String>) -> Self {
        Self::new(status, ErrorData::invalid_request(why.into(), None))
    }

    /// The server is at fault.
    pub(crate) fn of_server(status: StatusCode, why: impl Into<String>) -> Self {
        Self::new(status, ErrorData::internal_error(why.into(), None))
    }

    /// A method's own error.
    pub(super) fn of_method(revision: Revision, id: &RequestId, error: ErrorData) -> Self {
        Self::new(status_of(revision, error.code), error).answering(Some(id))
    }

    /// Names the request.
    pub(super) fn answering(mut self, id: Option<&RequestId>) -> Self {
        if let Some(id) = id {
            self.0.id = RefusedId::Read(id.clone());
        }
        self
    }

    /// Says how an id is written that was not read.
    pub(crate) fn with_unread(mut self, unread: UnreadId) -> Self {
        if let RefusedId::Unread(id) = &mut self.0.id {
            *id = unread;
        }
        self
    }

    /// Asks the caller to come back after a second.
    pub(crate) fn retry_soon(mut self) -> Self {
        self.0.is_passing = true;
        self
    }

    /// Says how to get a token.
    pub(crate) fn challenging(mut self, challenge: HeaderValue) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// Has the access log tell more of it.
    pub(crate) fn noting(mut self, note: RefusalNote) -> Self {
        self.0.note = Some(note);
        self
    }

    /// The error alone, where the response has begun and its status and headers can say no more.
    pub(super) fn into_message(self) -> MessageBody {
        let Refused { id, error, .. } = *self.0;
        refused(id, error)
    }

    #[cfg(test)]
    pub(super) fn id_and_code(&self) -> (Option<&RequestId>, ErrorCode) {
        let id = if let RefusedId::Read(id) = &self.0.id { Some(id) } else { None };
        (id, self.0.error.code)
    }
}

fn refused(id: RefusedId, error: ErrorData) -> MessageBody {
    match id {
        RefusedId::Read(id) => reply::error(id, error),
        RefusedId::Unread(UnreadId::Absent) => written(&JsonRpcError::new(None, error)),
        RefusedId::Unread(UnreadId::Null) => written(&ErrorMessage { jsonrpc: JsonRpcVersion2_0, id: None, error }),
    }
}

impl From<NotServed> for Refusal {
    fn from(NotServed { status, fault, why, is_passing }: NotServed) -> Self {
        let refusal = match fault {
            Fault::Request => Self::of_request(status, why),
            Fault::Server => Self::of_server(status, why),
        };
        if is_passing { refusal.retry_soon() } else { refusal }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refused { status, id, error, is_passing, challenge, note } = *self.0;
        let missing = match (&error.data, error.code) {
            (Some(serde_json::Value::String(scopes)), NOT_GRANTED) => Some(MissingScopes(scopes.clone())),
            _ => None,
        };
        let mut response = message_response(status, refused(id, error));
        if let Some(missing) = missing {
            response.extensions_mut().insert(missing);
        }
        if is_passing {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(note) = note {
            response.extensions_mut().insert(note);
        }
        response
    }
}

/// The HTTP status of a method's error. The earlier revisions tell a method's errors in the body alone; that a token is
/// refused is no matter of the method.
fn status_of(revision: Revision, code: ErrorCode) -> StatusCode {
    match (revision, code) {
        (_, TOKEN_REFUSED) => StatusCode::UNAUTHORIZED,
        (_, NOT_GRANTED) => StatusCode::FORBIDDEN,
        (Revision::Stateless, ErrorCode::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        (
            Revision::Stateless,
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::HEADER_MISMATCH,
        ) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}
