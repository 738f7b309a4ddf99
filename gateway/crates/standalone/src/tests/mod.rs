//! The services, as their clients and an operator see them.

mod backup;
mod files;
mod wire;
mod writing;

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Standalone, open};

const ISSUER: &str = "http://localhost:3069";
const EPOCH: &str = "1970-01-01T00:00:00.000Z";
const SPACES: &str = "/api/auth/organization/list";
const KEY: &str = "/api/v1/me/encryption-vault/key";

/// Both services over a folder that goes away.
struct Services {
    folder: TempDir,
    standalone: Standalone,
}

impl Services {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let standalone = open(folder.path(), ISSUER).unwrap();
        Self { folder, standalone }
    }

    fn token(&self, email: &str) -> String {
        self.standalone.issue_token(email, Duration::from_secs(60)).unwrap()
    }

    async fn push(&self, token: &str, client: &str, changes: Vec<Value>) {
        let push = json!({ "clientId": client, "since": EPOCH, "changes": changes });
        let (status, answer) = self.send(token, client, &push.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// A push whose body may be anything.
    async fn send(&self, token: &str, client: &str, body: &str) -> (StatusCode, String) {
        let request = request("POST", "/sync/todo", token).header("x-client-id", client);
        exchange(&self.standalone.sync, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// The rows that a client of the user gets, of all time.
    async fn pull(&self, token: &str, client: &str) -> Vec<Value> {
        rows(&self.page(token, EPOCH, client).await)
    }

    async fn page(&self, token: &str, since: &str, client: &str) -> Value {
        let path = format!("/sync/todo/pull?collection=tasks&since={since}");
        let request = request("GET", &path, token).header("x-client-id", client).body(Body::empty()).unwrap();
        let (status, page) = exchange(&self.standalone.sync, request).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        serde_json::from_str(&page).unwrap()
    }

    async fn spaces(&self, token: &str) -> Vec<Value> {
        spaces(&self.standalone.identity, token).await.unwrap()
    }
}

fn request(method: &str, path: &str, token: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"))
}

async fn exchange(service: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = service.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(service: &Router, path: &str, token: &str) -> (StatusCode, String) {
    exchange(service, request("GET", path, token).body(Body::empty()).unwrap()).await
}

/// The user's spaces, or the status of a refusal.
async fn spaces(identity: &Router, token: &str) -> Result<Vec<Value>, StatusCode> {
    let (status, list) = get(identity, SPACES, token).await;
    if status == StatusCode::OK { Ok(serde_json::from_str(&list).unwrap()) } else { Err(status) }
}

/// The user's master key in base64, where they have one.
async fn master_key(identity: &Router, token: &str) -> Option<String> {
    let (status, answer) = get(identity, KEY, token).await;
    if status == StatusCode::NOT_FOUND {
        assert!(answer.contains("VAULT_NOT_INITIALISED"), "{answer}");
        return None;
    }
    Some(key_of(status, &answer))
}

/// The user's master key, made where they have none.
async fn make_vault(identity: &Router, token: &str) -> String {
    let request = request("POST", "/api/v1/me/encryption-vault/init", token).body(Body::empty()).unwrap();
    let (status, answer) = exchange(identity, request).await;
    key_of(status, &answer)
}

fn key_of(status: StatusCode, answer: &str) -> String {
    assert_eq!(status, StatusCode::OK, "{answer}");
    let vault: Value = serde_json::from_str(answer).unwrap();
    vault["masterKey"].as_str().unwrap().to_owned()
}

fn rows(page: &Value) -> Vec<Value> {
    page["serverChanges"].as_array().unwrap().clone()
}

fn insert(id: &str, space: Option<&str>) -> Value {
    let data = json!({ "title": id, "updatedAt": "2026-01-01T00:00:00.000Z" });
    json!({ "table": "tasks", "id": id, "op": "insert", "data": data, "spaceId": space })
}
