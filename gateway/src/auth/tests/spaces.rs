//! Spaces: membership is proven, and asked for no more often than it must be.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::get,
};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::{
    BearerToken, NoSource, Principal, Source, SourceState, SpaceError, SpaceResolver,
    testing::{Identity, Mood},
};
use crate::backend::{IdentityClient, MembershipsKey, SpacesAccess, Transport};
use mana_mcp_runtime::failure::{BackendError, FailureKind};

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
    // Bob's list is known, and serves Bob alone.
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
    assert!(matches!(resolver.resolve(&cyd, None).await, Err(SpaceError::NoPersonalSpace(_))));
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
    identity.set_mood(Mood::Failing);
    assert!(matches!(
        resolver.resolve(&ada, Some("team")).await,
        Err(SpaceError::Backend(BackendError { kind: FailureKind::Failed { status: 500 }, .. }))
    ));
    // The token was verified, so that the service refuses it says nothing about the token.
    identity.set_mood(Mood::Refusing);
    assert!(matches!(resolver.resolve(&ada, Some("team")).await, Err(SpaceError::NoSource(NoSource::NoKey))));
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
    let ada = |token| Principal::for_tests("ada").with_token(BearerToken::new(token));
    let (expired, good) = (ada("expired"), ada("good"));
    let (refused, served, again) =
        tokio::join!(resolver.resolve(&expired, None), resolver.resolve(&good, None), resolver.resolve(&good, None));
    assert!(matches!(refused, Err(SpaceError::NoSource(NoSource::NoKey))));
    assert_eq!((served.unwrap().space().id.as_str(), again.unwrap().space().id.as_str()), ("home", "home"));
}

#[tokio::test]
async fn of_several_personal_spaces_none_is_the_default_whatever_their_order() {
    for spaces in [[("evil", "personal"), ("own", "personal")], [("own", "personal"), ("evil", "personal")]] {
        let identity = identity();
        identity.set_spaces("ada", &spaces);
        let resolver = SpaceResolver::new(identity.client());
        let ada = Principal::for_tests("ada");
        let refused = resolver.resolve(&ada, None).await.unwrap_err();
        assert!(matches!(refused, SpaceError::Ambiguous(_)), "{refused:?}");
        let text = refused.to_string();
        assert!(["evil", "own", "X-Mana-Space", "?space="].iter().all(|part| text.contains(part)), "{text}");
        for space in ["evil", "own"] {
            let access = resolver.resolve(&ada, Some(space)).await.unwrap();
            // Rows that name no space belong to neither.
            assert_eq!((access.space().id.as_str(), access.is_personal(), access.personal_space()), (space, false, ""));
        }
    }
}

#[tokio::test]
async fn a_refusal_lists_a_bounded_number_of_ids_that_are_nothing_but_ids() {
    let identity = identity();
    let (long, many) = ("x".repeat(65), (0..40).map(|number| format!("space-{number}")).collect::<Vec<_>>());
    let odd = ["two words", "ignore\u{2028}this", long.as_str()];
    let spaces: Vec<_> = odd.into_iter().chain(many.iter().map(String::as_str)).map(|id| (id, "personal")).collect();
    identity.set_spaces("ada", &spaces);
    let resolver = SpaceResolver::new(identity.client());
    let text = resolver.resolve(&Principal::for_tests("ada"), None).await.unwrap_err().to_string();
    assert!(text.ends_with("space-18, space-19 and 23 more"), "{text}");
    assert!(!odd.iter().any(|id| text.contains(id)), "{text}");
}

#[tokio::test]
async fn a_slug_names_a_space_but_an_id_comes_first() {
    let list = json!([
        { "id": "home", "name": "Home", "metadata": { "type": "personal" }, "slug": "mine" },
        { "id": "evil", "name": "Evil", "slug": "home" },
        { "id": "one", "name": "One", "slug": "twice" },
        { "id": "two", "name": "Two", "slug": "twice" },
        { "id": "none", "name": "None", "slug": "" },
    ]);
    let router = Router::new().route("/api/auth/organization/list", get(async || Json(list)));
    let resolver = SpaceResolver::new(IdentityClient::new(Transport::InProcess(router)));
    let ada = Principal::for_tests("ada");
    for (wanted, id) in [("mine", Some("home")), ("home", Some("home")), ("evil", Some("evil"))] {
        assert_eq!(
            resolver.resolve(&ada, Some(wanted)).await.ok().map(|access| access.space().id.clone()).as_deref(),
            id
        );
    }
    for wanted in ["twice", "", "MINE"] {
        assert!(matches!(resolver.resolve(&ada, Some(wanted)).await, Err(SpaceError::NotAMember)), "{wanted:?}");
    }
}

/// A service whose list answers with a status, and whose memberships take the key `k`.
fn with_memberships(list: StatusCode, memberships: Value) -> (IdentityClient, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let listed = async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        (list, Json(json!([{ "id": "listed", "name": "L", "metadata": { "type": "personal" } }])))
    };
    let of_user = async move |Path(user): Path<String>, headers: HeaderMap| match headers.get("x-service-key") {
        Some(key) if key == "k" => {
            assert!(headers.get("authorization").is_none());
            Json(json!({ "userId": user, "memberships": memberships[&user] })).into_response()
        }
        _ => StatusCode::UNAUTHORIZED.into_response(),
    };
    let router = Router::new()
        .route("/api/auth/organization/list", get(listed))
        .route("/api/v1/internal/users/{user}/memberships", get(of_user));
    (IdentityClient::new(Transport::InProcess(router)), asked)
}

fn with_key(client: IdentityClient, key: &str) -> IdentityClient {
    let key = Some(MembershipsKey::Own(key.parse().unwrap()));
    client.with_spaces(SpacesAccess { key, ..SpacesAccess::default() })
}

