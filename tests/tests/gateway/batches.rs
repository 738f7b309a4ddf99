//! One call that writes to two apps: its places, what is left of it where one of the writes fails,
//! and who signs the rows.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use mana_mcp_tests::{Answer, Backends, Gateway, Launch, Mcp, Program, faults::FaultProxy};
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
/// Calls of two callers together, and how many of each caller run at once.
const PAIRS: usize = 1000;
const AT_ONCE: usize = 4;
/// Many times what the calls take on a busy machine: calls that wait for each other never end.
const BOUND: Duration = Duration::from_secs(120);

/// What seals and names things in all gateways of a deployment: ids that follow from a key are the same after a restart.
const SESSION_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A gateway, and the next one of the same deployment.
async fn gateway(backends: &Backends) -> Gateway {
    backends.gateway().env("SESSION_KEY", SESSION_KEY).start().await
}

/// A call with an idempotency key.
async fn keyed(mcp: &Mcp<'_>, tool: &str, arguments: &Value) -> Answer {
    let meta = json!({ "mana/idempotencyKey": "once" });
    mcp.request("tools/call", json!({ "name": tool, "arguments": arguments, "_meta": meta })).await
}

/// Makes a call with an idempotency key, and ends its gateway without a warning (`kill -9`) when the first app of the call
/// has rows, while the push of the second hangs.
async fn killed_between_pushes(
    backends: &Backends,
    token: &str,
    (tool, arguments): (&str, &Value),
    [first, second]: [(&str, &str); 2],
) {
    backends.sync_faults(json!([{ "path": format!("/sync/{}", second.0), "times": 100, "instead": "hang" }])).await;
    let gateway = gateway(backends).await;
    let mcp = Mcp::modern(&gateway, token).await;
    let meta = json!({ "mana/idempotencyKey": "once" });
    let body = mcp.body("tools/call", json!({ "name": tool, "arguments": arguments, "_meta": meta }));
    let call = mcp.builder("tools/call", Some(tool)).json(&body).send();
    let killer = async {
        while backends.rows(token, first.0, first.1).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let killed = std::process::Command::new("kill").args(["-KILL", &gateway.pid().to_string()]).status().unwrap();
        assert!(killed.success());
    };
    let (answer, ()) = tokio::time::timeout(BOUND, async { futures::join!(call, killer) }).await.expect("it is killed");
    assert!(answer.is_err(), "it was answered");
    drop(mcp);
    gateway.ended().await;
    backends.sync_faults(json!([])).await;
    assert_eq!(backends.rows(token, second.0, second.1).await.len(), 0, "the second push was not made");
}

/// The live rows of both tables, left and right.
async fn rows(mcp: &Mcp<'_>) -> [Vec<Value>; 2] {
    let list = async |tool| mcp.rows(tool, json!({}), "rows").await;
    [list("pairs.list").await, list("partners.list").await]
}

#[tokio::test]
async fn calls_that_name_two_tables_in_opposite_orders_never_wait_for_each_other() {
    let gateway = Launch::new().env("POLICY_MODE", "off").start().await;
    let token = gateway.token(ADA).await;
    let callers = [(Mcp::modern(&gateway, &token).await, "left"), (Mcp::modern(&gateway, &token).await, "right")];
    let begun = AtomicUsize::new(0);
    let worker = async |mcp: &Mcp<'_>, first: &str| {
        let mut made = Vec::new();
        loop {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            if number >= PAIRS {
                return made;
            }
            let pair = json!({ "text": format!("{first} {number}"), "first": first });
            made.push(mcp.call("pairs.pair", pair).await.structured());
        }
    };
    let workers = callers.iter().flat_map(|(mcp, first)| (0..AT_ONCE).map(|_| worker(mcp, first)));
    let made = tokio::time::timeout(BOUND, futures::future::join_all(workers)).await.expect("no call waits for ever");
    let made = made.concat();
    assert_eq!(made.len(), PAIRS);

    // Places are distinct and without gaps, as they were returned and as they are listed.
    let all: Vec<i64> = (0..PAIRS as i64).collect();
    for side in ["leftOrder", "rightOrder"] {
        let places: BTreeSet<i64> = made.iter().map(|pair| pair[side].as_i64().unwrap()).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), all, "{side}");
    }
    for table in rows(&callers[0].0).await {
        assert_eq!(table.iter().map(|row| row["order"].as_i64().unwrap()).collect::<Vec<_>>(), all);
        let texts: BTreeSet<&str> = table.iter().map(|row| row["text"].as_str().unwrap()).collect();
        assert_eq!(texts.len(), PAIRS, "each call wrote one row");
        assert!(
            ["left ", "right "].iter().all(|caller| texts.iter().any(|text| text.starts_with(caller))),
            "{texts:?}"
        );
    }
}

