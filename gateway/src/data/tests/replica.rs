//! How replicas follow the log.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::Query as UrlQuery, routing::get};
use serde_json::{Value, json};

use super::{ADA, Fault, Note, World, agent, at_home, note, numbered, titles};
use mana_mcp_replica::{Caller, PageEnd};
use mana_mcp_runtime::{decode::Timestamp, log::Row, rows::Record, table::Query};
use crate::{auth::BearerToken, backend::{IdentityClient, SyncClient, Transport}, data::{DataServices, lru::ReplicaKey, replica::{Next, Puller, Replica}}};

#[tokio::test]
async fn logs_of_any_length_are_read_whole() {
    for rows in [0, 1, 999, 1000, 1001, 2500] {
        let world = World::new();
        for from in (0..rows).step_by(500) {
            world.push(ADA, numbered(from, rows.min(from + 500))).await;
        }
        let table = world.notes(ADA).await;
        assert_eq!(table.count().await.unwrap(), rows);
        world.push(ADA, numbered(rows, rows + 1)).await;
        assert_eq!(table.count().await.unwrap(), rows + 1);
    }
}

#[tokio::test]
async fn reads_that_wait_share_the_next_pull_and_see_what_was_written_before_they_came() {
    let world = World::new();
    let table = Arc::new(world.notes(ADA).await);
    table.count().await.unwrap();
    let before = world.gate.pulls();
    let door = world.gate.close();
    let count = |table: &Arc<mana_mcp_runtime::table::Table<Note>>| {
        let table = Arc::clone(table);
        tokio::spawn(async move { table.count().await })
    };
    let first = count(&table);
    while world.gate.pulls() == before {
        tokio::task::yield_now().await;
    }
    // The first pull is under way, and may have missed this row.
    world.push(ADA, numbered(0, 1)).await;
    let others: Vec<_> = (0..20).map(|_| count(&table)).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    world.gate.open();
    drop(door);
    first.await.unwrap().unwrap();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), 1);
    }
    assert_eq!(world.gate.pulls() - before, 2);
}

#[tokio::test]
async fn a_failed_pull_is_shared_and_the_next_works() {
    let world = World::new();
    let table = world.notes(ADA).await;
    world.gate.fail([Fault::Answer(500, "geheim")]);
    let error = table.count().await.unwrap_err();
    assert!(!error.to_string().contains("geheim"));
    assert_eq!(table.count().await.unwrap(), 0);
}

#[tokio::test]
async fn reads_that_wait_for_a_replica_that_cannot_be_filled_fail_together() {
    let world = World::new();
    let table = world.notes(ADA).await;
    world.gate.fail([Fault::Answer(500, "")]);
    let (first, second, third) = tokio::join!(table.count(), table.count(), table.count());
    for outcome in [first, second, third] {
        outcome.unwrap_err();
    }
    let pulls = world.gate.pulls();
    assert_eq!(table.count().await.unwrap(), 0);
    assert_eq!(world.gate.pulls(), pulls + 1);
}

#[tokio::test]
async fn one_requests_bad_token_does_not_fail_the_others() {
    let world = World::new();
    let good = world.notes(ADA).await;
    let caller = Caller { token: BearerToken::new("bad"), ..world.caller(ADA, None).await };
    let bad = world.services.table::<Note>(caller, Timestamp::now(), agent()).await.unwrap();
    let (refused, served, again) = tokio::join!(bad.count(), good.count(), good.count());
    refused.unwrap_err();
    assert_eq!((served.unwrap(), again.unwrap()), (0, 0));
}

