//! Spans, of shapes alone. They exist where traces are exported, and cost nothing elsewhere.

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};
use tracing::{Span, field::Empty, info_span};

use crate::request_id::RequestId;

/// The target of every span that is exported, whichever crate makes it.
pub const TARGET: &str = "service::trace";

/// A span of a request's method and route.
pub(crate) fn request_span(request: &Request, id: &RequestId) -> Span {
    let (method, route) = (method_name(request.method()), request.extensions().get::<MatchedPath>());
    let route = route.map_or("unmatched", MatchedPath::as_str);
    info_span!(
        target: TARGET,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request_id = id.as_str(),
    )
}

/// How the request ended whose span this is in.
pub(crate) fn end_request(status: StatusCode) {
    let span = Span::current();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// How a span ended that has a field `outcome`.
pub fn end(span: &Span, outcome: &'static str, is_success: bool) {
    span.record("outcome", outcome);
    if !is_success {
        span.record("otel.status_code", "ERROR");
    }
}

/// A method by its name, where it is one of HTTP's own: a stranger may write anything there.
pub(crate) fn method_name(method: &Method) -> &'static str {
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
