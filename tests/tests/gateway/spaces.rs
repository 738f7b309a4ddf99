//! Spaces over services that are as strict as a deployment's: where they come from, which one is meant, and what becomes of
//! calls that get none. Time zones too, which requests name in the same way.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mana_mcp_tests::{Answer, Backends, Gateway, Launch, Mcp, Program, Revision, http};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::examples;

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const MALLORY: &str = "mallory@example.org";
const KEY: &str = "key-of-the-gateway";
const LIST: &str = "/api/v1/me/spaces";

/// Strict services that take the key for memberships.
fn with_memberships() -> Value {
    json!({ "manner": "strict", "serviceKey": KEY })
}

/// Strict services that list spaces to bearers of a token, at another path.
fn with_list() -> Value {
    json!({ "manner": "strict", "spacesPath": LIST })
}

async fn backends(strictness: Value) -> Backends {
    let backends = Backends::start().await;
    backends.strictness(strictness).await;
    backends
}

async fn ready(gateway: &Gateway) -> (u16, Value) {
    let answer = Answer::read(http().get(gateway.url("/ready")).send().await.unwrap()).await;
    (answer.status.as_u16(), answer.message())
}

/// Asks until the answer, which is kept for two seconds, says so.
async fn becomes_ready(gateway: &Gateway, status: u16, source: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let (found, body) = ready(gateway).await;
        if found == status && body["spaces"]["source"] == source {
            return body;
        }
        assert!(Instant::now() < deadline, "{found} {body}, expected {status} {source}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn every_tool_works_with_the_key_for_memberships() {
    let backends = Backends::of(Program::Fixture).await;
    backends.strictness(with_memberships()).await;
    let gateway = backends.gateway().env("MANA_AUTH_SERVICE_KEY", KEY).start().await;
    let token = async |user: &str| backends.short_token(user, 600).await;
    // Memberships have no types, which the example of this tool shows.
    examples::run_all(&backends, &gateway, token, &["spaces.list"]).await;
}

#[tokio::test]
async fn every_tool_works_over_a_list_for_bearers_of_a_token() {
    let backends = Backends::of(Program::Fixture).await;
    backends.strictness(with_list()).await;
    let gateway = backends.gateway().env("MANA_SPACES_PATH", LIST).start().await;
    let token = async |user: &str| backends.short_token(user, 600).await;
    examples::run_all(&backends, &gateway, token, &[]).await;
}

#[tokio::test]
async fn memberships_have_no_names_and_no_types() {
    let backends = backends(with_memberships()).await;
    let gateway = backends.gateway().env("MANA_SERVICE_KEY", KEY).start().await;
    let team = backends.space(BOB, &[ADA]).await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    let listed = ada.call("spaces.list", json!({})).await.structured();
    let spaces = listed["spaces"].as_array().unwrap();
    assert_eq!(spaces.len(), 2, "{listed}");
    for space in spaces {
        let role = if space["id"] == team.as_str() { "member" } else { "owner" };
        assert_eq!((&space["name"], &space["role"]), (&json!(""), &json!(role)), "{listed}");
        assert!(space["type"].is_null() && space["slug"].is_null(), "{listed}");
    }
    // The only one that she owns is the personal one; the other is named.
    assert_ne!(listed["activeSpaceId"], team.as_str());
    let in_team = Mcp::modern(&gateway, ada.token()).await.with_space(&team);
    assert_eq!(in_team.call("spaces.list", json!({})).await.structured()["activeSpaceId"], team.as_str());
    // Of two that one owns, neither is.
    let cyd = "cyd@example.org";
    let club = backends.space_of("club", cyd, &[]).await;
    let answer = Mcp::modern(&gateway, &backends.token(cyd).await).await.call("habits.list", json!({})).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.text.contains("X-Mana-Space") && answer.text.contains(&club), "{answer:?}");
}

