//! The request's place: its id and its caller's trace context, for whatever is done for it; and its span.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, Method};
use tracing::Span;

use super::request_id::RequestId;
use crate::telemetry::trace::{self, Remote};

/// The layer. Below the one that gives requests their ids.
pub async fn layer(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(RequestId::to_header);
    let route = request.extensions().get::<MatchedPath>();
    let span = trace::request_span(shown(request.method()), route.map_or("unmatched", MatchedPath::as_str));
    let remote = Remote::of_headers(request.headers());
    let id = id.unwrap_or(HeaderValue::from_static("unknown"));
    let work = async {
        let response = next.run(request).await;
        let (span, status) = (Span::current(), response.status());
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        response
    };
    trace::of_request(id, remote, span, work).await
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
