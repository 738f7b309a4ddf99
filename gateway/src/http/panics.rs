//! A panic in a request is that request's failure alone: a 500, and a line in the log. There should be none.

use std::any::Any;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use metrics::Counter;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use super::Refusal;

/// Answers for a request that panicked.
#[derive(Clone)]
pub struct Answer {
    panics: Counter,
}

/// The layer, which counts there.
#[must_use]
pub fn layer(panics: Counter) -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(Answer { panics })
}

impl ResponseForPanic for Answer {
    type ResponseBody = Body;

    // The payload may hold anything, a user's text too: it is not logged. The panic hook names the place.
    fn response_for_panic(&mut self, _payload: Box<dyn Any + Send>) -> Response {
        self.panics.increment(1);
        tracing::error!("a request panicked");
        Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, "the server failed unexpectedly").into_response()
    }
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
        let router = Router::new().route("/", get(panics)).layer(layer(Counter::noop()));
        let answer = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], -32603);
        assert!(!body.to_string().contains("secret"));
    }
}
