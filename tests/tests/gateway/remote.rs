//! The remote mode: gateways in front of services at other addresses, which are slow, broken or gone.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mana_mcp_tests::{Answer, Backends, Gateway, Mcp, Program, Revision, faults::FaultProxy, http};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{metrics::Page, streams::until};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

#[tokio::test]
async fn two_users_share_a_space_through_two_gateways() {
    let backends = Backends::start().await;
    let space = backends.space(ADA, &[BOB]).await;
    let (one, other) = futures::join!(backends.gateway().start(), backends.gateway().start());
    let (ada_token, bob_token) = (backends.token(ADA).await, backends.token(BOB).await);
    let ada = Mcp::modern(&one, &ada_token).await.with_space(&space);
    let bob = Mcp::modern(&other, &bob_token).await.with_space(&space);

    let listed = bob.call("spaces.list", json!({})).await.structured();
    assert_eq!(listed["activeSpaceId"], space.as_str());
    assert_eq!(listed["spaces"].as_array().unwrap().len(), 2, "{listed}");

    // What one wrote, the other sees at their next call, and may change.
    let habit = ada.call("habits.create", json!({ "title": "Stretch" })).await.structured()["habit"].clone();
    assert_eq!(bob.call("habits.list", json!({})).await.structured()["habits"], json!([habit]));
    bob.call("habits.update", json!({ "id": habit["id"], "color": "#112233" })).await.structured();
    let seen = ada.call("habits.list", json!({})).await.structured();
    assert_eq!((&seen["habits"][0]["color"], &seen["habits"][0]["title"]), (&json!("#112233"), &json!("Stretch")));

    // Each encrypts under their own key: the other sees such rows without their titles.
    ada.call("todo.create", json!({ "title": "Ada's" })).await.structured();
    bob.call("todo.create", json!({ "title": "Bob's" })).await.structured();
    for (mcp, own) in [(&ada, "Ada's"), (&bob, "Bob's")] {
        let listed = mcp.call("todo.list", json!({})).await.structured();
        let tasks = listed["tasks"].as_array().unwrap();
        let titles: Vec<&Value> = tasks.iter().filter_map(|task| task.get("title")).collect();
        assert_eq!((tasks.len(), titles), (2, vec![&json!(own)]), "{listed}");
        assert_eq!(listed["unreadable"][0]["field"], "title", "{listed}");
    }

    // Nothing of it is in the personal spaces, and a stranger has no access.
    let own = Mcp::modern(&one, &bob_token).await;
    assert_eq!(own.call("habits.list", json!({})).await.structured()["habits"], json!([]));
    let eve = Mcp::modern(&one, &backends.token("eve@example.org").await).await.with_space(&space);
    assert_eq!(eve.call("habits.list", json!({})).await.status, 403);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_again_and_seen_once() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token(ADA).await;
    let ada = Mcp::modern(&gateway, &token).await;
    for instead in [json!("close"), json!("half"), json!({ "answer": { "status": 500, "text": "ERROR: secret" } })] {
        let before = backends.rows(&token, "habits", "habits").await.len();
        backends.sync_faults(json!([{ "path": "/sync/habits", "served": true, "instead": instead }])).await;
        let title = instead.to_string();
        let created = ada.call("habits.create", json!({ "title": title })).await.structured()["habit"].clone();
        let listed = ada.call("habits.list", json!({})).await.structured()["habits"].clone();
        let found: Vec<&Value> = listed.as_array().unwrap().iter().filter(|habit| habit["title"] == title).collect();
        assert_eq!(found, [&created], "{title}");
        assert_eq!(backends.rows(&token, "habits", "habits").await.len() - before, 2, "{title}");
    }
}

#[tokio::test]
async fn what_the_services_say_is_told_in_the_gateways_own_words() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    for (status, expected) in
        [(402, "subscription"), (400, "refused"), (413, "larger"), (500, "failed"), (200, "understand")]
    {
        let answer = json!({ "answer": { "status": status, "text": "pq: secret of the database" } });
        backends.sync_faults(json!([{ "path": "/sync/habits/pull", "times": 5, "instead": answer }])).await;
        let text = ada.call("habits.list", json!({})).await.tool_error();
        assert!(text.contains(expected) && !text.contains("secret"), "{status}: {text}");
    }
    backends.sync_faults(json!([])).await;
    ada.call("habits.list", json!({})).await.structured();
}

