//! How much memory replicas take, and who makes room for whom.

use std::time::{Duration, Instant};

use super::{ADA, BOB, Note, World, insert, numbered, web_note};
use mana_mcp_runtime::{
    data::{DataError, TableRows as _},
    decode::Id,
};

#[tokio::test]
async fn a_table_may_turn_out_too_large_behind_its_first_page() {
    let world = World::new();
    world.push(ADA, numbered(0, 1000)).await;
    world.notes(ADA).await.count().await.unwrap();
    let enough = world.services.replica_stats().bytes;
    let world = World::with_budget(enough * 5 / 4);
    world.push(BOB, numbered(0, 1000)).await;
    assert_eq!(world.notes(BOB).await.count().await.unwrap(), 1000);
    let before = world.gate.pulls();
    for from in [0, 1000, 2000] {
        world.push(ADA, numbered(from, from + 1000)).await;
    }
    let error = world.notes(ADA).await.count().await.unwrap_err();
    assert_eq!(error, DataError::TooMuchData { noun: "note" });
    assert!(world.gate.pulls() > before + 1);
    assert_eq!(world.services.replica_stats().bytes, 0);
}

#[tokio::test]
async fn memory_is_bounded_and_the_least_used_goes_first() {
    let text = "x".repeat(10_000);
    let world = World::with_budget(150_000);
    for user in [ADA, BOB, "eve@example.org"] {
        let changes = (0..5).map(|index| insert(Id::new().as_str(), web_note(&text, index))).collect();
        world.push(user, changes).await;
    }
    for user in [ADA, BOB, ADA, "eve@example.org"] {
        assert_eq!(world.notes(user).await.count().await.unwrap(), 5);
        let stats = world.services.replica_stats();
        assert!(stats.bytes <= stats.budget, "{stats:?}");
    }
    let stats = world.services.replica_stats();
    assert_eq!((stats.replicas, stats.evictions), (2, 1), "{stats:?}");
    // Ada was used after Bob, so she is still there.
    world.notes(ADA).await.count().await.unwrap();
    assert!(!world.gate.last_pull().contains("since=1970"));
    world.notes(BOB).await.count().await.unwrap();
    assert!(world.gate.last_pull().contains("since=1970"));
    assert_eq!(world.services.replica_stats().pulls as usize, world.gate.pulls());
}

async fn bytes_of_a_thousand_rows() -> usize {
    let world = World::new();
    world.push(ADA, numbered(0, 1000)).await;
    world.notes(ADA).await.count().await.unwrap();
    world.services.replica_stats().bytes
}

#[tokio::test]
async fn a_read_that_makes_room_serves_who_has_come_to_its_end_and_else_stops() {
    let budget = bytes_of_a_thousand_rows().await * 3 / 2;
    // What is in use beside it, its own rows, and whether they are read: a page has a thousand.
    for (beside, rows, is_read) in [(600, 950, true), (900, 1300, false)] {
        let world = World::with_budget(budget);
        world.push(ADA, numbered(0, beside)).await;
        for from in (0..rows).step_by(1000) {
            world.push(BOB, numbered(from, rows.min(from + 1000))).await;
        }
        let replica = async |user: &str| world.refreshed::<Note>(user, Instant::now()).await;
        let in_use = replica(ADA).await.unwrap();
        let read = replica(BOB).await.map(|replica| replica.select(&|_| true).len() as i64);
        assert_eq!(read, if is_read { Ok(rows) } else { Err(DataError::Crowded { noun: "note" }) });
        assert!(!world.services.replicas().holds(&world.key::<Note>(BOB)));
        // There is room again once the other one is idle.
        drop(in_use);
        assert_eq!(world.notes(BOB).await.count().await.unwrap() as i64, rows);
    }
}

#[tokio::test]
async fn a_table_that_is_larger_than_the_budget_is_an_error_of_its_own() {
    let world = World::with_budget(150_000);
    let text = "x".repeat(10_000);
    let changes = (0..20).map(|index| insert(Id::new().as_str(), web_note(&text, index))).collect();
    world.push(ADA, changes).await;
    let error = world.notes(ADA).await.count().await.unwrap_err();
    assert_eq!(error, DataError::TooMuchData { noun: "note" });
    assert_eq!(world.services.replica_stats().bytes, 0);
    assert_eq!(world.notes(BOB).await.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_table_that_fits_once_is_read_anew_though_it_does_not_fit_twice() {
    let world = World::with_budget(150_000);
    let text = "x".repeat(10_000);
    let changes = (0..10).map(|index| insert(Id::new().as_str(), web_note(&text, index))).collect();
    world.push(ADA, changes).await;
    assert_eq!(world.notes(ADA).await.count().await.unwrap(), 10);
    let later = Instant::now() + Duration::from_secs(11 * 60);
    let replica = world.refreshed::<Note>(ADA, later).await.unwrap();
    assert_eq!(replica.select(&|_| true).len(), 10);
    let stats = world.services.replica_stats();
    assert!(stats.bytes > 100_000 && stats.bytes <= stats.budget, "{stats:?}");
}
