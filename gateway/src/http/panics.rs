//! A panic in a request is that request's failure alone: a 500, and a line in the log. There should be none.

use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::StatusCode;
use metrics::Counter;

use super::Refusal;

/// Does the work of a request; a panic is counted there.
pub(super) async fn caught(panics: &Counter, work: impl Future<Output = Response>) -> Response {
    // What the work shares with other requests is behind locks that a panic leaves whole, or that recover.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        // The payload may hold anything, a user's text too: it is not logged. The panic hook names the place.
        Err(_) => {
            panics.increment(1);
            tracing::error!("a request panicked");
            Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, "the server failed unexpectedly").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_that_tells_nothing() {
        let answer = caught(&Counter::noop(), async { panic!("the user's secret") }).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], -32603);
        assert!(!body.to_string().contains("secret"));
    }
}