#[tokio::test]
async fn a_token_that_a_service_refuses_is_401_with_a_challenge_whichever_service_it_is() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let refused = json!({ "answer": { "status": 401, "text": "secret" } });
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &backends.token(ADA).await, revision).await;
        mcp.call("habits.list", json!({})).await.structured();
        for (path, tool, arguments) in [
            ("/sync/habits/pull", "habits.list", json!({})),
            ("/sync/habits", "habits.create", json!({ "title": "x" })),
        ] {
            backends.sync_faults(json!([{ "path": path, "instead": refused }])).await;
            let answer = mcp.call(tool, arguments).await;
            assert_eq!(answer.status, 401, "{revision:?} {tool}: {answer:?}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.contains("error=\"invalid_token\"") && !answer.text.contains("secret"), "{challenge}");
        }
    }
}

async fn get(gateway: &Gateway, path: &str) -> Answer {
    Answer::read(http().get(gateway.url(path)).send().await.unwrap()).await
}

#[tokio::test]
async fn a_hanging_sync_service_takes_nothing_else_down() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().env("MANA_MCP_MAX_IN_FLIGHT", 40).start().await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    let bob = Mcp::modern(&gateway, &backends.token(BOB).await).await;
    ada.call("habits.list", json!({})).await.structured();
    bob.call("spaces.list", json!({})).await.structured();
    backends.sync_faults(json!([{ "times": 1_000_000, "instead": "hang" }])).await;
    // More calls than may be under way, all of which need rows: some wait, the others fail at once. One user may have
    // an eighth of the places.
    let (cyd, dan) = (backends.token("cyd@example.org").await, backends.token("dan@example.org").await);
    let users = [&ada, &Mcp::modern(&gateway, &cyd).await, &Mcp::modern(&gateway, &dan).await];
    let calls = futures::future::join_all((0..60).map(|number| users[number % 3].call("habits.list", json!({}))));
    let others = async {
        let waiting = async || Page::of(&gateway).await.get("mana_mcp_in_flight", &[("bound", "sync")]);
        until(|| async { waiting().await >= 3.0 }).await;
        for _ in 0..20 {
            let asked = Instant::now();
            bob.call("spaces.list", json!({})).await.structured();
            assert_eq!(get(&gateway, "/health").await.status, 200);
            assert!(asked.elapsed() < Duration::from_secs(1), "took {:?}", asked.elapsed());
        }
        // Readiness is looked at every few seconds.
        let asked = Instant::now();
        let mut ready = get(&gateway, "/ready").await;
        while ready.status == 200 {
            assert!(asked.elapsed() < Duration::from_secs(6), "{ready:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            ready = get(&gateway, "/ready").await;
        }
        let services = ready.message()["services"].clone();
        assert_eq!(services, json!({ "identity": "ok", "sync": "timed_out" }));
    };
    let (answers, ()) = futures::join!(calls, others);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        answer.tool_error();
    }
    // It comes back by itself.
    backends.sync_faults(json!([])).await;
    recovered(&ada).await;
}

#[tokio::test]
async fn operators_are_told_once_that_a_service_is_gone_and_that_it_is_back() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    backends.sync_faults(json!([{ "times": 1_000_000, "instead": "close" }])).await;
    for _ in 0..4 {
        ada.call("habits.list", json!({})).await.tool_error();
    }
    backends.sync_faults(json!([])).await;
    recovered(&ada).await;
    let log = gateway.printed("a service answers again").await;
    let told: Vec<&str> = log.lines().filter(|line| line.contains("a service ")).collect();
    assert!(
        told.len() == 2 && told[0].contains("unanswered") && told.iter().all(|line| line.contains("sync")),
        "{told:?}"
    );
}

#[tokio::test]
async fn answers_that_are_cut_are_of_a_service_that_is_there() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    backends.sync_faults(json!([{ "times": 1_000_000, "instead": "half" }])).await;
    for _ in 0..4 {
        ada.call("habits.list", json!({})).await.tool_error();
    }
    backends.sync_faults(json!([])).await;
    // At once: nothing was left alone.
    ada.call("habits.list", json!({})).await.structured();
    assert!(!gateway.log().contains("unanswered"), "{}", gateway.log());
}

