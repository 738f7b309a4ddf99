//! Services that misbehave on demand, for tests of whoever speaks to them; and what otherwise comes from elsewhere: shared
//! spaces, tokens of any length, keys that change. Never served unless asked for on the command line.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{post, put},
};
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Standalone, StandaloneError, Strictness, tokens::Former};
use mana_mcp_runtime::space::SpaceType;

/// Owners write metadata of any length.
const MAX_METADATA: usize = 32 << 20;

/// One service's faults that wait for a request, and the routes that set them.
pub struct TestMode {
    standalone: Arc<Standalone>,
    faults: Mutex<VecDeque<Fault>>,
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSpace {
    owner: String,
    name: String,
    kind: SpaceType,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    user: String,
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMember {
    space: String,
    user: String,
}

/// What a space's metadata is from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMetadata {
    space: String,
    metadata: Value,
}

/// How far the clock of memberships moves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

/// Which key changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum Rotation {
    /// The one that signs tokens; the former ones stay published.
    #[serde(rename = "signingKey")]
    Signing,
    /// The same, and the former ones are withdrawn.
    #[serde(rename = "onlySigningKey")]
    OnlySigning,
    /// The master key of that user.
    #[serde(rename = "masterKey")]
    Master(String),
}

impl TestMode {
    /// No faults yet.
    #[must_use]
    pub fn new(standalone: Arc<Standalone>) -> Arc<Self> {
        Arc::new(Self { standalone, faults: Mutex::default() })
    }

    /// The service with the routes of the test mode: `PUT` of `/test/faults`, `/test/strictness` and `/test/metadata`, and
    /// `POST` of `/test/spaces`, `/test/members`, `/test/tokens`, `/test/rotations` and `/test/clock`.
    pub fn around(self: &Arc<Self>, service: Router) -> Router {
        let controls = Router::new()
            .route("/test/faults", put(set_faults))
            .route("/test/spaces", post(make_space))
            .route("/test/members", post(join))
            .route("/test/tokens", post(issue))
            .route("/test/rotations", post(rotate))
            .route("/test/strictness", put(set_strictness))
            .route("/test/metadata", put(set_metadata).layer(DefaultBodyLimit::max(MAX_METADATA)))
            .route("/test/clock", post(advance))
            .with_state(Arc::clone(self));
        service.layer(from_fn_with_state(Arc::clone(self), misbehave)).merge(controls)
    }

    /// The fault that waits for this path, counted as used.
    fn next(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault =
            faults.iter_mut().find(|fault| fault.times > 0 && fault.path.as_deref().is_none_or(|of| of == path))?;
        fault.times -= 1;
        Some(fault.clone())
    }
}

fn once() -> u32 {
    1
}

async fn set_faults(State(mode): State<Arc<TestMode>>, Json(faults): Json<VecDeque<Fault>>) -> StatusCode {
    *mode.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    StatusCode::NO_CONTENT
}

async fn set_strictness(State(mode): State<Arc<TestMode>>, Json(strictness): Json<Strictness>) -> StatusCode {
    mode.standalone.set_strictness(strictness);
    StatusCode::NO_CONTENT
}

async fn set_metadata(State(mode): State<Arc<TestMode>>, Json(new): Json<NewMetadata>) -> StatusCode {
    mode.standalone.behaviour.set_metadata(new.space, new.metadata);
    StatusCode::NO_CONTENT
}

async fn advance(State(mode): State<Arc<TestMode>>, Json(Advance { advance_seconds }): Json<Advance>) -> StatusCode {
    mode.standalone.behaviour.advance(Duration::from_secs(advance_seconds));
    StatusCode::NO_CONTENT
}

async fn make_space(State(mode): State<Arc<TestMode>>, Json(space): Json<NewSpace>) -> Response {
    told(move || {
        let id = mode.standalone.create_space(&space.owner, &space.name, space.kind)?;
        for member in &space.members {
            mode.standalone.add_member(&id, member, "member")?;
        }
        Ok(json!({ "id": id }))
    })
    .await
}

async fn join(State(mode): State<Arc<TestMode>>, Json(NewMember { space, user }): Json<NewMember>) -> Response {
    told(move || {
        mode.standalone.add_member(&space, &user, "member")?;
        Ok(json!({}))
    })
    .await
}

async fn issue(State(mode): State<Arc<TestMode>>, Json(NewToken { user, seconds }): Json<NewToken>) -> Response {
    told(move || Ok(json!({ "token": mode.standalone.issue_token(&user, Duration::from_secs(seconds))? }))).await
}

async fn rotate(State(mode): State<Arc<TestMode>>, Json(rotation): Json<Rotation>) -> Response {
    told(move || {
        match rotation {
            Rotation::Signing => mode.standalone.rotate_signing_key(Former::Kept)?,
            Rotation::OnlySigning => mode.standalone.rotate_signing_key(Former::Withdrawn)?,
            Rotation::Master(user) => mode.standalone.rotate_master_key(&user)?,
        }
        Ok(json!({}))
    })
    .await
}

/// What came of some work that waits for the disk.
async fn told(work: impl FnOnce() -> Result<Value, StandaloneError> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Json(done).into_response(),
        Ok(Err(error)) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn misbehave(State(mode): State<Arc<TestMode>>, request: Request, next: Next) -> Response {
    let Some(fault) = mode.next(request.uri().path()) else { return next.run(request).await };
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