fn member(space: &str, role: &str) -> Value {
    json!({ "organizationId": space, "role": role })
}

#[tokio::test]
async fn memberships_serve_where_the_list_takes_no_bearer() {
    let memberships = json!({
        "one": [member("team", "member")],
        "owner": [member("team", "member"), member("own", "owner"), member("club", "admin")],
        "two": [member("own", "owner"), member("evil", "owner")],
        "guest": [member("a", "member"), member("b", "admin")],
        "none": [],
        "a/b?c#d e+f%": [member("odd", "owner")],
    });
    for list in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND] {
        let (client, asked) = with_memberships(list, memberships.clone());
        let resolver = SpaceResolver::new(with_key(client, "k"));
        let personal = async |user: &str| {
            resolver.resolve(&Principal::for_tests(user), None).await.map(|access| access.space().id.clone())
        };
        for (user, space) in [("one", "team"), ("owner", "own"), ("a/b?c#d e+f%", "odd")] {
            assert_eq!(personal(user).await.unwrap(), space, "{user}");
        }
        for (user, ids) in [("two", "own, evil"), ("guest", "a, b")] {
            let refused = personal(user).await.unwrap_err();
            assert!(matches!(refused, SpaceError::Ambiguous(_)) && refused.to_string().ends_with(ids), "{refused}");
        }
        assert!(matches!(personal("none").await, Err(SpaceError::NoPersonalSpace(_))));
        // No type is known, and none is needed.
        let access = resolver.resolve(&Principal::for_tests("guest"), Some("b")).await.unwrap();
        assert_eq!((access.space().id.as_str(), access.space().kind, access.personal_space()), ("b", None, ""));
        // What the list answers is a matter of the deployment.
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{list}");
        assert_eq!(resolver.source_state(), SourceState::Works(Source::Memberships));
        for user in [".", ".."] {
            let refused = resolver.resolve(&Principal::for_tests(user), None).await.unwrap_err();
            assert!(matches!(refused, SpaceError::NoSource(NoSource::NoMemberships)), "{refused}");
        }
    }
}

#[tokio::test]
async fn the_list_is_looked_at_again_after_some_minutes() {
    let (client, asked) = with_memberships(StatusCode::UNAUTHORIZED, json!({ "ada": [member("own", "owner")] }));
    let resolver = SpaceResolver::new(with_key(client, "k"));
    let (ada, start) = (Principal::for_tests("ada"), Instant::now());
    for (after, lists) in [(0, 1), (20, 1), (280, 1), (301, 2), (330, 2)] {
        resolver.resolve_at(&ada, None, start + Duration::from_secs(after)).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), lists, "after {after} s");
    }
}

#[tokio::test]
async fn a_list_that_serves_others_is_not_given_up_for_one_token_that_it_refuses() {
    let list = async |headers: HeaderMap| match headers["authorization"] == "Bearer good" {
        true => Json(json!([{ "id": "home", "name": "Home", "metadata": { "type": "personal" } }])).into_response(),
        false => StatusCode::UNAUTHORIZED.into_response(),
    };
    let of_user = async || Json(json!({ "userId": "x", "memberships": [member("own", "owner")] }));
    let router = Router::new()
        .route("/api/auth/organization/list", get(list))
        .route("/api/v1/internal/users/{user}/memberships", get(of_user));
    let resolver = SpaceResolver::new(with_key(IdentityClient::new(Transport::InProcess(router)), "k"));
    let with = |user: &str, token| Principal::for_tests(user).with_token(BearerToken::new(token));
    let space = async |user: Principal| resolver.resolve(&user, None).await.unwrap().space().clone();
    assert_eq!(space(with("ada", "good")).await.name, "Home");
    assert_eq!(space(with("bob", "bad")).await.id, "own");
    assert_eq!(space(with("cyd", "good")).await.name, "Home");
}

#[tokio::test]
async fn without_a_way_to_spaces_the_refusal_says_what_the_operator_must_do() {
    let ada = Principal::for_tests("ada");
    let cases = [
        (None, json!({}), NoSource::NoKey, "MANA_AUTH_SERVICE_KEY is not set"),
        (Some("wrong"), json!({}), NoSource::KeyRefused, "refuses the gateway's key"),
    ];
    for (key, memberships, why, part) in cases {
        let (client, _) = with_memberships(StatusCode::UNAUTHORIZED, memberships);
        let client = key.map_or(client.clone(), |key| with_key(client, key));
        let resolver = SpaceResolver::new(client);
        assert_eq!(resolver.source_state(), SourceState::Unknown);
        let refused = resolver.resolve(&ada, None).await.unwrap_err();
        assert!(matches!(refused, SpaceError::NoSource(seen) if seen == why), "{refused:?}");
        let text = refused.to_string();
        let parts = [part, "Your access token is fine", "MANA_SPACES_PATH", "operator"];
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        assert_eq!(resolver.source_state(), SourceState::Missing { why, worked: None });
    }
}

#[tokio::test]
async fn long_lists_weigh_more_than_short_ones() {
    let identity = identity();
    let spaces: Vec<(String, &str)> = (0..500).map(|number| (format!("{number:0>128}"), "team")).collect();
    let spaces: Vec<_> = spaces.iter().map(|(id, kind)| (id.as_str(), *kind)).collect();
    identity.set_spaces("ada", &spaces);
    let resolver = SpaceResolver::new(identity.client());
    let units = async |user: &str| {
        let before = resolver.fill_now().await;
        let _ = resolver.resolve(&Principal::for_tests(user), Some("x")).await;
        resolver.fill_now().await - before
    };
    assert_eq!(units("bob").await, 1);
    let of_many = units("ada").await;
    assert!((100..500).contains(&of_many), "{of_many}");
}
