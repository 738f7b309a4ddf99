//! Requests that are not served, whatever their protocol.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// Whose fault it is that a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request's.
    Request,
    /// The server's.
    Server,
}

/// Why a request is not served. As a response, its text is plain; a protocol with errors of its own makes its own of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// The status of the answer.
    pub status: StatusCode,
    /// Whose fault it is.
    pub fault: Fault,
    /// The error message for the caller.
    pub why: Cow<'static, str>,
    /// Whether the same request may well be served a second later.
    pub is_passing: bool,
}

impl Refused {
    /// The request is at fault.
    #[must_use]
    pub fn of_request(status: StatusCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self { status, fault: Fault::Request, why: why.into(), is_passing: false }
    }

    /// The server is at fault.
    #[must_use]
    pub fn of_server(status: StatusCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self { status, fault: Fault::Server, why: why.into(), is_passing: false }
    }

    /// Asks the caller to come back after a second.
    #[must_use]
    pub fn retry_soon(self) -> Self {
        Self { is_passing: true, ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}\n", self.why)).into_response();
        if self.is_passing {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
