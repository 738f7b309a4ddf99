//! Dry runs report what would change and store nothing.

use super::{
    super::Change,
    calls::{DRAW, READ},
    world::World,
    *,
};
use crate::data::DataError;

fn world() -> World {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "Roses", "note": "Red", "count": 1 }));
    world.row(&TASKS, "a1", json!({ "title": "Water them", "parent": "a" }));
    world.row(&TASKS, "b", json!({ "title": "Moss" }));
    world.only_dry_runs();
    world
}

async fn planned(world: &World, steps: Steps) -> Json {
    let output = steps.finish(Value::Null, &ANY).await.unwrap();
    assert_eq!(world.pushes(), 0, "nothing is stored");
    serde_json::to_value(output.plan().expect("a dry run has a plan")).unwrap()
}

#[tokio::test]
async fn a_plan_has_each_row_once_as_it_is_and_as_it_would_be() {
    let world = world();
    let mut steps = world.steps(json!({}));
    let new = steps
        .insert(
            &TASKS,
            &["id"],
            vec![("title", value("New")), ("priority", value("high")), ("order", Given::Value(Value::Double(2.0)))],
        )
        .await
        .unwrap();
    let id = new.member("id").clone();
    let change = |_: &Env, _: &Value| Ok(Change::new().set("note", text("Short")).set("count", Value::Null));
    steps.update(&TASKS, &[], &[], &text("a"), change).await.unwrap();
    let change = |_: &Env, _: &Value| Ok(Change::new().set("title", text("Tulips")));
    steps.update(&TASKS, &[], &[], &text("a"), change).await.unwrap();
    let change = |_: &Env, _: &Value| Ok(Change::new().set("note", text("Soon")));
    steps.update(&TASKS, &[], &[], &id, change).await.unwrap();
    steps.delete(&TASKS, &text("b"), false).await.unwrap();
    let plan = planned(&world, steps).await;
    assert_eq!(
        plan,
        json!({
            "total": 3,
            "changes": [
                {
                    "change": "create", "table": "tasks", "id": id.as_str(), "label": "New",
                    "after": {
                        "title": "New", "note": "Soon", "isDone": false, "priority": "high", "tags": [], "order": 2.0,
                    },
                },
                {
                    "change": "update", "table": "tasks", "id": "a", "label": "Roses",
                    "before": { "note": "Red", "count": 1, "title": "Roses" },
                    "after": { "note": "Short", "title": "Tulips" },
                },
                { "change": "delete", "table": "tasks", "id": "b", "label": "Moss" },
            ],
        })
    );
}

#[tokio::test]
async fn a_plan_lists_what_goes_along() {
    let world = world();
    for (is_hard, change) in [(false, "delete"), (true, "remove")] {
        let mut steps = world.steps(json!({}));
        steps.delete(&TASKS, &text("a"), is_hard).await.unwrap();
        let plan = planned(&world, steps).await;
        let rows: Vec<_> =
            plan["changes"].as_array().unwrap().iter().map(|row| (&row["change"], &row["label"])).collect();
        assert_eq!(rows, [(&json!(change), &json!("Roses")), (&json!(change), &json!("Water them"))]);
    }
}

#[tokio::test]
async fn a_plan_lists_a_hundred_rows_at_most() {
    let world = world();
    for number in 0..150 {
        world.row(&TASKS, &format!("part-{number}"), json!({ "title": "x", "parent": "b" }));
    }
    let mut steps = world.steps(json!({}));
    steps.delete(&TASKS, &text("b"), false).await.unwrap();
    let plan = planned(&world, steps).await;
    assert_eq!((plan["changes"].as_array().unwrap().len(), &plan["total"]), (100, &json!(151)));
}

#[tokio::test]
async fn a_call_that_only_reads_has_an_empty_plan() {
    let world = world();
    let mut steps = world.steps(json!({}));
    steps.get(&TASKS, &["title"], &text("a")).await.unwrap();
    assert_eq!(planned(&world, steps).await, json!({ "changes": [], "total": 0 }));
}

#[tokio::test]
async fn services_are_asked_only_what_has_no_effect() {
    let world = world();
    world.answer(200, r#"{"events":[]}"#);
    let mut steps = world.steps(json!({}));
    steps.call(&READ, Value::empty_object()).await.unwrap();
    assert_eq!(world.asked().len(), 1);
    let error = steps.call(&DRAW, Value::object([("prompt", text("A cat"))])).await.unwrap_err();
    assert!(matches!(error, ToolError::Data(DataError::NoDryRun)), "{error:?}");
    // What would follow the writes does not.
    let mut steps = world.steps(json!({}));
    steps.delete(&TASKS, &text("b"), false).await.unwrap();
    steps.call(&READ, Value::empty_object()).await.unwrap();
    assert_eq!(planned(&world, steps).await["total"], 1);
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn a_batch_that_is_written_by_hand_has_no_dry_run() {
    let world = world();
    let context = world.context("user.write", json!({}));
    assert_eq!(context.batch().commit().await, Err(DataError::NoDryRun));
}