#[tokio::test]
async fn without_a_way_to_spaces_every_call_gets_one_clear_refusal() {
    let backends = backends(with_memberships()).await;
    let cases = [
        ("MANA_SPACES_PATH", "/api/auth/organization/list", "MANA_AUTH_SERVICE_KEY is not set"),
        ("MANA_SPACES_PATH", "/no/such/path", "MANA_AUTH_SERVICE_KEY is not set"),
        ("MANA_AUTH_SERVICE_KEY", "wrong", "the identity service refuses the gateway's key"),
    ];
    for (name, value, why) in cases {
        let gateway = backends.gateway().env(name, value).start_alive().await;
        for revision in Revision::ALL {
            let ada = Mcp::connect(&gateway, &backends.token(ADA).await, revision).await;
            for (tool, arguments) in [("habits.list", json!({})), ("notes.create", json!({ "title": "x" }))] {
                let answer = ada.call(tool, arguments).await;
                assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (200, ""), "{answer:?}");
                let text = answer.tool_error();
                let expected = "Your spaces cannot be read, so no tool can work. Your access token is fine, and calling again \
                                will not help. The operator of this gateway must change something: the spaces route takes no \
                                bearer token";
                assert!(text.starts_with(expected) && text.contains(why) && !text.contains("new token"), "{text}");
            }
        }
        // Operators read it where they look.
        let body = becomes_ready(&gateway, 503, "none").await;
        assert!(body["spaces"]["problem"].as_str().unwrap().contains(why), "{body}");
        assert_eq!(body["services"], json!({ "identity": "ok", "sync": "ok" }));
        let log = gateway.printed("a user's spaces cannot be read").await;
        assert_eq!(log.matches("a user's spaces cannot be read").count(), 1, "one line, not one a call: {log}");
        assert!(log.contains(why), "{log}");
    }
}

#[tokio::test]
async fn readiness_shows_where_spaces_come_from() {
    let backends = backends(with_memberships()).await;
    let keyed = backends.gateway().env("MANA_AUTH_SERVICE_KEY", KEY).start().await;
    assert_eq!(ready(&keyed).await.1["spaces"], json!({ "source": "memberships" }), "the key was tried");
    backends.strictness(json!({ "manner": "strict", "serviceKey": "another" })).await;
    let body = becomes_ready(&keyed, 503, "none").await;
    assert!(body["spaces"]["problem"].as_str().unwrap().contains("refuses the gateway's key"), "{body}");
    backends.strictness(with_memberships()).await;
    becomes_ready(&keyed, 200, "memberships").await;

    // A key that is set for the policy service may not be one here: a call shows whether the list works.
    let shared = backends.gateway().env("MANA_SERVICE_KEY", "of policies").start().await;
    assert_eq!(ready(&shared).await.1["spaces"], json!({ "source": "unknown" }));

    backends.strictness(with_list()).await;
    let listed = backends.gateway().env("MANA_SPACES_PATH", LIST).start().await;
    assert_eq!(ready(&listed).await.1["spaces"], json!({ "source": "unknown" }), "only a call can show it");
    let ada = Mcp::modern(&listed, &backends.token(ADA).await).await;
    ada.call("spaces.list", json!({})).await.structured();
    becomes_ready(&listed, 200, "list").await;
    // It served somebody: what it refuses later is the matter of those whom it refuses.
    backends.strictness(json!({ "manner": "strict" })).await;
    let bob = Mcp::modern(&listed, &backends.token(BOB).await).await;
    assert!(bob.call("spaces.list", json!({})).await.tool_error().contains("takes no bearer token"));
    tokio::time::sleep(Duration::from_millis(2100)).await;
    becomes_ready(&listed, 200, "list").await;
}