#[tokio::test]
async fn a_read_from_the_start_that_was_interrupted_goes_on() {
    let world = World::new();
    for from in [0, 1000] {
        world.push(ADA, numbered(from, from + 1000)).await;
    }
    let table = world.notes(ADA).await;
    world.gate.fail([Fault::None, Fault::Answer(500, "")]);
    table.count().await.unwrap_err();
    assert_eq!(world.gate.pulls(), 2);
    // Whoever asked may give up as well.
    world.gate.fail([Fault::Hang]);
    assert!(tokio::time::timeout(Duration::from_millis(20), table.count()).await.is_err());
    assert!(!world.gate.last_pull().contains("since=1970"));
    assert_eq!(table.count().await.unwrap(), 2000);
    assert!(!world.gate.last_pull().contains("since=1970"));
}

/// The log of a service that tells its reader exactly what the test wants, page by page.
async fn scripted(pages: Vec<Value>) -> (Arc<DataServices>, Caller, Arc<std::sync::Mutex<Vec<String>>>) {
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let pages = Arc::new(std::sync::Mutex::new(pages.into_iter()));
    let log = Arc::clone(&asked);
    let pull = async move |UrlQuery(query): UrlQuery<std::collections::HashMap<String, String>>| {
        log.lock().unwrap().push(query["since"].clone());
        Json(pages.lock().unwrap().next().unwrap())
    };
    let router = Router::new().route("/sync/{app}/pull", get(pull));
    let identity = IdentityClient::new(Transport::InProcess(Router::new()));
    let services = DataServices::new(SyncClient::new(Transport::InProcess(router)), identity, 1 << 20);
    (Arc::new(services), at_home(), asked)
}

fn row(event: &str, title: &str, at: &str) -> Value {
    json!({ "eventId": event, "schemaVersion": 1, "table": "habits", "id": "11111111-1111-4111-8111-111111111111",
        "op": "insert", "data": { "title": title, "updatedAt": at } })
}

/// A page of those rows. Where there are no more, the service says nothing of that.
fn page(rows: Value, until: &str, has_more: bool) -> Value {
    let mut page = json!({ "serverChanges": rows, "conflicts": [], "syncedUntil": until });
    if has_more {
        page["hasMore"] = true.into();
    }
    page
}

async fn title(services: &Arc<DataServices>, caller: &Caller) -> String {
    let table = services.table::<super::Habit>(caller.clone(), Timestamp::now(), agent()).await.unwrap();
    table.list(Query::new()).await.unwrap().rows.remove(0).title
}

#[tokio::test]
async fn a_pull_begins_before_its_cursor_and_pages_overlap() {
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:10.000Z", true),
        page(json!([row("e1", "a", "t1"), row("e2", "b", "t2")]), "2026-01-01T00:00:20.000Z", false),
        // Late: its transaction was under way when the cursor was read.
        page(json!([row("e1.5", "late", "t3"), row("e2", "b", "t2")]), "2026-01-01T00:00:30.000Z", false),
    ];
    let (services, caller, asked) = scripted(pages).await;
    assert_eq!(title(&services, &caller).await, "b");
    assert_eq!(title(&services, &caller).await, "late");
    let asked = asked.lock().unwrap();
    assert_eq!(asked[..2], ["1970-01-01T00:00:00.000Z", "2026-01-01T00:00:09.999999000Z"]);
    // Earlier where the pull before was slow.
    assert!(asked[2].as_str() <= "2026-01-01T00:00:15.000Z", "{asked:?}");
}

#[tokio::test]
async fn a_page_that_was_asked_for_too_early_is_let_go() {
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:10.000Z", true),
        // Nothing new: what is asked for meanwhile begins too early.
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:11.000Z", true),
        page(json!([row("e9", "let go", "t9")]), "2026-01-01T00:00:12.000Z", false),
        page(json!([row("e2", "b", "t2")]), "2026-01-01T00:00:12.000Z", false),
    ];
    let (services, caller, asked) = scripted(pages).await;
    assert_eq!(title(&services, &caller).await, "b");
    let asked = asked.lock().unwrap();
    assert_eq!(
        asked[1..],
        ["2026-01-01T00:00:09.999999000Z", "2026-01-01T00:00:10.999999000Z", "2026-01-01T00:00:11.000Z"]
    );
}

