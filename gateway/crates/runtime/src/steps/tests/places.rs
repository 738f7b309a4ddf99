//! Places of new rows.

use super::{super::Change, world::World, *};

fn in_list(list: &str) -> Vec<(&'static str, Given)> {
    vec![("title", value("x")), ("list", value(list))]
}

async fn placed(steps: &mut Steps, list: &str) -> f64 {
    let row = steps.insert(&TASKS, &["order"], in_list(list)).await.unwrap();
    match row.member("order") {
        Value::Double(place) => *place,
        _ => panic!(),
    }
}

#[tokio::test]
async fn a_new_row_comes_behind_the_live_ones_that_are_like_it() {
    let world = World::new();
    for (id, list, order, deleted) in [
        ("a", "l", json!(4), None),
        ("b", "l", json!(9), Some("2026-01-01T00:00:00.000Z")),
        ("c", "m", json!(7.5), None),
        ("d", "l", json!("x"), None),
    ] {
        world.row(&TASKS, id, json!({ "title": "x", "list": list, "order": order, "deletedAt": deleted }));
    }
    world.row(&TASKS, "none", json!({ "title": "x", "order": 20 }));
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&TASKS]);
    let mut places = Vec::new();
    for list in ["l", "l", "m", "new", "l", "new"] {
        places.push(placed(&mut steps, list).await);
    }
    assert_eq!(places, [5.0, 6.0, 8.5, 0.0, 7.0, 1.0]);
    // Without a list.
    let row = steps.insert(&TASKS, &["order"], vec![("title", value("x"))]).await.unwrap();
    assert_eq!(row.member("order"), &Value::Int(21));
    // A place that is given is kept, and counts.
    let mut values = in_list("l");
    values.push(("order", Given::Value(Value::Double(50.0))));
    steps.insert(&TASKS, &[], values).await.unwrap();
    assert_eq!(placed(&mut steps, "l").await, 51.0);
    steps
        .update(&TASKS, &[], &[], &text("c"), |_, _| {
            Ok(Change::new().set("list", text("l")).set("order", Value::Int(60)))
        })
        .await
        .unwrap();
    assert_eq!(placed(&mut steps, "l").await, 61.0);
    let row = steps.put(&TASKS, &["order"], vec![("id", text("put"))], true, in_list("m")).await.unwrap();
    assert_eq!(json_of(row.member("row")), json!({ "order": 9.5 }));
}

#[tokio::test]
async fn a_larger_step_begins_with_itself() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&BLOCKS]);
    for place in [1024, 2048] {
        let row = steps.insert(&BLOCKS, &["order"], vec![]).await.unwrap();
        assert_eq!(row.member("order"), &Value::Int(place));
    }
}

#[tokio::test]
async fn places_are_claimed_when_the_first_is_chosen_and_in_one_order_of_tables() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&TASKS, &BLOCKS, &TASKS]);
    let given = vec![("title", value("x")), ("order", Given::Value(Value::Int(1)))];
    steps.insert(&TASKS, &[], given).await.unwrap();
    assert_eq!(world.claimed(), [""; 0], "no place was chosen");
    placed(&mut steps, "l").await;
    steps.insert(&BLOCKS, &[], vec![]).await.unwrap();
    placed(&mut steps, "l").await;
    assert_eq!(world.claimed(), ["blocks", "tasks"]);
}

#[tokio::test]
async fn rows_that_came_before_the_claim_are_seen() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&TASKS]);
    steps.list(List::of(&TASKS)).await.unwrap();
    world.row(&TASKS, "a", json!({ "title": "x", "list": "l", "order": 4 }));
    assert_eq!(placed(&mut steps, "l").await, 5.0);
}

#[tokio::test]
async fn a_place_in_a_table_that_was_not_named_is_a_fault() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&BLOCKS]);
    let error = steps.insert(&TASKS, &[], in_list("l")).await.unwrap_err();
    assert_eq!(error.to_string(), "The place of a new task was not claimed. This is a fault of the gateway.");
}
