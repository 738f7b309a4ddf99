//! What a POST is answered with: one JSON-RPC message as the body, so that a client that expects the protocol can read it
//! whatever the status says, or a stream that ends with one.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rmcp::model::{ErrorCode, ErrorData, JsonRpcError, JsonRpcResponse, JsonRpcVersion2_0, RequestId};
use serde::Serialize;

use super::{body::MessageBody, era::Revision, stream::EventStream};
use crate::telemetry::access::RefusalNote;

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

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
    /// Absent where the request's id was not read.
    id: Option<RequestId>,
    error: ErrorData,
    is_passing: bool,
    challenge: Option<HeaderValue>,
    note: Option<RefusalNote>,
}

impl Refusal {
    /// An error of its own.
    pub(super) fn new(status: StatusCode, error: ErrorData) -> Self {
        Self(Box::new(Refused { status, id: None, error, is_passing: false, challenge: None, note: None }))
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
        self.0.id = id.cloned();
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
        self::error(id, error)
    }

    #[cfg(test)]
    pub(super) fn id_and_code(&self) -> (Option<&RequestId>, ErrorCode) {
        (self.0.id.as_ref(), self.0.error.code)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refused { status, id, error, is_passing, challenge, note } = *self.0;
        let mut response = message_response(status, self::error(id, error));
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

/// The message of an error; without an id where the request's was not read.
pub(super) fn error(id: Option<RequestId>, error: ErrorData) -> MessageBody {
    written(&JsonRpcError::new(id, error))
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