#[tokio::test]
async fn a_personal_space_of_somebody_else_is_never_chosen() {
    for (strictness, path) in [(with_list(), LIST), (json!({}), "/api/auth/organization/list")] {
        let backends = backends(strictness).await;
        let gateway = backends.gateway().env("MANA_SPACES_PATH", path).start().await;
        // The list is ordered by id, so that users differ in which space is the first.
        let (mut seen, mut refused) = (Vec::new(), 0);
        for user in 0.. {
            let email = format!("user{user}@example.org");
            let token = backends.short_token(&email, 600).await;
            let list = http().get(format!("{}{path}", backends.auth)).bearer_auth(&token).send().await.unwrap();
            let own = list.json::<Value>().await.unwrap()[0]["id"].as_str().unwrap().to_owned();
            let mallory = format!("mallory{user}@example.org");
            let evil = backends.space_of("personal", &mallory, &[&email]).await;
            let order = evil < own;
            if seen.contains(&order) {
                continue;
            }
            seen.push(order);
            for revision in Revision::ALL {
                let connect = async || Mcp::connect(&gateway, &token, revision).await;
                let answer = connect().await.call("habits.create", json!({ "title": "see my therapist" })).await;
                refused += 1;
                assert_eq!(answer.status, 403, "{answer:?}");
                let parts = ["X-Mana-Space", "?space=", &own, &evil];
                assert!(parts.iter().all(|part| answer.text.contains(part)), "{answer:?}");
                for space in [&own, &evil] {
                    let by_header = connect().await.with_space(space);
                    let by_query = connect().await.with_query(&format!("space={space}"));
                    let by_both = connect().await.with_query("space=none").with_space(space);
                    for mcp in [by_header, by_query, by_both] {
                        let answer = mcp.call("spaces.list", json!({})).await;
                        assert_eq!(answer.structured()["activeSpaceId"], space.as_str());
                        assert_eq!(answer.result()["_meta"]["mana/space"], space.as_str(), "{answer:?}");
                    }
                }
            }
            let mallory = backends.short_token(&mallory, 600).await;
            let mallory = Mcp::modern(&gateway, &mallory).await.with_space(&evil);
            assert_eq!(
                mallory.call("habits.list", json!({})).await.structured()["habits"],
                json!([]),
                "none of it is hers"
            );
            if seen.len() == 2 {
                break;
            }
        }
        gateway.printed("several could be the user's personal one").await;
        let metrics = Answer::read(http().get(gateway.url("/metrics")).send().await.unwrap()).await.text;
        let counted =
            metrics.lines().find(|line| line.contains("space_refusals_total") && line.contains("\"ambiguous\""));
        assert!(counted.is_some_and(|line| line.ends_with(&format!(" {refused}"))), "{counted:?}");
    }
}