#[tokio::test]
async fn a_page_that_is_known_from_a_pull_that_broke_off_overlaps_with_the_next() {
    let page = |rows, has_more| page(rows, "2026-01-01T00:00:10.000Z", has_more);
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), false),
        page(json!([row("e2", "b", "t2")]), true),
        json!("no page"),
        page(json!([row("e2", "b", "t2")]), true),
        // Of the very time at which the page before ended.
        page(json!([row("e2", "b", "t2"), row("e3", "c", "t3")]), false),
    ];
    let (services, caller, asked) = scripted(pages).await;
    assert_eq!(title(&services, &caller).await, "a");
    let table = services.table::<super::Habit>(caller.clone(), Timestamp::now(), agent()).await.unwrap();
    table.count().await.unwrap_err();
    assert_eq!(title(&services, &caller).await, "c");
    let asked = asked.lock().unwrap();
    // Earlier where the pull before was slow.
    assert!(asked[1].as_str() <= "2026-01-01T00:00:05.000Z", "{asked:?}");
    assert_eq!(asked[2..], ["2026-01-01T00:00:09.999999000Z", &asked[1], "2026-01-01T00:00:09.999999000Z"]);
}

#[tokio::test]
async fn a_pull_that_breaks_off_behind_its_first_page_loses_nothing() {
    for fault in [Fault::Answer(400, ""), Fault::Answer(200, r#"{"serverChanges":[{"eventId":"#), Fault::Hang] {
        let world = World::new();
        for from in [0, 1000, 2000] {
            world.push(ADA, numbered(from, from + 1000)).await;
        }
        let table = world.notes(ADA).await;
        let is_hung = matches!(fault, Fault::Hang);
        world.gate.fail([Fault::None, fault]);
        let hung = async {
            while !is_hung || world.gate.pulls() < 2 {
                tokio::task::yield_now().await;
            }
        };
        let broken = async {
            tokio::select! {
                counted = table.count() => assert!(counted.is_err()),
                () = hung => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(20), broken).await.unwrap();
        assert!(world.gate.pulls() >= 2);
        assert_eq!(table.count().await.unwrap(), 3000);
    }
}

#[tokio::test]
async fn a_page_that_breaks_off_within_its_rows_loses_nothing() {
    let world = World::new();
    let table = world.notes(ADA).await;
    // First into a replica that is being filled, then into one that is served.
    for round in 0..3 {
        world.push(ADA, numbered(3 * round, 3 * round + 3)).await;
        let whole = json!({ "serverChanges": world.log(ADA, "notes").await, "syncedUntil": "u" }).to_string();
        let cut = whole[..whole.len() - 100].to_owned();
        world.gate.fail([Fault::Answer(200, Box::leak(cut.into_boxed_str()))]);
        assert!(table.count().await.is_err());
        assert_eq!(table.count().await.unwrap(), 3 * round + 3);
    }
}

#[test]
fn a_page_is_seen_row_by_row_while_a_replica_is_filled_and_else_as_a_whole() {
    let (replica, mut puller) = (Arc::new(Replica::new(Note::TABLE)), Puller::default());
    // Whoever reads beside it is answered within a moment, or not before the page has ended.
    let is_answered = |replica: &Arc<Replica>, within: Duration| {
        let (replica, (answer, answered)) = (Arc::clone(replica), std::sync::mpsc::channel());
        std::thread::spawn(move || answer.send(replica.get("row-00000").is_some()));
        answered.recv_timeout(within).ok()
    };
    let (moment, long) = (Duration::from_millis(200), Duration::from_secs(20));
    for (is_filled, within, seen_meanwhile) in [(true, long, Some(false)), (false, moment, None)] {
        let since = replica.begin(&mut puller, &at_home(), Instant::now());
        assert_eq!(since.starts_with("1970"), is_filled);
        let rows = numbered(0, 2);
        let end = PageEnd { synced_until: "2026-01-01T00:00:10.000Z".to_owned(), has_more: false };
        let page = |take: &mut dyn FnMut(&Row<'_>)| {
            for row in &rows {
                take(&row.into());
                assert_eq!(is_answered(&replica, within), seen_meanwhile);
            }
            Ok::<_, ()>(end)
        };
        let Ok(Next::End { until }) = replica.take_in(&mut puller, page) else { panic!("more") };
        replica.end(&mut puller, &until, Duration::ZERO);
        assert_eq!(is_answered(&replica, long), Some(true));
    }
}

#[test]
fn a_slow_pull_is_overlapped_by_as_much_more() {
    let (replica, mut puller) = (Replica::new(Note::TABLE), Puller::default());
    for (took, expected) in [(400, "2026-01-01T00:00:55.000Z"), (8_000, "2026-01-01T00:00:47.000Z")] {
        replica.begin(&mut puller, &at_home(), Instant::now());
        replica.end(&mut puller, "2026-01-01T00:01:00.000Z", Duration::from_millis(took));
        assert_eq!(replica.begin(&mut puller, &at_home(), Instant::now()), expected);
    }
}

#[tokio::test]
async fn of_equal_times_the_order_of_the_log_decides_even_when_a_row_comes_late() {
    let page = |rows| page(rows, "2026-01-01T00:00:10.000Z", false);
    let pages =
        vec![page(json!([row("e2", "second", "t")])), page(json!([row("e1", "first", "t"), row("e2", "second", "t")]))];
    let (services, caller, _) = scripted(pages).await;
    assert_eq!(title(&services, &caller).await, "second");
    assert_eq!(title(&services, &caller).await, "second");
}

#[tokio::test]
async fn a_service_that_hands_out_the_same_page_for_ever_is_left() {
    let page = page(json!([row("e1", "a", "t")]), "2026-01-01T00:00:10.000Z", true);
    let (services, caller, asked) = scripted(vec![page; 10]).await;
    let table = services.table::<super::Habit>(caller, Timestamp::now(), agent()).await.unwrap();
    table.count().await.unwrap_err();
    assert!(asked.lock().unwrap().len() < 6);
}

#[tokio::test]
async fn the_log_is_read_from_its_start_now_and_then() {
    let world = World::new();
    let table = world.notes(ADA).await;
    table.insert(note("a", 1)).await.unwrap();
    table.count().await.unwrap();
    let caller = world.caller(ADA, None).await;
    let refresh = async |after: Duration| {
        let key = ReplicaKey::of(&caller.user, &Note::TABLE);
        world.services.replicas().refresh(key, Note::TABLE, &caller, Instant::now() + after).await.unwrap();
        world.gate.last_pull().contains("since=1970")
    };
    assert!(!refresh(Duration::from_secs(9 * 60)).await);
    assert!(refresh(Duration::from_secs(11 * 60)).await);
    assert!(!refresh(Duration::from_secs(12 * 60)).await);
    assert_eq!(titles(&table.list(Query::new()).await.unwrap().rows), ["a"]);
}

#[tokio::test]
async fn an_own_write_during_a_full_read_is_not_lost() {
    let world = World::new();
    let table = Arc::new(world.notes(ADA).await);
    table.insert(note("vorher", 1)).await.unwrap();
    world.gate.close();
    let reading = tokio::spawn({
        let table = Arc::clone(&table);
        async move { table.count().await }
    });
    while world.gate.pulls() == 0 {
        tokio::task::yield_now().await;
    }
    table.insert(note("während", 2)).await.unwrap();
    // The pull under way is answered from before that write, which nothing but the confirmation can tell it then.
    world
        .gate
        .fail([Fault::Answer(200, r#"{"serverChanges":[],"conflicts":[],"syncedUntil":"2999-01-01T00:00:00.000Z"}"#)]);
    world.gate.open();
    reading.await.unwrap().unwrap();
    assert_eq!(titles(&table.list(Query::new()).await.unwrap().rows), ["während"]);
}
