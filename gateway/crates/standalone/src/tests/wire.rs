//! The wire behaviour that clients of the services must live with.

use std::time::Duration;

use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use mana_mcp_runtime::space::SpaceType;
use serde_json::{Value, json};

use super::{EPOCH, ISSUER, Services, get, insert, make_vault, master_key, rows, spaces};

#[tokio::test]
async fn a_token_verifies_against_the_published_keys() {
    let services = Services::start();
    let token = services.token("Ada@Example.org");
    let (_, keys) = get(&services.standalone.identity, "/api/auth/jwks", "").await;
    let keys: JwkSet = serde_json::from_str(&keys).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.alg, Algorithm::EdDSA);
    let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["mana"]);
    validation.set_issuer(&[ISSUER]);
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!(claims["email"], "ada@example.org");
    assert_eq!(claims["role"], "user");
    assert_eq!(claims["tier"], "public");
    assert!(claims["sub"].is_string() && claims["sid"].is_string());
}

#[tokio::test]
async fn a_user_is_one_whatever_the_case_of_their_address() {
    let services = Services::start();
    let (first, second) = (services.token("ada@example.org"), services.token(" ADA@example.ORG "));
    let spaces = services.spaces(&first).await;
    let same = services.spaces(&second).await;
    assert_eq!((spaces.len(), same.len()), (1, 1));
    assert_eq!(spaces[0]["id"], same[0]["id"]);
    assert_eq!((&spaces[0]["name"], &spaces[0]["metadata"]), (&json!("Personal"), &json!({ "type": "personal" })));
    assert!(spaces[0]["slug"].is_string());
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
    let (head, _) = good.rsplit_once('.').unwrap();
    for bad in [expired, other.token("ada@example.org"), format!("{head}.AAAA"), String::new()] {
        assert_eq!(spaces(&services.standalone.identity, &bad).await, Err(StatusCode::UNAUTHORIZED));
        let path = format!("/sync/todo/pull?collection=tasks&since={EPOCH}");
        assert_eq!(get(&services.standalone.sync, &path, &bad).await.0, StatusCode::UNAUTHORIZED);
    }
    services.spaces(&good).await;
}

#[tokio::test]
async fn each_user_has_their_own_key_and_it_stays() {
    let services = Services::start();
    let (ada, bob) = (services.token("ada@example.org"), services.token("bob@example.org"));
    let identity = &services.standalone.identity;
    assert_eq!(master_key(identity, &ada).await, None);
    let first = make_vault(identity, &ada).await;
    assert_eq!(make_vault(identity, &ada).await, first);
    assert_eq!(master_key(identity, &ada).await, Some(first.clone()));
    assert_ne!(make_vault(identity, &bob).await, first);
}

#[tokio::test]
async fn rows_are_hidden_from_the_client_that_wrote_them_and_from_strangers() {
    let services = Services::start();
    let (ada, bob) = (services.token("ada@example.org"), services.token("bob@example.org"));
    let team = services.standalone.create_space("ada@example.org", "Team", SpaceType::Team).unwrap();
    services.standalone.add_member(&team, "bob@example.org", "member").unwrap();
    services.push(&ada, "writer", vec![insert("mine", None), insert("ours", Some(&team))]).await;
    let ids = |rows: Vec<Value>| rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(services.pull(&ada, "reader").await), ["mine", "ours"]);
    assert!(services.pull(&ada, "writer").await.is_empty());
    assert_eq!(ids(services.pull(&bob, "writer2").await), ["ours"]);
    let stranger = services.token("eve@example.org");
    assert!(services.pull(&stranger, "reader").await.is_empty());
    // Nobody checks that a writer is a member.
    services.push(&stranger, "w", vec![insert("foreign", Some(&team))]).await;
    assert_eq!(ids(services.pull(&bob, "reader").await), ["ours", "foreign"]);
    let spaces = services.spaces(&bob).await;
    let found = spaces.iter().find(|space| space["id"] == team).unwrap();
    assert_eq!((&found["metadata"], &found["role"]), (&json!(r#"{"type":"team"}"#), &json!("member")));
}

#[tokio::test]
async fn pages_have_a_thousand_rows() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let inserts = |from: usize, to: usize| (from..to).map(|index| insert(&index.to_string(), None)).collect::<Vec<_>>();
    services.push(&ada, "writer", inserts(0, 1000)).await;
    let pull = async |since: &str| {
        let page = services.page(&ada, since, "reader").await;
        (rows(&page), page["syncedUntil"].as_str().unwrap().to_owned(), page["hasMore"] == true)
    };
    let (changes, _, has_more) = pull(EPOCH).await;
    assert_eq!((changes.len(), has_more), (1000, false));
    services.push(&ada, "writer", inserts(1000, 1001)).await;
    let (changes, until, has_more) = pull(EPOCH).await;
    assert_eq!((changes.len(), has_more), (1000, true));
    let (changes, until, has_more) = pull(&until).await;
    assert_eq!((changes.len(), has_more), (1, false));
    assert_eq!(changes[0]["id"], "1000");
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
    assert_eq!(services.send(&ada, "writer", &push.to_string()).await.0, StatusCode::OK);
    let rows = services.pull(&ada, "reader").await;
    assert_eq!(rows[0]["data"].to_string(), r#"{"n":9007199254740992,"f":1.5,"z":0}"#);
    assert_eq!((&rows[0]["fields"], &rows[1]["data"]), (&Value::Null, &Value::Null));
    let fields = &rows[1]["fields"];
    assert_eq!((&fields["x"]["at"], &fields["y"]["at"]), (&json!(""), &json!("t")));
    assert_eq!((&rows[2]["op"], &rows[2]["deletedAt"]), (&json!("delete"), &json!("d")));
    assert_eq!((&rows[3]["op"], &rows[3]["deletedAt"]), (&json!("delete"), &Value::Null));
    assert!(rows.iter().all(|row| row["eventId"].as_str().is_some_and(|id| !id.is_empty())));
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
        let (status, answer) = services.send(&ada, "writer", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(answer.starts_with(text), "{answer}");
    }
    assert!(services.pull(&ada, "reader").await.is_empty());
    for broken in [r#""data":{"x":"a\u0000"}"#, r#""data":{"x\u0000":1}"#] {
        let body = format!(
            r#"{{"changes":[{{"table":"tasks","id":"a","op":"insert","data":{{"t":1}}}},{{"table":"tasks","id":"b","op":"insert",{broken}}}]}}"#
        );
        assert_eq!(services.send(&ada, "writer", &body).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let null = r#"{"changes":[{"table":"tasks","id":"a","op":"update","fields":{"x":null}}]}"#;
    assert_eq!(services.send(&ada, "writer", null).await.0, StatusCode::INTERNAL_SERVER_ERROR);
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
        services.pull(&ada, "reader").await.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..300).collect::<Vec<_>>());
}