/// Waits until lists come again.
async fn recovered(mcp: &Mcp<'_>) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while mcp.call("habits.list", json!({})).await.result()["isError"] == true {
        assert!(Instant::now() < deadline, "no recovery");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_hanging_identity_service_is_given_up_in_time_and_found_again() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let (ada_token, bob_token) = (backends.token(ADA).await, backends.token(BOB).await);
    let (ada, bob) = (Mcp::modern(&gateway, &ada_token).await, Mcp::modern(&gateway, &bob_token).await);
    ada.call("habits.list", json!({})).await.structured();
    backends.auth_faults(json!([{ "times": 1_000_000, "instead": "hang" }])).await;
    // Whose spaces are known goes on; a new user is asked to come back, long before the request's own end.
    ada.call("habits.create", json!({ "title": "Known" })).await.structured();
    let asked = Instant::now();
    let refused = bob.call("habits.create", json!({ "title": "Too early" })).await;
    assert!(refused.tool_error().contains("The identity service did not answer in time"), "{refused:?}");
    assert!(asked.elapsed() < Duration::from_secs(8), "took {:?}", asked.elapsed());
    backends.auth_faults(json!([])).await;
    recovered(&bob).await;
    assert_eq!(bob.call("habits.list", json!({})).await.structured()["habits"], json!([]));
}

#[tokio::test]
async fn standalone_backends_do_not_start_where_others_are_named() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(Program::Fixture.path());
    command.arg("standalone-backends").env_clear().env("DATA_DIR", data.path()).kill_on_drop(true);
    command.env("MANA_AUTH_URL", "http://127.0.0.1:9").env("MANA_SYNC_URL", "http://127.0.0.1:9");
    let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("MANA_AUTH_URL"));
}

/// What a user must see: what was confirmed, and what may or may not have been stored.
#[derive(Default)]
struct Truth {
    /// Titles by id, of what is known to be stored.
    stored: BTreeMap<String, String>,
    /// Titles of rows whose creation was not confirmed.
    maybe_created: Vec<String>,
    /// Titles that rows may have by now.
    maybe_updated: Vec<(String, String)>,
}

impl Truth {
    /// Takes in a list that the gateway vouches for.
    fn check(&mut self, rows: &Value) {
        let mut seen = BTreeMap::new();
        for row in rows.as_array().unwrap() {
            let (id, title) = (row["id"].as_str().unwrap().to_owned(), row["title"].as_str().unwrap().to_owned());
            assert!(!seen.values().any(|other| *other == title), "{title} is there twice: {rows}");
            let is_known = self.stored.get(&id).is_some_and(|stored| *stored == title);
            let is_possible =
                self.maybe_updated.contains(&(id.clone(), title.clone())) || self.maybe_created.contains(&title);
            assert!(is_known || is_possible, "{title} was never written so: {rows}");
            seen.insert(id, title);
        }
        for (id, title) in &self.stored {
            assert!(seen.contains_key(id), "{title} is lost: {rows}");
        }
        *self = Self { stored: seen, ..Self::default() };
    }
}

