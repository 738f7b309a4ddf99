//! Deletions with what hangs on a row, and restorations.

use super::{world::World, *};
use crate::{log::Operation, rows::DELETED_AT};

fn world() -> World {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x" }));
    world.row(&TASKS, "a1", json!({ "title": "x", "parent": "a" }));
    world.row(&TASKS, "a2", json!({ "title": "x", "parent": "a1" }));
    world.row(&TASKS, "b", json!({ "title": "x" }));
    world.row(&BLOCKS, "block-a", json!({ "sourceId": "a" }));
    world.row(&BLOCKS, "block-a2", json!({ "sourceId": "a2" }));
    world.row(&BLOCKS, "block-b", json!({ "sourceId": "b" }));
    // Hangs on a block, which hangs on a task.
    world.row(&TASKS, "of-block", json!({ "title": "x", "list": "block-a" }));
    world
}

async fn deleted(world: &World, table: &'static TableInfo, id: &str, is_hard: bool) -> Value {
    let mut steps = world.steps(json!({}));
    let rows = steps.delete(table, &text(id), is_hard).await.unwrap();
    commit(steps).await;
    rows
}

fn live(world: &World) -> Vec<&'static str> {
    let tasks = ["a", "a1", "a2", "b", "of-block"].into_iter().filter(|id| world.stored(&TASKS, id).unwrap().is_live());
    let blocks = ["block-a", "block-a2", "block-b"].into_iter();
    tasks.chain(blocks.filter(|id| world.stored(&BLOCKS, id).unwrap().is_live())).collect()
}

const ALL: [&str; 8] = ["a", "a1", "a2", "b", "of-block", "block-a", "block-a2", "block-b"];

#[tokio::test]
async fn a_deletion_takes_along_what_hangs_on_the_row_and_a_restoration_brings_it_back() {
    let world = world();
    assert_eq!(deleted(&world, &TASKS, "a", false).await, Value::Int(6));
    assert_eq!(live(&world), ["b", "block-b"]);
    assert_eq!(world.apps(), ["todo", "blocks"]);
    let times: std::collections::HashSet<_> = world
        .changes()
        .into_iter()
        .map(|change| match change.operation {
            Operation::Delete { deleted_at } => deleted_at.unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(times.len(), 1, "one time for all");
    let mut steps = world.steps(json!({}));
    let row = steps.restore(&TASKS, &["id", "isDone"], &text("a")).await.unwrap();
    assert_eq!(json_of(&row), json!({ "id": "a", "isDone": false }));
    commit(steps).await;
    assert_eq!(live(&world), ALL);
    assert_eq!(world.keys_fetched(), 0);
}

#[tokio::test]
async fn what_was_deleted_before_stays_deleted() {
    let world = world();
    deleted(&world, &TASKS, "a1", false).await;
    // Another deletion within the same millisecond would be one deletion.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    deleted(&world, &TASKS, "a", false).await;
    let mut steps = world.steps(json!({}));
    steps.restore(&TASKS, &[], &text("a")).await.unwrap();
    commit(steps).await;
    assert_eq!(live(&world), ["a", "b", "of-block", "block-a", "block-b"]);
    // A live row stays as it is.
    let mut steps = world.steps(json!({}));
    let before = world.changes().len();
    let row = steps.restore(&TASKS, &["id"], &text("a")).await.unwrap();
    assert_eq!(json_of(&row), json!({ "id": "a" }));
    commit(steps).await;
    assert_eq!(world.changes().len(), before);
}

#[tokio::test]
async fn one_time_is_later_than_whatever_was_said_of_the_deletion_of_any_row() {
    let world = world();
    world.set(&TASKS, "a1", DELETED_AT, Json::Null, "2999-01-01T00:00:00.000Z");
    deleted(&world, &TASKS, "a", false).await;
    assert_eq!(live(&world), ["b", "block-b"]);
    assert_eq!(world.field(&TASKS, "a", DELETED_AT), json!("2999-01-01T00:00:00.001Z"));
    let mut steps = world.steps(json!({}));
    steps.restore(&TASKS, &[], &text("a")).await.unwrap();
    commit(steps).await;
    assert_eq!(live(&world), ALL);
}

#[tokio::test]
async fn rows_that_hang_on_each_other_are_taken_once() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x", "parent": "b" }));
    world.row(&TASKS, "b", json!({ "title": "x", "parent": "a" }));
    world.row(&TASKS, "c", json!({ "title": "x", "parent": "c" }));
    let mut steps = world.steps(json!({}));
    assert_eq!(steps.delete_where(List::of(&TASKS), 100, false).await.unwrap(), Value::Int(3));
    commit(steps).await;
    assert_eq!(world.changes().len(), 3);
    let mut steps = world.steps(json!({}));
    steps.restore(&TASKS, &[], &text("b")).await.unwrap();
    commit(steps).await;
    assert!(world.stored(&TASKS, "a").unwrap().is_live() && !world.stored(&TASKS, "c").unwrap().is_live());
}

#[tokio::test]
async fn a_hard_deletion_is_for_good() {
    let world = world();
    assert_eq!(deleted(&world, &TASKS, "a", true).await, Value::Int(6));
    assert!(world.stored(&TASKS, "a").unwrap().is_gone() && world.stored(&BLOCKS, "block-a").unwrap().is_gone());
    world.steps(json!({})).restore(&TASKS, &[], &text("a")).await.unwrap_err();
    world.steps(json!({})).delete(&TASKS, &text("a"), false).await.unwrap_err();
}

#[tokio::test]
async fn private_rows_of_others_and_rows_of_other_spaces_are_not_taken_along() {
    let world = World::new();
    let part = |author: &str, space: &str| json!({ "title": "x", "parent": "a", "authorId": author, "visibility": "private", "spaceId": space });
    world.row(&TASKS, "a", json!({ "title": "x", "spaceId": SHARED }));
    world.row(&TASKS, "hers", part(ADA, SHARED));
    world.row(&TASKS, "his", part("bob", SHARED));
    world.row(&TASKS, "elsewhere", part(ADA, PERSONAL));
    world.as_user(ADA, SHARED);
    assert_eq!(deleted(&world, &TASKS, "a", false).await, Value::Int(2));
    assert!(world.stored(&TASKS, "his").unwrap().is_live() && world.stored(&TASKS, "elsewhere").unwrap().is_live());
}

#[tokio::test]
async fn too_much_that_hangs_on_a_row_is_an_error_before_anything_is_written() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x" }));
    (0..=5000).for_each(|number| world.row(&BLOCKS, &format!("block-{number}"), json!({ "sourceId": "a" })));
    let mut steps = world.steps(json!({}));
    let error = steps.delete(&TASKS, &text("a"), false).await.unwrap_err();
    assert_eq!(error.to_string(), "More than 5000 block records hang on it, which is too many for one call.");
    drop(steps);
    assert_eq!(world.pushes(), 0);
}

