//! Routes for what otherwise comes from elsewhere: shared spaces, tokens of any length, keys that change.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{post, put},
};
use mana_mcp_runtime::space::SpaceType;
use mana_mcp_standalone::{Standalone, StandaloneError, Strictness, testing::Former};
use serde::Deserialize;
use serde_json::{Value, json};

/// Owners write metadata of any length.
const MAX_METADATA: usize = 32 << 20;

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

/// `PUT` of `/test/strictness` and `/test/metadata`, and `POST` of `/test/spaces`, `/test/members`, `/test/tokens`,
/// `/test/rotations` and `/test/clock`.
pub(crate) fn routes(standalone: Arc<Standalone>) -> Router {
    Router::new()
        .route("/test/spaces", post(make_space))
        .route("/test/members", post(join))
        .route("/test/tokens", post(issue))
        .route("/test/rotations", post(rotate))
        .route("/test/strictness", put(set_strictness))
        .route("/test/metadata", put(set_metadata).layer(DefaultBodyLimit::max(MAX_METADATA)))
        .route("/test/clock", post(advance))
        .with_state(standalone)
}

async fn set_strictness(State(standalone): State<Arc<Standalone>>, Json(strictness): Json<Strictness>) -> StatusCode {
    standalone.set_strictness(strictness);
    StatusCode::NO_CONTENT
}

async fn set_metadata(State(standalone): State<Arc<Standalone>>, Json(new): Json<NewMetadata>) -> StatusCode {
    standalone.set_metadata(new.space, new.metadata);
    StatusCode::NO_CONTENT
}

async fn advance(
    State(standalone): State<Arc<Standalone>>,
    Json(Advance { advance_seconds }): Json<Advance>,
) -> StatusCode {
    standalone.advance_memberships(Duration::from_secs(advance_seconds));
    StatusCode::NO_CONTENT
}

async fn make_space(State(standalone): State<Arc<Standalone>>, Json(space): Json<NewSpace>) -> Response {
    answer(move || {
        let id = standalone.create_space(&space.owner, &space.name, space.kind)?;
        for member in &space.members {
            standalone.add_member(&id, member, "member")?;
        }
        Ok(json!({ "id": id }))
    })
    .await
}

async fn join(State(standalone): State<Arc<Standalone>>, Json(NewMember { space, user }): Json<NewMember>) -> Response {
    answer(move || {
        standalone.add_member(&space, &user, "member")?;
        Ok(json!({}))
    })
    .await
}

async fn issue(
    State(standalone): State<Arc<Standalone>>,
    Json(NewToken { user, seconds }): Json<NewToken>,
) -> Response {
    answer(move || Ok(json!({ "token": standalone.issue_token(&user, Duration::from_secs(seconds))? }))).await
}

async fn rotate(State(standalone): State<Arc<Standalone>>, Json(rotation): Json<Rotation>) -> Response {
    answer(move || {
        match rotation {
            Rotation::Signing => standalone.rotate_signing_key(Former::Kept)?,
            Rotation::OnlySigning => standalone.rotate_signing_key(Former::Withdrawn)?,
            Rotation::Master(user) => standalone.rotate_master_key(&user)?,
        }
        Ok(json!({}))
    })
    .await
}

/// What came of some work that waits for the disk.
async fn answer(work: impl FnOnce() -> Result<Value, StandaloneError> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Json(done).into_response(),
        Ok(Err(error)) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
