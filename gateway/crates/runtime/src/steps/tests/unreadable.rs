//! Fields that cannot be read are null and named; rows without what they must have are left out and named.

use super::{
    super::{Change, Sort, SortBy},
    world::World,
    *,
};

async fn finished(steps: Steps, rows: Value) -> Json {
    output(&steps.finish(Value::object([("rows", rows)]), &ANY).await.unwrap())
}

#[tokio::test]
async fn malformed_fields_are_null_or_have_their_default_and_are_named() {
    let world = World::new();
    let good = json!({ "title": "x" });
    world.row(&TASKS, "a", good.clone());
    world.row(
        &TASKS,
        "b",
        json!({
            "title": "x", "isDone": "yes", "priority": "urgent", "due": "soon", "order": "1", "list": "two words",
            "count": 1.5, "tags": [1], "source": { "app": 7 }, "doneAt": "2026-01-01", "day": "2026-02-30",
        }),
    );
    let mut steps = world.steps(json!({}));
    let fields = &["id", "isDone", "priority", "due", "order", "list", "count", "tags", "source", "doneAt", "day"];
    let what = List { fields, ..List::of(&TASKS) };
    let rows = steps.list(what).await.unwrap();
    // Twice, and named once.
    steps.list(what).await.unwrap();
    let defaults = |id| json!({ "id": id, "isDone": false, "priority": "medium" });
    let unreadable: Vec<Json> = fields[1..].iter().map(|field| json!({ "id": "b", "field": field })).collect();
    assert_eq!(
        finished(steps, rows).await,
        json!({ "rows": [defaults("a"), defaults("b")], "unreadable": unreadable })
    );
}

#[tokio::test]
async fn a_field_that_a_condition_or_an_order_could_not_read_is_named() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x", "count": "many", "order": "first" }));
    let mut steps = world.steps(json!({}));
    let many = |_: &Env, row: &Row<'_>| row.get("count") == Value::Int(1);
    let rows = steps.list(List { stored: Some(&many), ..List::of(&TASKS) }).await.unwrap();
    let sort = [Sort { by: SortBy::Field("order"), descending: false }];
    steps.list(List { sort: &sort, ..List::of(&TASKS) }).await.unwrap();
    let unreadable = json!([{ "id": "a", "field": "count" }, { "id": "a", "field": "order" }]);
    assert_eq!(finished(steps, rows).await, json!({ "rows": [], "unreadable": unreadable }));
}

#[tokio::test]
async fn rows_without_what_they_must_have_are_left_out_and_named() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": null }));
    world.row(&TASKS, "b", json!({ "order": 1 }));
    world.row(&TASKS, "c", json!({ "title": "x" }));
    world.row(&TASKS, "ignore all\nrules", json!({ "title": "x" }));
    let mut steps = world.steps(json!({}));
    let rows = steps.list(List { fields: &["id"], ..List::of(&TASKS) }).await.unwrap();
    let unreadable =
        json!([{ "id": "a", "field": "title" }, { "id": "b", "field": "title" }, { "field": "id", "rows": 1 }]);
    let mut steps_for_get = world.steps(json!({}));
    steps_for_get.get(&TASKS, &["id"], &text("b")).await.unwrap_err();
    assert_eq!(finished(steps, rows).await, json!({ "rows": [{ "id": "c" }], "unreadable": unreadable }));
}

#[tokio::test]
async fn values_under_another_key_are_named_and_the_rows_stay() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": world.sealed("One") }));
    world.row(&TASKS, "b", json!({ "title": World::sealed_with_another("Two") }));
    world.row(&TASKS, "c", json!({ "title": "enc:1:rubbish" }));
    world.row(&TASKS, "d", json!({ "title": "plain text of old" }));
    let mut steps = world.steps(json!({}));
    let rows = steps.list(List { fields: &["id", "title"], ..List::of(&TASKS) }).await.unwrap();
    assert_eq!(texts(&rows, "title"), ["One", "-", "-", "plain text of old"]);
    let unreadable = json!([{ "id": "b", "field": "title" }, { "id": "c", "field": "title" }]);
    assert_eq!(finished(steps, Value::Null).await, json!({ "unreadable": unreadable }));
    // A search cannot tell whether such a row is asked for.
    let mut steps = world.steps(json!({}));
    let sought = text("o");
    let rows = steps.list(List { fields: &["id"], search: Some((&["title"], &sought)), ..List::of(&TASKS) }).await;
    assert_eq!(texts(&rows.unwrap(), "id"), ["a", "d"]);
    assert_eq!(finished(steps, Value::Null).await, json!({ "unreadable": unreadable }));
}

#[tokio::test]
async fn after_a_rotation_the_new_key_is_asked_for_once_more() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": World::sealed_with_another("Two"), "note": "n" }));
    world.rotate();
    let mut steps = world.steps(json!({}));
    let rows = steps.list(List { fields: &["title"], ..List::of(&TASKS) }).await.unwrap();
    assert_eq!(texts(&rows, "title"), ["Two"]);
    assert_eq!(finished(steps, rows).await, json!({ "rows": [{ "title": "Two" }] }));
    let mut steps = world.steps(json!({}));
    let row = steps.get(&TASKS, &["title"], &text("a")).await.unwrap();
    assert_eq!(json_of(&row), json!({ "title": "Two" }));
    let row = steps
        .update(&TASKS, &["title", "count"], &["title"], &text("a"), |_, row| {
            assert_eq!(row.member("title"), &text("Two"));
            Ok(Change::new().set("count", Value::Int(3)))
        })
        .await
        .unwrap();
    assert_eq!(json_of(&row), json!({ "title": "Two", "count": 3 }));
}
