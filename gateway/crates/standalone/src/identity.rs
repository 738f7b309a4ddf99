//! The identity service's routes.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    accounts::{self, Membership},
    error::StoreError,
    key_file::{KeyWrap, random_key},
    store::Store,
    strict::Behaviour,
    tokens::{Refusal, Tokens},
};

/// Where the list of spaces is.
const SPACES: &str = "/api/auth/organization/list";

#[derive(Clone)]
struct Services {
    store: Arc<Store>,
    tokens: Arc<Tokens>,
    behaviour: Arc<Behaviour>,
}

pub(super) fn router(store: Arc<Store>, tokens: Arc<Tokens>, behaviour: Arc<Behaviour>) -> Router {
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/api/auth/jwks", get(jwks))
        .route(SPACES, get(spaces))
        .route("/api/v1/internal/users/{user}/memberships", get(memberships))
        .route("/api/v1/me/encryption-vault/key", get(key))
        .route("/api/v1/me/encryption-vault/init", post(init))
        .fallback(spaces_elsewhere)
        .with_state(Services { store, tokens, behaviour })
}

async fn jwks(State(services): State<Services>) -> Json<Value> {
    Json(services.tokens.jwks())
}

async fn spaces(State(services): State<Services>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    if !services.behaviour.lists_at(SPACES, SPACES) {
        // It is for the browser's cookie, and there is no browser here.
        return Err(Refusal::Unauthorized);
    }
    list(services, headers).await
}

/// The list at a path of its own, where there is one.
async fn spaces_elsewhere(
    State(services): State<Services>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if method != Method::GET || !services.behaviour.lists_at(uri.path(), SPACES) {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    list(services, headers).await.map(IntoResponse::into_response)
}

async fn list(services: Services, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let user = services.tokens.user(&services.store, &headers).await?;
    let memberships = services.store.read(move |db| accounts::memberships(db, &user.id)).await?;
    Ok(Json(memberships.into_iter().map(|membership| services.behaviour.listed(membership)).collect()))
}

/// The memberships of any user, for services that have the key.
async fn memberships(
    State(services): State<Services>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    if !services.behaviour.takes_key(&headers) {
        return Err(Refusal::Unauthorized);
    }
    let of_user = user.clone();
    let memberships = services.store.read(move |db| accounts::memberships(db, &of_user)).await?;
    let membership = |Membership { space, role, .. }| json!({ "organizationId": space, "role": role });
    let memberships: Value = memberships.into_iter().map(membership).collect();
    Ok(Json(json!({ "userId": user, "memberships": memberships })))
}

async fn key(State(services): State<Services>, headers: HeaderMap) -> Result<Response, Refusal> {
    let user = services.tokens.user(&services.store, &headers).await?;
    let keys = services.store.key_wrap();
    let key = services.store.read(move |db| master_key(db, &keys, &user.id)).await?;
    Ok(match key {
        Some(key) => vault(&key),
        None => {
            let body = json!({ "error": "the vault has not been initialised", "code": "VAULT_NOT_INITIALISED" });
            (StatusCode::NOT_FOUND, Json(body)).into_response()
        }
    })
}

async fn init(State(services): State<Services>, headers: HeaderMap) -> Result<Response, Refusal> {
    let user = services.tokens.user(&services.store, &headers).await?;
    let keys = services.store.key_wrap();
    let made = services.store.write(move |db| {
        if let Some(key) = master_key(db, &keys, &user.id)? {
            return Ok(key);
        }
        let key = random_key()?;
        let wrapped = keys.wrap(&user.id, &key)?;
        db.execute("INSERT INTO vaults (user_id, wrapped) VALUES (?1, ?2)", params![user.id, wrapped])?;
        Ok(key)
    });
    let key = made.await?;
    Ok(vault(&key))
}

/// Gives the user another master key, as a client of theirs does that encrypts everything anew.
pub(super) fn rotate_master_key(db: &Connection, keys: &KeyWrap, user: &str) -> Result<(), StoreError> {
    let wrapped = keys.wrap(user, &*random_key()?)?;
    db.execute("INSERT OR REPLACE INTO vaults (user_id, wrapped) VALUES (?1, ?2)", params![user, wrapped])?;
    Ok(())
}

fn master_key(db: &Connection, keys: &KeyWrap, user: &str) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
    let sql = "SELECT wrapped FROM vaults WHERE user_id = ?1";
    let wrapped: Option<Vec<u8>> = db.prepare_cached(sql)?.query_row([user], |row| row.get(0)).optional()?;
    wrapped.map(|wrapped| keys.unwrap(user, &wrapped)).transpose()
}

fn vault(key: &[u8; 32]) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Vault<'a> {
        master_key: &'a str,
        format_version: u8,
        kek_id: &'a str,
    }
    let key = Zeroizing::new(STANDARD.encode(key));
    Json(Vault { master_key: &key, format_version: 1, kek_id: "standalone" }).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized").into_response(),
            // The store has told the operator. The real services have no such answer; theirs leave open what was stored.
            Self::Store(error) if error.is_want_of_room() => {
                (StatusCode::INSUFFICIENT_STORAGE, "no room").into_response()
            }
            Self::Store(StoreError::Sqlite(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response(),
            Self::Store(error) => {
                tracing::error!(%error, "a standalone service failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
            }
        }
    }
}
