//! What the key ring promises.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use mana_mcp_runtime::{
    crypto::{FieldCipher, MasterKey},
    failure::{FailureKind, VaultError},
};
use serde_json::json;

use super::KeyRing;
use crate::{
    auth::BearerToken,
    backend::{IdentityClient, Transport},
};

/// A vault whose answer depends on the token, and that counts what it is asked.
fn vault(asked: Arc<AtomicUsize>) -> KeyRing {
    let counter = Arc::clone(&asked);
    let key = async move |headers: HeaderMap| -> Response {
        counter.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match headers["authorization"].to_str().unwrap() {
            "Bearer good" => Json(json!({ "masterKey": STANDARD.encode([1; 32]), "formatVersion": 1 })).into_response(),
            "Bearer new" => {
                let body = json!({ "error": "geheim", "code": "VAULT_NOT_INITIALISED" });
                (StatusCode::NOT_FOUND, Json(body)).into_response()
            }
            "Bearer recovery" => {
                Json(json!({ "requiresRecoveryCode": true, "recoveryWrappedMk": "x" })).into_response()
            }
            "Bearer zero" => {
                Json(json!({ "zeroKnowledge": true, "masterKey": STANDARD.encode([1; 32]) })).into_response()
            }
            "Bearer keyless" => Json(json!({ "formatVersion": 1 })).into_response(),
            "Bearer short" => Json(json!({ "masterKey": "AAAA" })).into_response(),
            "Bearer cut" => "{\"masterKey\":\"AA".into_response(),
            "Bearer missing" => (StatusCode::NOT_FOUND, "no such route").into_response(),
            _ => (StatusCode::UNAUTHORIZED, "geheim").into_response(),
        }
    };
    let init = async || Json(json!({ "masterKey": STANDARD.encode([2; 32]) }));
    let router = Router::new()
        .route("/api/v1/me/encryption-vault/key", get(key))
        .route("/api/v1/me/encryption-vault/init", post(init));
    KeyRing::new(IdentityClient::new(Transport::InProcess(router)))
}

#[tokio::test]
async fn a_key_is_fetched_once_and_kept() {
    let asked = Arc::new(AtomicUsize::new(0));
    let ring = vault(Arc::clone(&asked));
    let token = BearerToken::new("good");
    let (first, second) = tokio::join!(ring.opening("ada", &token), ring.opening("ada", &token));
    assert!(Arc::ptr_eq(&first.unwrap().unwrap(), &second.unwrap().unwrap()));
    ring.opening("ada", &BearerToken::new("expired")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    ring.opening("bob", &token).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_key_that_does_not_open_is_fetched_again_and_not_at_every_failure() {
    let asked = Arc::new(AtomicUsize::new(0));
    let ring = vault(Arc::clone(&asked));
    let (token, now) = (BearerToken::new("good"), Instant::now());
    let first = ring.opening("ada", &token).await.unwrap().unwrap();
    // Those that fail together share the fetch, and all get what came of it.
    let renewed = |at| ring.renewed("ada", &token, &first, "t1", at);
    let (one, other) = tokio::join!(renewed(now), renewed(now));
    let second = one.unwrap();
    assert!(Arc::ptr_eq(&second, &other.unwrap()) && !Arc::ptr_eq(&second, &first));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(Arc::ptr_eq(&ring.opening("ada", &token).await.unwrap().unwrap(), &second));
    for seconds in [1, 30, 59] {
        assert!(ring.renewed("ada", &token, &second, "t1", now + Duration::from_secs(seconds)).await.is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // A key that cannot be fetched leaves the one that is held, and says nothing to a request with a good token.
    let minute = now + Duration::from_secs(60);
    assert!(ring.renewed("ada", &BearerToken::new("expired"), &second, "t1", minute).await.is_none());
    assert!(Arc::ptr_eq(&ring.opening("ada", &token).await.unwrap().unwrap(), &second));
    let third = ring.renewed("ada", &token, &second, "t1", minute).await.unwrap();
    // What was written since may be under a key of its own: that is looked at sooner, and once.
    let at = |seconds| minute + Duration::from_secs(seconds);
    assert!(ring.renewed("ada", &token, &third, "t2", at(4)).await.is_none());
    let fourth = ring.renewed("ada", &token, &third, "t2", at(5)).await.unwrap();
    assert!(ring.renewed("ada", &token, &fourth, "t2", at(59)).await.is_none());
}

#[tokio::test]
async fn a_vault_is_made_by_the_first_write_and_by_no_read() {
    let ring = vault(Arc::default());
    assert!(ring.opening("new", &BearerToken::new("new")).await.unwrap().is_none());
    let cipher = ring.sealing("new", &BearerToken::new("new")).await.unwrap();
    let wire = FieldCipher::new(&MasterKey::new([2; 32])).seal(&json!("x")).unwrap();
    assert_eq!(cipher.open(&wire).unwrap().expose(), &json!("x"));
}

#[tokio::test]
async fn a_zero_knowledge_user_is_an_error_of_its_own() {
    let ring = vault(Arc::default());
    for token in ["recovery", "zero", "keyless"] {
        let error = ring.opening(token, &BearerToken::new(token)).await.unwrap_err();
        assert_eq!(error, VaultError::ZeroKnowledgeUser, "{token}");
    }
    // It is not remembered: the user may switch the mode off.
    ring.opening("zero", &BearerToken::new("good")).await.unwrap();
}

#[tokio::test]
async fn a_vault_that_does_not_answer_as_it_should_is_told_by_kind() {
    let ring = vault(Arc::default());
    for (token, kind) in [
        ("short", FailureKind::Malformed),
        ("cut", FailureKind::Malformed),
        ("missing", FailureKind::Rejected { status: 404 }),
        ("expired", FailureKind::Unauthorized),
        ("bad\nheader", FailureKind::Unauthorized),
    ] {
        let error = ring.opening("ada", &BearerToken::new(token)).await.unwrap_err();
        assert!(matches!(error, VaultError::Backend(error) if error.kind == kind), "{token}: {error:?}");
        assert!(!error.to_string().contains("geheim"));
    }
}

#[tokio::test]
async fn a_bad_token_does_not_fail_the_requests_that_waited_for_its_fetch() {
    let ring = vault(Arc::default());
    let (bad, good) = (BearerToken::new("expired"), BearerToken::new("good"));
    let (refused, served) = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(ring.opening("ada", &bad), ring.opening("ada", &good))
    })
    .await
    .unwrap();
    refused.unwrap_err();
    served.unwrap();
}

#[tokio::test]
async fn the_key_is_asked_for_whenever_something_is_sealed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let ring = vault(Arc::clone(&asked));
    let token = BearerToken::new("good");
    let first = ring.sealing("ada", &token).await.unwrap();
    let second = ring.sealing("ada", &token).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second), "the key is the same");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // Those that arrive together share two fetches: the one under way began before them.
    let sealing = || ring.sealing("ada", &token);
    let all = tokio::join!(sealing(), sealing(), sealing(), sealing(), sealing());
    assert!(all.0.is_ok() && all.4.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    // To open, the one that is held will do.
    ring.opening("ada", &token).await.unwrap().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}
