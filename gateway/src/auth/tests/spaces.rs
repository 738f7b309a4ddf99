//! Spaces: membership is proven, and asked for no more often than it must be.

use std::time::Duration;

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::get,
};
use futures::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use super::super::{
    BearerToken, Principal, SpaceError, SpaceResolver, UserId,
    testing::{Identity, Mood},
};
use crate::backend::{IdentityClient, Transport};
use mana_mcp_runtime::failure::FailureKind;

fn identity() -> Identity {
    let identity = Identity::new();
    identity.set_spaces("ada", &[("team", "team"), ("home", "personal"), ("odd", "no-such-type")]);
    identity.set_spaces("bob", &[("bobs", "personal")]);
    identity
}

#[tokio::test]
async fn without_a_name_it_is_the_personal_space() {
    let resolver = SpaceResolver::new(identity().client());
    let access = resolver.resolve(&Principal::for_tests("ada"), None).await.unwrap();
    assert_eq!(access.space().id, "home");
    assert!(access.is_personal());
    assert_eq!(access.principal().subject(), "ada");
}

#[tokio::test]
async fn a_member_gets_the_space_that_he_names() {
    let resolver = SpaceResolver::new(identity().client());
    for wanted in ["team", "odd"] {
        let access = resolver.resolve(&Principal::for_tests("ada"), Some(wanted)).await.unwrap();
        assert_eq!(access.space().id, wanted);
        assert!(!access.is_personal());
        assert_eq!(access.personal_space(), "home");
    }
}

#[tokio::test]
async fn a_foreign_space_and_one_that_does_not_exist_are_the_same() {
    let resolver = SpaceResolver::new(identity().client());
    // Bob's list is known, and serves him alone.
    resolver.resolve(&Principal::for_tests("bob"), Some("bobs")).await.unwrap();
    let ada = Principal::for_tests("ada");
    let mut texts = Vec::new();
    for wanted in ["bobs", "nowhere", "", "TEAM", "team "] {
        let error = resolver.resolve(&ada, Some(wanted)).await.unwrap_err();
        assert!(matches!(error, SpaceError::NotAMember), "{wanted}: {error:?}");
        texts.push(error.to_string());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
}

#[tokio::test]
async fn somebody_without_a_personal_space_must_name_one() {
    let identity = identity();
    identity.set_spaces("cyd", &[("club", "club")]);
    let resolver = SpaceResolver::new(identity.client());
    let cyd = Principal::for_tests("cyd");
    assert!(matches!(resolver.resolve(&cyd, None).await, Err(SpaceError::NoPersonalSpace)));
    let access = resolver.resolve(&cyd, Some("club")).await.unwrap();
    assert!(!access.is_personal());
    assert_eq!(access.personal_space(), "");
}

#[tokio::test]
async fn one_fetch_serves_many_calls() {
    let identity = identity();
    let resolver = SpaceResolver::new(identity.client());
    let ada = Principal::for_tests("ada");
    let calls = (0..50).map(|_| resolver.resolve(&ada, None));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(resolver.spaces(&ada).await.unwrap().len(), 3);
    assert_eq!(identity.space_fetches(), 1);
}

#[tokio::test]
async fn a_new_space_is_found_but_not_looked_for_at_every_call() {
    let identity = identity();
    let resolver = SpaceResolver::new(identity.client());
    let ada = Principal::for_tests("ada");
    let start = Instant::now();
    resolver.resolve_at(&ada, None, start).await.unwrap();
    identity.set_spaces("ada", &[("home", "personal"), ("new", "team")]);
    for _ in 0..20 {
        let early = resolver.resolve_at(&ada, Some("new"), start + Duration::from_millis(900)).await;
        assert!(matches!(early, Err(SpaceError::NotAMember)));
    }
    assert_eq!(identity.space_fetches(), 1);
    let access = resolver.resolve_at(&ada, Some("new"), start + Duration::from_secs(1)).await.unwrap();
    assert_eq!(access.space().id, "new");
    assert_eq!(identity.space_fetches(), 2);
}

#[tokio::test]
async fn a_member_who_was_removed_loses_access_soon() {
    let identity = identity();
    let resolver = SpaceResolver::new(identity.client());
    let ada = Principal::for_tests("ada");
    let start = Instant::now();
    resolver.resolve_at(&ada, Some("team"), start).await.unwrap();
    identity.set_spaces("ada", &[("home", "personal")]);
    let later = resolver.resolve_at(&ada, Some("team"), start + Duration::from_secs(15)).await;
    assert!(matches!(later, Err(SpaceError::NotAMember)));
}

#[tokio::test]
async fn a_service_that_fails_gives_nobody_access() {
    let identity = identity();
    let resolver = SpaceResolver::new(identity.client());
    let ada = Principal::for_tests("ada");
    for (mood, refused) in [(Mood::Failing, false), (Mood::Refusing, true)] {
        identity.set_mood(mood);
        match resolver.resolve(&ada, Some("team")).await {
            Err(SpaceError::Backend(error)) => assert_eq!(error.kind == FailureKind::Unauthorized, refused),
            other => panic!("{mood:?}: {other:?}"),
        }
    }
    // A failure is not remembered.
    identity.set_mood(Mood::Well);
    assert!(resolver.resolve(&ada, Some("team")).await.is_ok());
}

#[tokio::test]
async fn what_another_requests_token_could_not_get_is_asked_for_again() {
    let list = async |headers: HeaderMap| {
        // Those that came meanwhile wait for this answer.
        tokio::time::sleep(Duration::from_millis(20)).await;
        match headers["authorization"] == "Bearer good" {
            true => Json(json!([{ "id": "home", "name": "Home", "metadata": { "type": "personal" } }])).into_response(),
            false => StatusCode::UNAUTHORIZED.into_response(),
        }
    };
    let router = Router::new().route("/api/auth/organization/list", get(list));
    let resolver = SpaceResolver::new(IdentityClient::new(Transport::InProcess(router)));
    let ada = |token| Principal::new(UserId::for_tests("ada"), "ada".to_owned(), BearerToken::new(token), u64::MAX);
    let (expired, good) = (ada("expired"), ada("good"));
    let (refused, served, again) =
        tokio::join!(resolver.resolve(&expired, None), resolver.resolve(&good, None), resolver.resolve(&good, None));
    assert!(matches!(refused, Err(SpaceError::Backend(error)) if error.kind == FailureKind::Unauthorized));
    assert_eq!((served.unwrap().space().id.as_str(), again.unwrap().space().id.as_str()), ("home", "home"));
}
