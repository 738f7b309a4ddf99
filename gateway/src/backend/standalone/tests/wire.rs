//! The wire behaviour that the gateway must live with.

use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tower::ServiceExt;

use mana_mcp_replica::testing;

use super::{EPOCH, ISSUER, Services, insert};
use crate::auth::BearerToken;
use mana_mcp_runtime::{failure::FailureKind, log::Operation, space::SpaceType};

/// A request by hand, for what the client would never send.
async fn send(services: &Services, token: &BearerToken, body: &str) -> (StatusCode, String) {
    let request = Request::post("/sync/todo")
        .header("authorization", format!("Bearer {}", token.expose()))
        .header("x-client-id", "writer")
        .body(axum::body::Body::from(body.to_owned()))
        .unwrap();
    let response = services.standalone.sync.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_token_verifies_against_the_published_keys() {
    let services = Services::start();
    let token = services.token("Ada@Example.org");
    let keys = services.identity.jwks().await.unwrap();
    let header = jsonwebtoken::decode_header(token.expose()).unwrap();
    assert_eq!(header.alg, Algorithm::EdDSA);
    let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["mana"]);
    validation.set_issuer(&[ISSUER]);
    let claims = jsonwebtoken::decode::<Value>(token.expose(), &key, &validation).unwrap().claims;
    assert_eq!(claims["email"], "ada@example.org");
    assert_eq!(claims["role"], "user");
    assert_eq!(claims["tier"], "public");
    assert!(claims["sub"].is_string() && claims["sid"].is_string());
}

#[tokio::test]
async fn a_user_is_one_whatever_the_case_of_his_address() {
    let services = Services::start();
    let (first, second) = (services.token("ada@example.org"), services.token(" ADA@example.ORG "));
    let spaces = services.identity.spaces(&first).await.unwrap();
    let same = services.identity.spaces(&second).await.unwrap();
    assert_eq!((spaces.len(), same.len()), (1, 1));
    assert_eq!(spaces[0].id, same[0].id);
    assert_eq!((spaces[0].name.as_str(), spaces[0].kind), ("Personal", Some(SpaceType::Personal)));
    assert!(spaces[0].slug.is_some());
    for bad in ["", "ada", "@x.org", "ada@", "a b@x.org", "ada@x..org", "ada@@x.org", "ada\n@x.org", "ada@x.org\0"] {
        services.standalone.issue_token(bad, Duration::from_secs(1)).unwrap_err();
    }
}

#[tokio::test]
async fn only_valid_tokens_of_these_services_are_taken() {
    let services = Services::start();
    let other = Services::start();
    let expired = services.standalone.issue_token("ada@example.org", Duration::ZERO).unwrap();
    let good = services.token("ada@example.org");
    let (head, _) = good.expose().rsplit_once('.').unwrap();
    for bad in [expired, other.token("ada@example.org").expose().to_owned(), format!("{head}.AAAA"), String::new()] {
        let error = services.identity.spaces(&BearerToken::new(bad.clone())).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Unauthorized);
        let error = services.sync.pull(&BearerToken::new(bad), "todo", "tasks", EPOCH, "r").await.err();
        assert_eq!(error.unwrap().kind, FailureKind::Unauthorized);
    }
    services.identity.spaces(&good).await.unwrap();
}

#[tokio::test]
async fn each_user_has_a_key_of_his_own_that_stays() {
    let services = Services::start();
    let (ada, bob) = (services.token("ada@example.org"), services.token("bob@example.org"));
    assert!(services.identity.master_key(&ada).await.unwrap().is_none());
    let first = services.identity.make_vault(&ada).await.unwrap();
    assert_eq!(services.identity.make_vault(&ada).await.unwrap().expose(), first.expose());
    assert_eq!(services.identity.master_key(&ada).await.unwrap().unwrap().expose(), first.expose());
    assert_ne!(services.identity.make_vault(&bob).await.unwrap().expose(), first.expose());
}

#[tokio::test]
async fn rows_are_hidden_from_the_client_that_wrote_them_and_from_strangers() {
    let services = Services::start();
    let (ada, bob) = (services.token("ada@example.org"), services.token("bob@example.org"));
    let team = services.standalone.create_space("ada@example.org", "Team", SpaceType::Team).unwrap();
    services.standalone.add_member(&team, "bob@example.org", "member").unwrap();
    services.push(&ada, "writer", vec![insert("mine", None), insert("ours", Some(&team))]).await;
    let ids =
        |changes: Vec<mana_mcp_runtime::log::Change>| changes.into_iter().map(|change| change.id).collect::<Vec<_>>();
    assert_eq!(ids(services.pull(&ada, "reader").await), ["mine", "ours"]);
    assert!(services.pull(&ada, "writer").await.is_empty());
    assert_eq!(ids(services.pull(&bob, "writer2").await), ["ours"]);
    let stranger = services.token("eve@example.org");
    assert!(services.pull(&stranger, "reader").await.is_empty());
    // Nobody checks that a writer is a member.
    services.push(&stranger, "w", vec![insert("foreign", Some(&team))]).await;
    assert_eq!(ids(services.pull(&bob, "reader").await), ["ours", "foreign"]);
    let spaces = services.identity.spaces(&bob).await.unwrap();
    let found = spaces.iter().find(|space| space.id == team).unwrap();
    assert_eq!((found.kind, found.role.as_deref()), (Some(SpaceType::Team), Some("member")));
}

