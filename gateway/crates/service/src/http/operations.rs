//! The operators' routes: alive, ready, metrics.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    paths::{HEALTH, METRICS, OPERATORS, READY},
    readiness::{Readiness, is_ready, members},
};
use crate::metrics::Exposition;

/// The paths of the routes.
pub const PATHS: [&str; 3] = OPERATORS;

/// The routes.
pub fn routes(readiness: Readiness, metrics: Option<Arc<Exposition>>) -> Router {
    let ready = Router::new().route(READY, get(ready)).with_state(readiness);
    let routes = Router::new().route(HEALTH, get(health)).merge(ready);
    match metrics {
        Some(metrics) => routes.merge(Router::new().route(METRICS, get(render)).with_state(metrics)),
        None => routes,
    }
}

/// The process is alive.
async fn health() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The process takes requests, and what it needs is there.
async fn ready(State(readiness): State<Readiness>) -> Response {
    if readiness.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "draining" }))).into_response();
    }
    let found = readiness.look().await;
    let (status, word) =
        if is_ready(&found) { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let told: Map<String, Value> = [("status".to_owned(), word.into())].into_iter().chain(members(&found)).collect();
    (status, Json(told)).into_response()
}

async fn render(State(metrics): State<Arc<Exposition>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}