#[tokio::test]
async fn a_call_whose_second_push_fails_leaves_no_live_row_and_says_so() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token(ADA).await;
    let ada = Mcp::modern(&gateway, &token).await;
    let refused = json!({ "answer": { "status": 400, "text": "pq: secret of the database" } });
    for (first, second) in
        [(("left", "pairs", "lefts"), "/sync/partners"), (("right", "partners", "rights"), "/sync/pairs")]
    {
        let (side, app, table) = first;
        backends.sync_faults(json!([{ "path": second, "times": 100, "instead": refused }])).await;
        let failed = ada.call("pairs.pair", json!({ "text": "x", "first": side })).await.tool_error();
        assert!(failed.contains("The records that it had added were deleted again."), "{failed}");
        assert!(!failed.contains("secret"), "{failed}");
        backends.sync_faults(json!([])).await;
        assert!(rows(&ada).await.iter().all(Vec::is_empty), "a row is live, where {side} was stored first");
        // It was stored, and deleted by a second write of the same call.
        let log = backends.rows(&token, app, table).await;
        assert_eq!(log.iter().map(|row| row["op"].as_str().unwrap()).collect::<Vec<_>>(), ["insert", "delete"]);
        assert_eq!(log[0]["id"], log[1]["id"]);
        assert_eq!(log[0]["actor"]["callId"], log[1]["actor"]["callId"]);
    }
    // The places are free again.
    let pair = ada.call("pairs.pair", json!({ "text": "whole" })).await.structured();
    assert_eq!((&pair["leftOrder"], &pair["rightOrder"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn through_a_network_with_faults_a_pair_is_whole_or_its_answer_says_that_it_is_not() {
    let backends = Backends::start().await;
    let proxy = FaultProxy::start(&backends.sync, 11).await;
    let gateway = backends.gateway_through(&backends.auth, &proxy.url()).start().await;
    let ada = Mcp::modern(&gateway, &backends.token(ADA).await).await;
    let (mut whole, mut told, mut removed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    proxy.fail(40);
    for number in 0..60 {
        let text = format!("pair {number}");
        let first = if number % 2 == 0 { "left" } else { "right" };
        let answer = ada.call("pairs.pair", json!({ "text": text, "first": first })).await;
        assert!(!answer.text.contains("secret"), "{answer:?}");
        if answer.status == 200 && answer.result()["isError"] != true {
            answer.structured();
            whole.insert(text);
            continue;
        }
        // The answer names what may be there, be it a part of the pair, and what was removed.
        let error = if answer.status == 200 { answer.tool_error() } else { answer.text.clone() };
        if error.contains("were deleted again") {
            removed.insert((first, text.clone()));
        }
        if ["may or may not be stored", "may still be there"].iter().any(|words| error.contains(words)) {
            told.insert(text);
        }
    }
    proxy.fail(0);
    assert!(proxy.faults() > 10, "{} faults", proxy.faults());
    assert!(!whole.is_empty() && !removed.is_empty(), "{} pairs, {} removed", whole.len(), removed.len());
    // The gateway may leave the service alone for a while.
    let recovered = async {
        while ada.call("pairs.list", json!({})).await.result()["isError"] == true {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recovered).await.expect("it comes back by itself");
    let [left, right] = rows(&ada)
        .await
        .map(|table| table.iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect::<BTreeSet<String>>());
    assert!(left.is_superset(&whole) && right.is_superset(&whole), "{whole:?} of {left:?} and {right:?}");
    for text in left.union(&right) {
        assert!(
            whole.contains(text) || told.contains(text),
            "{text} is there, and its answer did not say that it may be"
        );
    }
    for (first, text) in &removed {
        let stored_first = if *first == "left" { &left } else { &right };
        assert!(!stored_first.contains(text), "{text} is there, and its answer said that it was removed");
    }
}

#[tokio::test]
async fn rows_of_one_call_carry_its_id_and_other_calls_have_their_own() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token(ADA).await;
    let ada = Mcp::modern(&gateway, &token).await;
    for number in 0..3 {
        ada.call("pairs.pair", json!({ "text": number.to_string() })).await.structured();
    }
    let calls = async |app, table| -> Vec<(String, String)> {
        let rows = backends.rows(&token, app, table).await;
        let signed = rows.iter().map(|row| {
            let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{row}")).to_owned();
            assert_eq!((&row["actor"]["kind"], &row["op"]), (&json!("ai"), &json!("insert")), "{row}");
            (text(&row["data"]["text"]), text(&row["actor"]["callId"]))
        });
        signed.collect()
    };
    let (left, right) = (calls("pairs", "lefts").await, calls("partners", "rights").await);
    assert_eq!(left, right, "both rows of a call carry its id");
    let ids: BTreeSet<&str> = left.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids.len(), 3, "each call has its own: {left:?}");
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
}

#[tokio::test]
async fn a_kill_between_two_pushes_leaves_the_first_and_the_repeated_call_adds_the_second() {
    const LEFT: (&str, &str) = ("pairs", "lefts");
    const RIGHT: (&str, &str) = ("partners", "rights");
    for (first, order) in [("left", [LEFT, RIGHT]), ("right", [RIGHT, LEFT])] {
        let backends = Backends::start().await;
        let token = backends.token(ADA).await;
        let pair = json!({ "text": "x", "first": first });
        killed_between_pushes(&backends, &token, ("pairs.pair", &pair), order).await;

        // Nothing takes back what was stored, and nothing adds what was not.
        let gateway = gateway(&backends).await;
        let ada = Mcp::modern(&gateway, &token).await;
        let there = rows(&ada).await.map(|table| table.len());
        assert_eq!(there, if first == "left" { [1, 0] } else { [0, 1] }, "{first} first");

        let made = keyed(&ada, "pairs.pair", &pair).await.structured();
        let [left, right] = rows(&ada).await;
        assert_eq!((left.len(), right.len()), (1, 1), "{first} first");
        assert_eq!((&left[0]["id"], &right[0]["id"]), (&made["leftId"], &made["rightId"]));
        for (app, table) in [LEFT, RIGHT] {
            let log = backends.rows(&token, app, table).await;
            assert_eq!(log.len(), 1, "{table} was written once: {log:?}");
        }
        // A call without the key is another one.
        ada.call("pairs.pair", pair).await.structured();
        assert_eq!(rows(&ada).await.map(|table| table.len()), [2, 2]);
    }
}

/// The repeated call finds the calendar that the first one made: it leaves out a step, and makes the other ids all the same.
#[tokio::test]
async fn a_repeated_call_that_leaves_out_a_step_names_the_rows_of_the_first_one() {
    let backends = Backends::of(Program::Examples).await;
    let token = backends.token(ADA).await;
    let appointment = json!({ "title": "Dentist", "startTime": "2026-05-04T09:00:00Z" });
    let order = [("calendar", "calendars"), ("timeblocks", "timeBlocks")];
    killed_between_pushes(&backends, &token, ("calendar.createEvent", &appointment), order).await;

    let gateway = gateway(&backends).await;
    let ada = Mcp::modern(&gateway, &token).await;
    let made = keyed(&ada, "calendar.createEvent", &appointment).await.structured()["event"].clone();
    for (app, table, id) in [
        ("calendar", "calendars", "calendarId"),
        ("calendar", "events", "id"),
        ("timeblocks", "timeBlocks", "timeBlockId"),
    ] {
        let log = backends.rows(&token, app, table).await;
        assert_eq!(log.len(), 1, "{table} was written once: {log:?}");
        assert_eq!(log[0]["id"], made[id], "{table}");
    }
    let event = &backends.rows(&token, "calendar", "events").await[0]["data"];
    assert_eq!((&event["timeBlockId"], &event["calendarId"]), (&made["timeBlockId"], &made["calendarId"]));
    let listed = ada.rows("calendar.listEvents", json!({ "date": "2026-05-04" }), "events").await;
    assert_eq!(listed.iter().map(|event| event["title"].as_str().unwrap()).collect::<Vec<_>>(), ["Dentist"]);
}