#[tokio::test]
async fn pages_have_a_thousand_rows() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let rows = |from: usize, to: usize| (from..to).map(|index| insert(&index.to_string(), None)).collect::<Vec<_>>();
    services.push(&ada, "writer", rows(0, 1000)).await;
    let pull = async |since: &str| {
        let (changes, end) = testing::changes(&services.page(&ada, since, "reader").await).unwrap();
        (changes, end.synced_until, end.has_more)
    };
    let (changes, _, has_more) = pull(EPOCH).await;
    assert_eq!((changes.len(), has_more), (1000, false));
    services.push(&ada, "writer", rows(1000, 1001)).await;
    let (changes, until, has_more) = pull(EPOCH).await;
    assert_eq!((changes.len(), has_more), (1000, true));
    let (changes, until, has_more) = pull(&until).await;
    assert_eq!((changes.len(), has_more), (1, false));
    assert_eq!(changes[0].id, "1000");
    assert!(pull(&until).await.0.is_empty());
    let (changes, ..) = pull("yesterday").await;
    assert_eq!(changes.len(), 1000);
}

#[tokio::test]
async fn what_the_service_does_not_know_is_lost_on_the_way() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let push = json!({ "clientId": "w", "since": EPOCH, "changes": [
        { "table": "tasks", "id": "a", "op": "insert", "data": { "n": 9007199254740993_i64, "f": 1.5, "z": -0.0 },
          "fields": { "x": { "value": 1, "at": "t" } }, "origin": "agent", "actor": { "kind": "ai" } },
        { "table": "tasks", "id": "a", "op": "update", "data": { "lost": 1 },
          "fields": { "x": { "value": 1.0, "updatedAt": "t" }, "y": { "value": null, "at": "t" } } },
        { "table": "tasks", "id": "a", "op": "delete", "deletedAt": "d" },
        { "table": "tasks", "id": "a", "op": "delete" },
    ] });
    assert_eq!(send(&services, &ada, &push.to_string()).await.0, StatusCode::OK);
    let rows = services.pull(&ada, "reader").await;
    let Operation::Insert { data } = &rows[0].operation else { panic!() };
    assert_eq!(json!(data).to_string(), r#"{"n":9007199254740992,"f":1.5,"z":0}"#);
    let Operation::Update { fields } = &rows[1].operation else { panic!() };
    assert_eq!((fields["x"].at.as_str(), fields["y"].at.as_str()), ("", "t"));
    assert_eq!(rows[2].operation, Operation::Delete { deleted_at: Some("d".to_owned()) });
    assert_eq!(rows[3].operation, Operation::Delete { deleted_at: None });
    assert!(rows.iter().all(|row| !row.event_id.is_empty()));
}

#[tokio::test]
async fn bad_pushes_are_refused_in_plain_text_and_a_broken_change_keeps_those_before_it() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    for (body, text) in [
        ("".to_owned(), "invalid JSON"),
        ("[]".to_owned(), "invalid JSON"),
        (r#"{"changes":[1]}"#.to_owned(), "invalid JSON"),
        (format!("{{\"clientId\":\"{}\"}}", "x".repeat(11 << 20)), "invalid JSON"),
        (r#"{"changes":[{"table":"tasks","id":"a","op":"upsert"}]}"#.to_owned(), "invalid op"),
        (r#"{"changes":[{"table":"tasks","op":"insert"}]}"#.to_owned(), "missing table or id"),
        (
            r#"{"changes":[{"table":"tasks","id":"a","op":"insert","schemaVersion":2}]}"#.to_owned(),
            "unsupported schemaVersion",
        ),
    ] {
        let (status, answer) = send(&services, &ada, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(answer.starts_with(text), "{answer}");
    }
    assert!(services.pull(&ada, "reader").await.is_empty());
    for broken in [r#""data":{"x":"a\u0000"}"#, r#""data":{"x\u0000":1}"#] {
        let body = format!(
            r#"{{"changes":[{{"table":"tasks","id":"a","op":"insert","data":{{"t":1}}}},{{"table":"tasks","id":"b","op":"insert",{broken}}}]}}"#
        );
        assert_eq!(send(&services, &ada, &body).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let null = r#"{"changes":[{"table":"tasks","id":"a","op":"update","fields":{"x":null}}]}"#;
    assert_eq!(send(&services, &ada, null).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(services.pull(&ada, "reader").await.len(), 2);
}

#[tokio::test]
async fn many_pushes_at_once_are_all_stored_once() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let pushes = (0..300).map(|index| {
        let (services, ada) = (&services, &ada);
        async move { services.push(ada, "writer", vec![insert(&index.to_string(), None)]).await }
    });
    futures::future::join_all(pushes).await;
    let mut ids: Vec<usize> =
        services.pull(&ada, "reader").await.into_iter().map(|change| change.id.parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..300).collect::<Vec<_>>());
}