#[tokio::test]
async fn a_space_is_named_by_id_or_slug_and_results_say_which_it_was() {
    let backends = backends(json!({})).await;
    let gateway = backends.gateway().start().await;
    let team = backends.space(ADA, &[]).await;
    let token = backends.token(ADA).await;
    let ada = Mcp::modern(&gateway, &token).await;
    let listed = ada.call("spaces.list", json!({})).await;
    let spaces = listed.structured()["spaces"].as_array().unwrap().clone();
    let slug = spaces.iter().find(|space| space["id"] == team.as_str()).unwrap()["slug"].as_str().unwrap().to_owned();
    for revision in Revision::ALL {
        let connect = async || Mcp::connect(&gateway, &token, revision).await;
        for mcp in [connect().await.with_space(&slug), connect().await.with_query(&format!("space={slug}"))] {
            assert_eq!(mcp.call("spaces.list", json!({})).await.structured()["activeSpaceId"], team.as_str());
            // A failure names it too.
            let failed = mcp.call("habits.update", json!({ "id": "nothing" })).await.result();
            assert_eq!((&failed["isError"], &failed["_meta"]["mana/space"]), (&json!(true), &json!(team)), "{failed}");
        }
        for query in ["space=", "space=elsewhere", "space=a&space=a", &format!("space={team}&space={team}")] {
            let refused = connect().await.with_query(query).call("habits.list", json!({})).await;
            assert_eq!(refused.status, 403, "{query}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn what_owners_write_into_metadata_shuts_nobody_out() {
    for strictness in [with_list(), json!({ "spacesPath": LIST })] {
        let backends = backends(strictness).await;
        let team = backends.space(MALLORY, &[ADA]).await;
        let token = backends.token(ADA).await;
        let long = "x".repeat(5 << 20);
        for metadata in [
            json!("no JSON at all {"),
            json!({ "type": { "type": "team" } }),
            json!({ "before": long, "type": "team", "behind": [{ "type": "personal" }] }),
            json!(json!({ "before": long, "type": "team" }).to_string()),
            json!(null),
        ] {
            backends.metadata(&team, metadata).await;
            let gateway = backends.gateway().env("MANA_SPACES_PATH", LIST).start().await;
            let ada = Mcp::modern(&gateway, &token).await;
            let listed = ada.call("spaces.list", json!({})).await;
            assert!(listed.text.len() < 10_000, "{} bytes", listed.text.len());
            let listed = listed.structured();
            assert_eq!(listed["spaces"].as_array().unwrap().len(), 2, "{listed}");
            assert_ne!(listed["activeSpaceId"], team.as_str());
            let in_team = Mcp::modern(&gateway, &token).await.with_space(&team);
            in_team.call("habits.list", json!({})).await.structured();
        }
    }
}

#[tokio::test]
async fn a_day_is_the_callers_own() {
    let gateway = Gateway::start().await;
    let token = gateway.token(ADA).await;
    let day = async |mcp: Mcp<'_>| {
        let made = mcp.call("journal.add", json!({ "content": "x" })).await.structured();
        made["entry"]["entryDate"].as_str().unwrap().to_owned()
    };
    for revision in Revision::ALL {
        let connect = async || Mcp::connect(&gateway, &token, revision).await;
        // Their clocks are 26 hours apart.
        let first = day(connect().await.with_query("tz=Pacific/Kiritimati")).await;
        let last = day(connect().await.with_zone("Etc/GMT+12")).await;
        assert!(first > last, "{first} {last}");
        let both = day(connect().await.with_query("tz=Etc%2FGMT%2B12").with_zone("Pacific/Kiritimati")).await;
        assert!(both > last, "the header stands before the address: {both} {last}");
        for (mcp, nearest) in [
            (connect().await.with_query("tz=Europe/Berlim"), "Europe/Berlin"),
            (connect().await.with_zone("America/New_Yorc"), "America/New_York"),
        ] {
            let refused = mcp.call("habits.list", json!({})).await;
            assert_eq!(refused.status, 400, "{refused:?}");
            assert!(refused.text.contains(&format!("did you mean `{nearest}`?")), "{refused:?}");
        }
    }
    let ended = Launch::new().env("DEFAULT_TIME_ZONE", "Mars/Olympus").refused().await;
    assert!(ended.log.contains("DEFAULT_TIME_ZONE") && ended.log.contains("Mars/Olympus"), "{}", ended.log);
}

#[tokio::test]
async fn a_default_time_zone_is_for_requests_that_name_none() {
    let backends = backends(json!({})).await;
    let token = backends.token(ADA).await;
    let mut days = Vec::new();
    for zone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
        let gateway = backends.gateway().env("DEFAULT_TIME_ZONE", zone).start().await;
        let made =
            Mcp::modern(&gateway, &token).await.call("journal.add", json!({ "content": "x" })).await.structured();
        days.push(made["entry"]["entryDate"].as_str().unwrap().to_owned());
    }
    assert!(days[0] > days[1], "{days:?}");
}

#[tokio::test]
async fn strict_services_behave_as_those_of_a_deployment() {
    let backends = backends(with_memberships()).await;
    let (ada, bob) = (backends.token(ADA).await, backends.token(BOB).await);
    let get = async |path: &str, key: Option<&str>| {
        let mut request = http().get(format!("{}{path}", backends.auth)).bearer_auth(&ada);
        if let Some(key) = key {
            request = request.header("X-Service-Key", key);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    assert_eq!(get("/api/auth/organization/list", None).await.status, 401);
    for key in [None, Some("wrong"), Some("")] {
        assert_eq!(get("/api/v1/internal/users/x/memberships", key).await.status, 401, "{key:?}");
    }
    let nobody = get("/api/v1/internal/users/x/memberships", Some(KEY)).await;
    assert_eq!(nobody.message(), json!({ "userId": "x", "memberships": [] }));
    let claims = |token: &str| -> Value {
        let payload = token.split('.').nth(1).unwrap();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
        serde_json::from_slice(&payload).unwrap()
    };
    let of_an_hour = claims(&backends.short_token(ADA, 3600).await);
    assert_eq!(of_an_hour["exp"].as_u64().unwrap() - of_an_hour["iat"].as_u64().unwrap(), 900);
    backends.strictness(with_list()).await;
    let listed = get(LIST, None).await.message();
    assert!(listed[0].get("role").is_none() && listed[0]["metadata"].is_string(), "{listed}");

    // A user who joins a space gets its older rows when the service has looked at their memberships again.
    backends.rows(&bob, "habits", "habits").await;
    let team = backends.space(ADA, &[]).await;
    let row = json!({ "table": "habits", "id": "h", "op": "insert", "spaceId": team, "data": { "title": "Ada's" } });
    backends.push(&ada, "habits", vec![row]).await;
    backends.join(&team, BOB).await;
    assert_eq!(backends.rows(&bob, "habits", "habits").await, Vec::<Value>::new());
    backends.advance(290).await;
    assert_eq!(backends.rows(&bob, "habits", "habits").await, Vec::<Value>::new());
    backends.advance(11).await;
    assert_eq!(backends.rows(&bob, "habits", "habits").await.len(), 1);
}