/// The structured content, or `None` for a failure with the right text: in the gateway's words.
fn outcome(answer: &Answer) -> Option<Value> {
    assert!(!answer.text.contains("secret"), "{answer:?}");
    if answer.status == 503 {
        return None;
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    let is_error = answer.result()["isError"] == true;
    if is_error { None } else { Some(answer.structured()) }
}

/// The tools of one module.
#[derive(Clone, Copy)]
struct Kind {
    create: &'static str,
    update: Option<&'static str>,
    list: &'static str,
    /// The most rows of a page.
    limit: usize,
    rows: &'static str,
}

/// The rows of all pages of a list, with the last answer; no rows where a call of it failed.
async fn listed(mcp: &Mcp<'_>, Kind { list, limit, rows, .. }: Kind) -> (Option<Value>, Answer) {
    let (mut all, mut arguments) = (Vec::new(), json!({ "limit": limit }));
    loop {
        let answer = mcp.call(list, arguments.clone()).await;
        let Some(found) = outcome(&answer) else { return (None, answer) };
        assert_eq!(found.get("unreadable"), None::<&Value>, "{found}");
        all.extend(found[rows].as_array().unwrap().iter().cloned());
        let Some(cursor) = found.get("nextCursor") else { return (Some(all.into()), answer) };
        arguments["cursor"] = cursor.clone();
    }
}

/// Mixed calls of one user, one after the other. Returns how many failed.
async fn mixed_calls(mcp: &Mcp<'_>, calls: usize, kind: Kind) -> usize {
    let Kind { create, update, .. } = kind;
    let (mut truth, mut failures) = (Truth::default(), 0);
    for number in 0..calls {
        let asked = Instant::now();
        let title = format!("{create} {number}");
        let answer = match (number % 4, update, truth.stored.keys().nth(number % truth.stored.len().max(1)).cloned()) {
            (0, _, _) => {
                let answer = mcp.call(create, json!({ "title": title })).await;
                match outcome(&answer) {
                    Some(made) => {
                        let row = made.as_object().unwrap().values().next().unwrap();
                        truth.stored.insert(row["id"].as_str().unwrap().to_owned(), title);
                    }
                    None if answer.text.contains("may or may not be stored") => truth.maybe_created.push(title),
                    None => {}
                }
                answer
            }
            (1, Some(update), Some(id)) => {
                let answer = mcp.call(update, json!({ "id": id, "title": title })).await;
                if outcome(&answer).is_some() {
                    truth.maybe_updated.retain(|(updated, _)| *updated != id);
                    truth.stored.insert(id, title);
                } else if answer.text.contains("may or may not be stored") {
                    truth.maybe_updated.push((id, title));
                }
                answer
            }
            (2, ..) => mcp.call("spaces.list", json!({})).await,
            _ => {
                let (found, answer) = listed(mcp, kind).await;
                if let Some(found) = found {
                    truth.check(&found);
                }
                answer
            }
        };
        failures += usize::from(outcome(&answer).is_none());
        assert!(asked.elapsed() < Duration::from_secs(31), "call {number} took {:?}", asked.elapsed());
    }
    failures
}

/// Some of the ten thousand calls; `FAULT_CALLS=10000` for all.
#[tokio::test]
async fn faults_between_gateway_and_services_lose_and_double_nothing() {
    let calls: usize = std::env::var("FAULT_CALLS").map_or(1600, |calls| calls.parse().unwrap());
    let backends = Backends::start().await;
    let (auth, sync) = (FaultProxy::start(&backends.auth, 1).await, FaultProxy::start(&backends.sync, 2).await);
    let gateway = backends.gateway_through(&auth.url(), &sync.url()).start().await;
    let mut users = Vec::new();
    for user in 0..4 {
        users.push(Mcp::modern(&gateway, &backends.token(&format!("user{user}@example.org")).await).await);
    }
    auth.fail(25);
    sync.fail(25);
    let kinds = [
        Kind {
            create: "habits.create",
            update: Some("habits.update"),
            list: "habits.list",
            limit: 200,
            rows: "habits",
        },
        Kind { create: "todo.create", update: None, list: "todo.list", limit: 500, rows: "tasks" },
        Kind { create: "notes.create", update: None, list: "notes.search", limit: 100, rows: "notes" },
        Kind {
            create: "habits.create",
            update: Some("habits.update"),
            list: "habits.list",
            limit: 200,
            rows: "habits",
        },
    ];
    let work = users.iter().zip(kinds).map(|(mcp, kind)| mixed_calls(mcp, calls / 4, kind));
    let failures: usize = futures::future::join_all(work).await.iter().sum();
    assert!(sync.faults() > calls / 20 && auth.faults() > 0, "{} and {} faults", sync.faults(), auth.faults());
    assert!(failures > 0 && failures < calls / 2, "{failures} of {calls} calls failed");
    // Without faults everything works again at once, or as soon as a circuit closes.
    auth.fail(0);
    sync.fail(0);
    let deadline = Instant::now() + Duration::from_secs(10);
    for (mcp, Kind { list, .. }) in users.iter().zip(kinds) {
        while outcome(&mcp.call(list, json!({})).await).is_none() {
            assert!(Instant::now() < deadline, "no recovery");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
