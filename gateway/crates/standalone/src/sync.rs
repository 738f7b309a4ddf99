//! The sync service's routes, with the wire behaviour of the real one: what it checks, what it loses, how it fails.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rusqlite::Connection;
use serde::Deserialize;

use super::{
    clock::{microseconds, since_epoch},
    incoming::{Incoming, Unstorable, read_push},
    log::{self, Entry, Page, Selection},
    store::Store,
    strict::Behaviour,
    tokens::{Refusal, Tokens},
};

const MAX_BODY: usize = 10 << 20;

#[derive(Clone)]
struct Services {
    store: Arc<Store>,
    tokens: Arc<Tokens>,
    behaviour: Arc<Behaviour>,
}

pub(super) fn router(store: Arc<Store>, tokens: Arc<Tokens>, behaviour: Arc<Behaviour>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/sync/{app}", post(push))
        .route("/sync/{app}/pull", get(pull))
        .with_state(Services { store, tokens, behaviour })
}

async fn health(State(services): State<Services>) -> StatusCode {
    if services.store.works().await { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
}

async fn push(
    State(services): State<Services>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let user = services.tokens.user(&services.store, &headers).await?;
    // A body that is too large is cut, and cut JSON is invalid: so the real service answers.
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else { return Ok(bad("invalid JSON: unexpected EOF")) };
    let push = match read_push(&body) {
        Ok(push) => push,
        Err(refused) => return Ok(bad(refused.text())),
    };
    let client = client(&headers).unwrap_or(push.client_id);
    let mut is_broken = false;
    let mut entries = Vec::new();
    for Incoming { collection, space, body } in push.changes {
        match body {
            Ok(body) => {
                let (user, client, app) = (user.id.clone(), client.clone(), app.clone());
                entries.push(Entry { user, space, client, app, collection, body });
            }
            // Each change is stored by itself: what came before stays.
            Err(Unstorable) => {
                is_broken = true;
                break;
            }
        }
    }
    services.store.write(move |db| entries.iter().try_for_each(|entry| log::append(db, entry))).await?;
    if is_broken {
        let text = "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)";
        return Ok((StatusCode::INTERNAL_SERVER_ERROR, text).into_response());
    }
    let since = parse_time(&push.since);
    let selection = Selection { user: user.id, app, collection: String::new(), client, since };
    let behaviour = Arc::clone(&services.behaviour);
    let read = move |db: &Connection| log::since_push(db, &selection, &behaviour.readable_spaces(db, &selection.user)?);
    let bodies = services.store.read(read).await?;
    Ok(answer(&Page { bodies, more_after: None }))
}

#[derive(Deserialize)]
struct PullQuery {
    #[serde(default)]
    collection: String,
    #[serde(default)]
    since: String,
}

async fn pull(
    State(services): State<Services>,
    Path(app): Path<String>,
    Query(query): Query<PullQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let user = services.tokens.user(&services.store, &headers).await?;
    if query.collection.is_empty() || query.since.is_empty() {
        return Ok(bad("missing collection or since"));
    }
    let client = client(&headers).unwrap_or_default();
    let since = parse_time(&query.since);
    let selection = Selection { user: user.id, app, collection: query.collection, client, since };
    let behaviour = Arc::clone(&services.behaviour);
    let read = move |db: &Connection| log::page(db, &selection, &behaviour.readable_spaces(db, &selection.user)?);
    let page = services.store.read(read).await?;
    Ok(answer(&page))
}

/// The rows are JSON already. The cursor of a last page is the clock after the query, so that a row whose transaction was
/// under way is never returned by it.
fn answer(page: &Page) -> Response {
    let until = written(page.more_after.unwrap_or_else(|| microseconds(since_epoch())));
    let mut text = String::with_capacity(page.bodies.iter().map(|body| body.len() + 1).sum::<usize>() + 128);
    text.push_str("{\"serverChanges\":[");
    for (index, body) in page.bodies.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(body);
    }
    text.push_str("],\"conflicts\":[],\"syncedUntil\":\"");
    text.push_str(&until);
    text.push_str(if page.more_after.is_some() { "\",\"hasMore\":true}" } else { "\"}" });
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

fn bad(text: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, text).into_response()
}

fn client(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("x-client-id")?.to_str().ok()?;
    (!header.is_empty()).then(|| header.to_owned())
}

/// Microseconds; what cannot be parsed is the beginning of time.
fn parse_time(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_microsecond)
}

fn written(time: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
