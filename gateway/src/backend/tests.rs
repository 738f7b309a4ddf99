//! The transport over TCP, and answers of the identity service.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use mana_mcp_runtime::{
    failure::{BackendError, FailureKind},
    space::SpaceType,
};

use mana_mcp_service::client::ClientError;

use super::{IdentityClient, Push, SyncClient, Transport};
use crate::auth::BearerToken;
use crate::backend::Linked as _;

fn token() -> BearerToken {
    BearerToken::new("t")
}

fn client_at(address: &str) -> IdentityClient {
    IdentityClient::new(Transport::tcp(address.parse().unwrap()).unwrap()).with_timeout(Duration::from_millis(500))
}

/// A service that answers every connection with these bytes and ends it, or holds it open.
async fn raw(answer: Vec<u8>, hold: bool) -> IdentityClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&answer).await;
            if hold {
                std::future::pending::<()>().await;
            }
        }
    });
    client_at(&address)
}

async fn kind_of(client: &IdentityClient) -> FailureKind {
    let BackendError { service, kind } = client.spaces(&token()).await.unwrap_err();
    assert_eq!(service, super::IDENTITY.service);
    kind
}

#[tokio::test]
async fn a_service_over_tcp_is_asked_under_its_prefix_with_the_callers_token() {
    let spaces = async |headers: HeaderMap| {
        assert_eq!(headers["authorization"], "Bearer t");
        Json(json!([{ "id": "s", "name": "n" }]))
    };
    let away = async || Redirect::temporary("/prefix/api/auth/organization/list");
    let router = Router::new()
        .route("/prefix/api/auth/organization/list", get(spaces))
        .route("/away/api/auth/organization/list", get(away));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    for base in ["prefix", "prefix/"] {
        let found = client_at(&format!("http://{address}/{base}")).spaces(&token()).await.unwrap();
        assert_eq!(found[0].id, "s");
    }
    // A redirect would carry the token elsewhere.
    assert_eq!(kind_of(&client_at(&format!("http://{address}/away"))).await, FailureKind::Failed { status: 307 });
    server.abort();
}

#[tokio::test]
async fn broken_connections_are_told_by_kind() {
    assert_eq!(kind_of(&raw(Vec::new(), false).await).await, FailureKind::Closed);
    assert_eq!(kind_of(&raw(Vec::new(), true).await).await, FailureKind::TimedOut);
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"id\"".to_vec();
    assert_eq!(kind_of(&raw(cut.clone(), false).await).await, FailureKind::Closed);
    assert_eq!(kind_of(&raw(cut, true).await).await, FailureKind::TimedOut);
    assert_eq!(kind_of(&raw(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), false).await).await, FailureKind::Closed);
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(5 << 20)).into_bytes();
    assert_eq!(raw(long, false).await.jwks().await.unwrap_err().kind, FailureKind::AnswerTooLarge);
    let longer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n[", 33 << 20).into_bytes();
    assert_eq!(kind_of(&raw(longer, true).await).await, FailureKind::AnswerTooLarge);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(kind_of(&client_at(&nobody)).await, FailureKind::Unreachable);
}

#[test]
fn only_addresses_of_http_services_are_taken() {
    for bad in ["ftp://localhost", "file:///etc", "localhost:3001"] {
        assert!(matches!(Transport::tcp(bad.parse().unwrap()), Err(ClientError::NotHttp(_))), "{bad}");
    }
}

fn answering(path: &'static str, answer: Value) -> IdentityClient {
    let router = Router::new().route(path, get(async move || Json(answer)));
    IdentityClient::new(Transport::InProcess(router))
}

