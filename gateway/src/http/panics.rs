//! A panic in a request is that request's failure alone: a 500, and a line in the log. There should be none.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;

use super::Refusal;

/// The layer.
#[must_use]
pub fn layer() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(answer)
}

// The payload may hold anything, a user's text too: it is not logged. The panic hook names the place.
fn answer(_payload: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, "the server failed unexpectedly").into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_that_tells_nothing() {
        let panics = async || -> &'static str { panic!("the user's secret") };
        let router = Router::new().route("/", get(panics)).layer(layer());
        let answer = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], -32603);
        assert!(!body.to_string().contains("secret"));
    }
}
