//! What a service does to its next requests instead of answering them.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::put,
};
use futures::stream;
use serde::Deserialize;

/// The faults of one service that wait for a request.
#[derive(Default)]
struct Faults(Mutex<VecDeque<Fault>>);

/// What becomes of the next requests of a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fault {
    /// The path; none means every one.
    #[serde(default)]
    path: Option<String>,
    /// How many requests.
    #[serde(default = "once")]
    times: u32,
    /// Whether the request is served all the same, and only its answer is lost.
    #[serde(default)]
    served: bool,
    /// What comes instead of the answer.
    instead: Instead,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Instead {
    /// Nothing, ever.
    Hang,
    /// The connection is closed.
    Close,
    /// Half a body, then the connection is closed.
    Half,
    /// This status with this text.
    Answer { status: u16, text: String },
}

/// The service with a route that sets its faults: `PUT` of `/test/faults`.
pub(crate) fn around(service: Router) -> Router {
    let faults = Arc::<Faults>::default();
    let control = Router::new().route("/test/faults", put(set)).with_state(Arc::clone(&faults));
    service.layer(from_fn_with_state(faults, misbehave)).merge(control)
}

impl Faults {
    /// The fault that waits for this path, counted as used.
    fn next(&self, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault =
            faults.iter_mut().find(|fault| fault.times > 0 && fault.path.as_deref().is_none_or(|of| of == path))?;
        fault.times -= 1;
        Some(fault.clone())
    }
}

fn once() -> u32 {
    1
}

async fn set(State(waiting): State<Arc<Faults>>, Json(faults): Json<VecDeque<Fault>>) -> StatusCode {
    *waiting.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    StatusCode::NO_CONTENT
}

async fn misbehave(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let Some(fault) = faults.next(request.uri().path()) else { return next.run(request).await };
    let mut answer = Bytes::from_static(b"{\"serverChanges\":[");
    if fault.served {
        let response = next.run(request).await;
        answer = axum::body::to_bytes(response.into_body(), 256 << 20).await.unwrap_or_default();
    }
    match fault.instead {
        Instead::Hang => std::future::pending().await,
        Instead::Close => cut(None),
        Instead::Half => cut(Some(answer.slice(..answer.len() / 2))),
        Instead::Answer { status, text } => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text).into_response()
        }
    }
}

/// A body that fails: the connection ends with it, before the head is sent where nothing comes first.
fn cut(first: Option<Bytes>) -> Response {
    let parts = first.map(Ok).into_iter().chain([Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
    // A pause between the two, so that the first is on its way before the end comes; none before the first, with which the head
    // would be on its way.
    let parts = stream::unfold((parts, false), async |(mut parts, is_begun)| {
        let part = parts.next()?;
        if is_begun {
            tokio::task::yield_now().await;
        }
        Some((part, (parts, true)))
    });
    Response::new(Body::from_stream(parts))
}
