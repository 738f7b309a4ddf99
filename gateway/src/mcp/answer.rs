//! What a POST is answered with: one JSON-RPC message as the body, so that a client that expects the protocol can read it
//! whatever the status says, or a stream that ends with one.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use mana_mcp_service::http::{
    RefusalNote,
    refused::{Fault, Refused as NotServed},
};
use rmcp::model::{ErrorCode, ErrorData, JsonRpcError, JsonRpcResponse, JsonRpcVersion2_0, RequestId};
use serde::Serialize;

use super::{
    body::MessageBody,
    era::{Era, Revision},
    stream::EventStream,
};
use crate::http::missing_scopes::MissingScopes;

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

/// The person has not granted the program what the call needs. Answered with 403 and a challenge, whatever the revision; the
/// error's data is the scopes that would do.
pub(super) const NOT_GRANTED: ErrorCode = ErrorCode(-32011);

/// In place of a message that has no JSON, which no type of the protocol is.
const UNWRITTEN: Bytes =
    Bytes::from_static(br#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"The answer could not be written."}}"#);

/// The answer to a message.
#[derive(Debug)]
pub(super) enum Answer {
    /// One JSON body.
    Message(MessageBody),
    /// Events, the last of which is the message.
    Stream(EventStream),
    /// Nothing: the message wants no answer, or its client cancelled it.
    Accepted,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Message(message) => message_response(StatusCode::OK, message),
            Self::Stream(stream) => stream.into_response(),
            Self::Accepted => StatusCode::ACCEPTED.into_response(),
        }
    }
}

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
        if Era::is_modern(headers) { Self::Absent } else { Self::Null }
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

/// The message of a method's result.
pub(super) fn result(id: RequestId, result: impl Serialize) -> MessageBody {
    written(&JsonRpcResponse { jsonrpc: JsonRpcVersion2_0, id, result })
}

/// The message of a list: entries that are written already, under that name behind the members of `head`.
pub(super) fn list(id: &RequestId, head: &impl Serialize, name: &str, entries: Bytes) -> MessageBody {
    let (Ok(id), Ok(head)) = (serde_json::to_string(id), serde_json::to_string(head)) else {
        return MessageBody::Whole(UNWRITTEN);
    };
    let members = head.strip_suffix('}').unwrap_or_default();
    let separator = if members == "{" { "" } else { "," };
    let before = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{members}{separator}"{name}":"#);
    MessageBody::Parts([before.into(), entries, Bytes::from_static(b"}}"), Bytes::new(), Bytes::new()])
}

/// The message of a request's error.
pub(super) fn error(id: RequestId, error: ErrorData) -> MessageBody {
    written(&JsonRpcError::new(Some(id), error))
}

fn refused(id: RefusedId, error: ErrorData) -> MessageBody {
    match id {
        RefusedId::Read(id) => self::error(id, error),
        RefusedId::Unread(UnreadId::Absent) => written(&JsonRpcError::new(None, error)),
        RefusedId::Unread(UnreadId::Null) => written(&ErrorMessage { jsonrpc: JsonRpcVersion2_0, id: None, error }),
    }
}

fn written(message: &impl Serialize) -> MessageBody {
    MessageBody::Whole(serde_json::to_vec(message).map_or(UNWRITTEN, Bytes::from))
}

fn message_response(status: StatusCode, message: MessageBody) -> Response {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