/// A table whose rows name a row of another one, which may be absent on both sides.
static LOGS: TableInfo = TableInfo {
    spec: TableSpec {
        app: "logs",
        table: "logs",
        sync_name: "logs",
        noun: "log",
        fields: &[ID, named("block", PLAIN)],
    },
    types: &[Type::Id, Type::Id],
    is_of_user: false,
    privacy: None,
    label: None,
    creates: &[],
    place: None,
    cascade: &[
        Cascade {
            table: blocks,
            takes: |_, row, deleted| row.get("sourceId") == *deleted.member("block"),
            needs: &["block"],
        },
        Cascade { table: logs, takes: |_, row, deleted| row.get("block") == *deleted.member("id"), needs: &[] },
    ],
};

fn logs() -> &'static TableInfo {
    &LOGS
}

#[tokio::test]
async fn what_is_absent_on_both_sides_does_not_hang_together() {
    let world = World::new();
    world.row(&LOGS, "bare", json!({}));
    world.row(&LOGS, "other", json!({}));
    world.row(&BLOCKS, "free", json!({}));
    world.row(&BLOCKS, "block", json!({ "sourceId": "of-log" }));
    assert_eq!(deleted(&world, &LOGS, "bare", false).await, Value::Int(1));
    world.row(&LOGS, "log", json!({ "block": "of-log" }));
    assert_eq!(deleted(&world, &LOGS, "log", false).await, Value::Int(2));
    assert!(world.stored(&BLOCKS, "free").unwrap().is_live() && !world.stored(&BLOCKS, "block").unwrap().is_live());
}

#[tokio::test]
async fn rows_with_ids_that_are_none_take_nothing_along_that_is_not_theirs() {
    let world = World::new();
    world.row(&LOGS, "log", json!({}));
    world.row(&LOGS, "two words", json!({ "block": "log" }));
    world.row(&LOGS, "apart", json!({}));
    world.row(&LOGS, "under", json!({ "block": "two words" }));
    assert_eq!(deleted(&world, &LOGS, "log", false).await, Value::Int(2));
    assert!(world.stored(&LOGS, "apart").unwrap().is_live());
    let mut steps = world.steps(json!({}));
    steps.restore(&LOGS, &[], &text("log")).await.unwrap();
    commit(steps).await;
    assert!(world.stored(&LOGS, "two words").unwrap().is_live());
}

#[tokio::test]
async fn a_row_that_lacks_a_field_goes_along() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x" }));
    world.row(&TASKS, "part", json!({ "parent": "a" }));
    world.row(&TASKS, "apart", json!({ "title": "x" }));
    assert_eq!(deleted(&world, &TASKS, "a", false).await, Value::Int(2));
    assert!(world.stored(&TASKS, "apart").unwrap().is_live());
}
