//! How replicas follow the log.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{ADA, Calls, Fault, Note, World, note, numbered, titles};
use crate::auth::BearerToken;
use mana_mcp_runtime::table::Query;

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
    let count = |table: &Arc<Calls<Note>>| {
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
    let bad = world.notes(ADA).await.with_token(BearerToken::new("bad"));
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
    // The caller may give up as well.
    world.gate.fail([Fault::Hang]);
    assert!(tokio::time::timeout(Duration::from_millis(20), table.count()).await.is_err());
    assert!(!world.gate.last_pull().contains("since=1970"));
    assert_eq!(table.count().await.unwrap(), 2000);
    assert!(!world.gate.last_pull().contains("since=1970"));
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

#[tokio::test]
async fn the_log_is_read_from_its_start_now_and_then() {
    let world = World::new();
    let table = world.notes(ADA).await;
    table.insert(note("a", 1)).await.unwrap();
    table.count().await.unwrap();
    let refresh = async |after: Duration| {
        world.refreshed::<Note>(ADA, Instant::now() + after).await.unwrap();
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
