//! Answers that calls share, and what keeps them apart.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;

use super::{world::World, *};
use crate::tool::ToolContext;

/// Answers with all tasks, and counts how often that is made.
#[derive(Default)]
struct Tasks(AtomicUsize);

impl Tasks {
    async fn of(&self, context: ToolContext, fields: &'static [&'static str]) -> ToolOutput {
        let make = |mut steps: Steps| async move {
            self.0.fetch_add(1, Ordering::SeqCst);
            // Other calls come in between.
            tokio::task::yield_now().await;
            let rows = steps.list(List { fields, ..List::of(&TASKS) }).await?;
            steps.finish(Value::object([("tasks", rows)]), &ANY).await
        };
        Steps::shared(&context, &TASKS, fields, make).await.unwrap()
    }

    /// The ids of a call's answer.
    async fn ids(&self, world: &World, arguments: Json) -> Vec<String> {
        let answer = self.of(world.context("user.other", arguments), &["id", "order"]).await;
        let tasks = output(&answer)["tasks"].as_array().unwrap().clone();
        tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How many were made since this was last asked.
    fn made(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

#[tokio::test]
async fn an_answer_of_plain_fields_is_kept_until_a_row_changes_or_the_question_is_another() {
    let (world, tasks) = (World::new(), Tasks::default());
    world.at("2026-01-15T12:00:00Z");
    world.row(&TASKS, "a", json!({ "title": "x" }));
    world.row(&TASKS, "c", json!({ "title": "x", "spaceId": SHARED }));
    assert_eq!(tasks.ids(&world, json!({})).await, ["a"]);
    assert_eq!(tasks.ids(&world, json!({})).await, ["a"]);
    assert_eq!(tasks.made(), 1);
    world.row(&TASKS, "b", json!({ "title": "x" }));
    assert_eq!(tasks.ids(&world, json!({})).await, ["a", "b"]);
    assert_eq!(tasks.made(), 1);
    // Other arguments, another day, another zone, another space.
    assert_eq!(tasks.ids(&world, json!({ "limit": 2 })).await, ["a", "b"]);
    world.at("2026-01-16T12:00:00Z");
    assert_eq!(tasks.ids(&world, json!({ "limit": 2 })).await, ["a", "b"]);
    world.in_zone("Europe/Vienna");
    assert_eq!(tasks.ids(&world, json!({ "limit": 2 })).await, ["a", "b"]);
    world.as_user(ADA, SHARED);
    assert_eq!(tasks.ids(&world, json!({ "limit": 2 })).await, ["c"]);
    assert_eq!(tasks.made(), 4);
    // A dry run's answer has a plan beside it.
    world.only_dry_runs();
    assert_eq!(tasks.ids(&world, json!({ "limit": 2 })).await, ["c"]);
    assert_eq!(tasks.made(), 1);
    assert_eq!(world.keys_fetched(), 0);
}

#[tokio::test]
async fn what_was_decrypted_is_shared_by_calls_of_one_moment_alone() {
    let (world, tasks) = (World::new(), Tasks::default());
    world.row(&TASKS, "a", json!({ "title": world.sealed("One") }));
    for _ in 0..2 {
        let answers = join_all((0..8).map(|_| tasks.of(world.context("user.other", json!({})), &["title"]))).await;
        assert!(answers.iter().all(|answer| output(answer) == json!({ "tasks": [{ "title": "One" }] })));
        assert_eq!(tasks.made(), 1);
        drop(answers);
    }
}

#[tokio::test]
async fn what_did_not_open_is_not_shared() {
    let (world, tasks) = (World::new(), Tasks::default());
    world.row(&TASKS, "a", json!({ "title": "x", "note": World::sealed_with_another("Two") }));
    let call = || tasks.of(world.context("user.other", json!({})), &["note"]);
    let answers = join_all([call(), call()]).await;
    assert!(answers.iter().all(|answer| output(answer)["unreadable"] == json!([{ "id": "a", "field": "note" }])));
    assert_eq!(tasks.made(), 2);
    world.rotate();
    let answers = join_all([call(), call()]).await;
    assert!(answers.iter().all(|answer| output(answer) == json!({ "tasks": [{ "note": "Two" }] })));
    assert_eq!(tasks.made(), 2);
}
