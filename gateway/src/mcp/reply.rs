//! The messages that answer requests, as they are sent: one JSON-RPC message as the body, so that a client that expects
//! the protocol can read it whatever the status says.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use rmcp::model::{ErrorData, JsonRpcError, JsonRpcResponse, JsonRpcVersion2_0, RequestId};
use serde::Serialize;

use super::body::MessageBody;

/// In place of a message that has no JSON, which no type of the protocol is.
const UNWRITTEN: Bytes =
    Bytes::from_static(br#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"The answer could not be written."}}"#);

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

/// The body that holds a message.
pub(super) fn written(message: &impl Serialize) -> MessageBody {
    MessageBody::Whole(serde_json::to_vec(message).map_or(UNWRITTEN, Bytes::from))
}

/// A response whose body is a message.
pub(super) fn message_response(status: StatusCode, message: MessageBody) -> Response {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