#[tokio::test]
async fn a_spaces_type_is_read_from_each_form_of_metadata() {
    for (metadata, kind) in [
        (json!({ "type": "team" }), Some(SpaceType::Team)),
        (json!("{\"type\":\"family\"}"), Some(SpaceType::Family)),
        (json!({ "type": "personal", "more": [1] }), Some(SpaceType::Personal)),
        (json!({ "type": "starship" }), None),
        (json!({ "type": 7 }), None),
        (json!({}), None),
        (json!("not json"), None),
        (json!("\"team\""), None),
        (json!(null), None),
        (json!(["team"]), None),
    ] {
        let space = json!([{ "id": "s", "name": "n", "slug": null, "metadata": metadata, "role": "owner", "more": 1 }]);
        let found = answering("/api/auth/organization/list", space).spaces(&token()).await.unwrap();
        assert_eq!((found[0].kind, found[0].slug.as_deref(), found[0].role.as_deref()), (kind, None, Some("owner")));
    }
    // Parsed while it arrives, and not held.
    let long = json!([
        { "id": "s", "name": "n", "metadata": { "a": "x".repeat(5 << 20), "type": "team", "b": ["y".repeat(1 << 20)] } },
        { "id": "t", "name": "n", "metadata": json!({ "a": "x".repeat(1 << 20), "type": "club" }).to_string() },
    ]);
    let found = answering("/api/auth/organization/list", long).spaces(&token()).await.unwrap();
    assert_eq!(
        found.iter().map(|space| space.kind).collect::<Vec<_>>(),
        [Some(SpaceType::Team), Some(SpaceType::Club)]
    );
    let cut = format!(r#"[{{"id":"s","metadata":{{"a":"{}"#, "x".repeat(1 << 20));
    let cut = Router::new().route("/api/auth/organization/list", get(async move || cut));
    assert_eq!(kind_of(&IdentityClient::new(Transport::InProcess(cut))).await, FailureKind::Malformed);
    let bare = answering("/api/auth/organization/list", json!([{ "id": "s", "name": "n" }]));
    assert_eq!(bare.spaces(&token()).await.unwrap()[0].kind, None);
    for shape in [json!({}), json!([{ "name": "n" }]), json!([{ "id": 7, "name": "n" }]), json!("x"), json!(null)] {
        assert_eq!(kind_of(&answering("/api/auth/organization/list", shape)).await, FailureKind::Malformed);
    }
}

#[tokio::test]
async fn keys_of_an_unknown_kind_do_not_hide_the_others() {
    let known = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "k", "x": "AAAA" });
    let keys = json!({ "keys": [{ "kty": "lattice" }, 7, known] });
    let found = answering("/api/auth/jwks", keys).jwks().await.unwrap();
    assert!(found.find("k").is_some());
}

/// A sync service that deals with its requests one after the other by a script, and then answers.
fn scripted(script: Vec<Option<u16>>) -> (SyncClient, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, script) = (Arc::clone(&asked), Arc::new(script));
    let answer = move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let script = Arc::clone(&script);
        async move {
            match script.get(number) {
                None => Json(json!({ "serverChanges": [], "syncedUntil": "t" })).into_response(),
                Some(Some(status)) => StatusCode::from_u16(*status).unwrap().into_response(),
                Some(None) => std::future::pending().await,
            }
        }
    };
    let router = Router::new().route("/sync/{app}", post(answer.clone())).route("/sync/{app}/pull", get(answer));
    (SyncClient::new(Transport::InProcess(router)).with_timeout(Duration::from_millis(20)), asked)
}

async fn pull(client: &SyncClient) -> Result<(), FailureKind> {
    let pulled = client.pull(&token(), "todo", "tasks", "t", "reader").await;
    pulled.map(|_| ()).map_err(|error| error.kind)
}

#[tokio::test]
async fn reads_are_made_again_where_that_may_help_and_writes_are_not() {
    let (client, asked) = scripted(vec![Some(503), Some(502)]);
    assert_eq!(pull(&client).await, Ok(()));
    assert_eq!(asked.load(Ordering::SeqCst), 3);

    let (client, asked) = scripted(vec![Some(503); 9]);
    assert_eq!(pull(&client).await, Err(FailureKind::Failed { status: 503 }));
    assert_eq!(asked.load(Ordering::SeqCst), 3, "within bounds");

    for (instead, kind) in [
        (Some(500), FailureKind::Failed { status: 500 }),
        (Some(401), FailureKind::Unauthorized),
        (Some(402), FailureKind::SubscriptionInactive),
        (None, FailureKind::TimedOut),
    ] {
        let (client, asked) = scripted(vec![instead]);
        assert_eq!(pull(&client).await, Err(kind));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{kind:?}");
    }

    let (client, asked) = scripted(vec![Some(503)]);
    let push = Push { client_id: "w".to_owned(), since: "t".to_owned(), changes: Vec::new() };
    client.push(&token(), "todo", &push).await.unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_service_that_hangs_is_left_alone_after_a_while() {
    let (client, asked) = scripted(vec![None; 100]);
    for _ in 0..5 {
        assert_eq!(pull(&client).await, Err(FailureKind::TimedOut));
    }
    for _ in 0..20 {
        assert_eq!(pull(&client).await, Err(FailureKind::Suspended));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    // Looking how it is does not wait for that.
    assert!(client.probe().await.is_ok());
}

#[tokio::test]
async fn failures_that_are_answers_do_not_keep_others_away() {
    let (client, asked) = scripted(vec![Some(500); 20]);
    for _ in 0..20 {
        assert_eq!(pull(&client).await, Err(FailureKind::Failed { status: 500 }));
    }
    assert_eq!(pull(&client).await, Ok(()));
    assert_eq!(asked.load(Ordering::SeqCst), 21);
}
