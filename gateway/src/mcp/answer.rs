//! HTTP answers that carry one JSON-RPC message, so that a client that expects the protocol can read them whatever the
//! status says.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rmcp::model::{ErrorData, JsonRpcError, RequestId};
use serde::Serialize;

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
}

impl Refusal {
    /// An error of its own.
    pub(super) fn new(status: StatusCode, error: ErrorData) -> Self {
        Self(Box::new(Refused { status, id: None, error, is_passing: false, challenge: None }))
    }

    /// The request is at fault.
    pub(crate) fn of_request(status: StatusCode, why: impl Into<String>) -> Self {
        Self::new(status, ErrorData::invalid_request(why.into(), None))
    }

    /// The server is at fault.
    pub(crate) fn of_server(status: StatusCode, why: impl Into<String>) -> Self {
        Self::new(status, ErrorData::internal_error(why.into(), None))
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

    #[cfg(test)]
    pub(super) fn id_and_code(&self) -> (Option<&RequestId>, rmcp::model::ErrorCode) {
        (self.0.id.as_ref(), self.0.error.code)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refused { status, id, error, is_passing, challenge } = *self.0;
        let mut response = json(status, &JsonRpcError::new(id, error));
        if is_passing {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, message: &impl Serialize) -> Response {
    written(status, serde_json::to_vec(message))
}

/// An answer whose JSON is written already.
pub(super) fn written(status: StatusCode, body: serde_json::Result<impl Into<Body>>) -> Response {
    match body {
        Ok(body) => {
            let mut response = Response::new(body.into());
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
