//! The span of a request.

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};
use tracing::Span;

use crate::telemetry::trace;

/// A span of the request's method and route.
pub(super) fn span_of(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    trace::request_span(shown(request.method()), route.map_or("unmatched", MatchedPath::as_str))
}

/// How the request ended whose span this is in.
pub(super) fn end(status: StatusCode) {
    let span = Span::current();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// A method by its name, where it is one of HTTP's own: a stranger may write anything there.
pub(super) fn shown(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "_OTHER",
    }
}
