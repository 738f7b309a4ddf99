//! Listings that are shared and kept.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use mana_mcp_runtime::{
    decode::Id,
    log::Change,
    rows::Record,
    table::{Filter, Query},
    tool::ToolOutput,
};
use serde_json::{Value, json};

use super::{ADA, Calls, EPOCH, Habit, World, habit, insert, note};
use crate::backend::Push;

/// The titles that a call with those arguments lists, and the text of its answer.
async fn listed<R: Record>(calls: &Calls<R>, arguments: Value, query: Query) -> (Vec<String>, Bytes) {
    let table = calls.context_with(arguments).table::<R>();
    let answer = ToolOutput::list_response(&table, query, "rows").await.unwrap();
    let json: Value = serde_json::from_slice(answer.json()).unwrap();
    assert_eq!(json.get("unreadable"), None);
    let rows = json["rows"].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap().to_owned());
    (rows.collect(), answer.json().clone())
}

/// Lists all habits, and says whether the answer is the very one that was made before.
struct Habits {
    calls: Calls<Habit>,
    last: Bytes,
}

impl Habits {
    async fn are(&mut self, titles: &[&str], is_kept: bool) {
        let (found, answer) = listed(&self.calls, json!({}), by_title()).await;
        assert_eq!(found, titles);
        assert_eq!(is_same(&answer, &self.last), is_kept);
        self.last = answer;
    }
}

/// Whether both are one answer in memory.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    (one.as_ptr(), one.len()) == (other.as_ptr(), other.len())
}

fn by_title() -> Query {
    Query::new().sort_by("title")
}

#[tokio::test]
async fn a_plain_listing_is_kept_until_a_row_changes() {
    let world = World::new();
    let calls: Calls<Habit> = world.table(ADA, None).await;
    let walk = habit("Walk");
    calls.insert(walk.clone()).await.unwrap();
    let mut habits = Habits { calls, last: Bytes::new() };
    habits.are(&["Walk"], false).await;
    // The log answers with the same row once more, which changes nothing.
    habits.are(&["Walk"], true).await;

    // One's own write, and one that was taken from the log.
    habits.calls.insert(habit("Swim")).await.unwrap();
    habits.are(&["Swim", "Walk"], false).await;
    let title = json!({ "title": "Dance", "updatedAt": "2026-01-01T00:00:00.000Z" });
    let dance = Change { table: "habits".to_owned(), ..insert(Id::new().as_str(), title) };
    let push = Push { client_id: "web".to_owned(), since: EPOCH.to_owned(), changes: vec![dance] };
    world.sync.push(&world.token(ADA), "habits", &push).await.unwrap();
    habits.are(&["Dance", "Swim", "Walk"], false).await;
    habits.calls.hard_delete(&walk.id).await.unwrap();
    habits.are(&["Dance", "Swim"], false).await;
    habits.are(&["Dance", "Swim"], true).await;
}

#[tokio::test]
async fn another_question_and_another_space_have_other_answers() {
    let world = World::new();
    let calls: Calls<Habit> = world.table(ADA, None).await;
    for title in ["Walk", "Swim"] {
        calls.insert(habit(title)).await.unwrap();
    }
    let walk = || by_title().filter(Filter::equals("title", "Walk"));
    for _ in 0..2 {
        assert_eq!(listed(&calls, json!({}), by_title()).await.0, ["Swim", "Walk"]);
        assert_eq!(listed(&calls, json!({ "limit": 1 }), by_title().limit(1)).await.0, ["Swim"]);
        assert_eq!(listed(&calls, json!({ "only": "Walk" }), walk()).await.0, ["Walk"]);
    }
    let elsewhere: Calls<Habit> = world.table(ADA, Some("another-space")).await;
    assert_eq!(listed(&elsewhere, json!({ "only": "Walk" }), walk()).await.0, Vec::<String>::new());
    // The same rows under another name are another answer.
    let table = calls.context().table::<Habit>();
    let named = async |name| ToolOutput::list_response(&table, by_title(), name).await.unwrap().json().clone();
    assert_ne!(named("rows").await, named("habits").await);
}

#[tokio::test]
async fn nothing_is_kept_of_what_was_decrypted() {
    let world = World::new();
    let calls = world.notes(ADA).await;
    calls.insert(note("secret", 1)).await.unwrap();
    let (_, first) = listed(&calls, json!({}), Query::new()).await;
    let held = world.services.replica_stats().bytes;
    let (titles, second) = listed(&calls, json!({}), Query::new()).await;
    assert_eq!(titles, ["secret"]);
    assert!(!is_same(&first, &second));
    assert_eq!(world.services.replica_stats().bytes, held);
}

#[tokio::test]
async fn calls_of_one_moment_share_what_is_made_once() {
    let world = World::new();
    let calls = Arc::new(world.notes(ADA).await);
    let titles: Vec<String> = (0..200).map(|number| format!("{number:03}")).collect();
    for title in &titles {
        calls.insert(note(title, 1)).await.unwrap();
    }
    for _ in 0..2 {
        let listings = join_all((0..8).map(|_| listed(&*calls, json!({}), by_title()))).await;
        let mut made: Vec<*const u8> = Vec::new();
        for (mut listing, answer) in listings.clone() {
            listing.sort();
            assert_eq!(listing, titles);
            if !made.contains(&answer.as_ptr()) {
                made.push(answer.as_ptr());
            }
        }
        // The first one may have pulled before the others came.
        assert!((1..=2).contains(&made.len()), "{}", made.len());
    }
}
