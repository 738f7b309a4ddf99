//! The output of a call: its shape, its length, and what is stored with it.

use super::{super::PageOf, world::World, *};

static ROW: Type = Type::Object(&[Member { name: "id", ty: Type::Id }, Member { name: "note", ty: Type::Text }]);
static SHAPE: Type = Type::Object(&[
    Member { name: "name", ty: Type::Text },
    Member { name: "tasks", ty: Type::List(&ROW) },
    Member { name: "byDay", ty: Type::Map(&ROW) },
    Member { name: "other", ty: Type::List(&Type::Json) },
]);

#[tokio::test]
async fn an_output_has_what_its_shape_names_and_nothing_that_is_absent() {
    let world = World::new();
    let row = |id: &str| Value::object([("id", text(id)), ("title", text("secret"))]);
    let members = [
        ("tasks", Value::list([row("a"), Value::Null, row("b")])),
        ("byDay", Value::object([("2026-01-01", row("c"))])),
        ("hidden", row("d")),
        ("name", Value::Null),
        ("other", Value::list([Value::Double(2.0), Value::Double(0.5)])),
    ];
    let output_of = world.steps(json!({})).finish(Value::object(members), &SHAPE).await.unwrap();
    assert_eq!(
        std::str::from_utf8(output_of.json()).unwrap(),
        r#"{"tasks":[{"id":"a"},{"id":"b"}],"byDay":{"2026-01-01":{"id":"c"}},"other":[2,0.5]}"#
    );
    let literal = format!("\"{}\"", std::str::from_utf8(output_of.literal()).unwrap());
    assert_eq!(serde_json::from_str::<String>(&literal).unwrap().as_bytes(), output_of.json());
}

#[tokio::test]
async fn an_output_that_is_too_long_is_an_error_that_says_how_to_ask() {
    let world = World::new();
    let of = |characters: usize| Value::object([("name", text(&"ä".repeat(characters)))]);
    let finish = async |output| world.steps(json!({})).finish(output, &SHAPE).await;
    // `{"name":""}` has 11 characters.
    finish(of(50_000 - 11)).await.unwrap();
    let error = step_error(finish(of(50_001 - 11)).await.unwrap_err());
    assert_eq!(error, StepError::TooLong { characters: 50_001, limit: 50_000 });
    assert!(error.to_string().contains("Ask a narrower question"), "{error}");
}

#[tokio::test]
async fn what_a_call_that_writes_returns_is_stored_and_sent_whatever_its_length() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    let order = ("order", Given::Value(Value::Int(1)));
    let long = "x".repeat(60_000);
    let row = steps.insert(&TASKS, &["id", "note"], vec![("title", value("a")), ("note", value(&long)), order]).await;
    let made = steps.finish(Value::object([("tasks", Value::list([row.unwrap()]))]), &SHAPE).await.unwrap();
    assert_eq!(output(&made)["tasks"][0]["note"].as_str().unwrap().len(), 60_000);
    assert_eq!(world.pushes(), 1);
}

/// A page whose rows have notes of these lengths, as it is or through a map.
async fn paged(world: &World, is_mapped: bool, cursor: Value) -> Result<Json, ToolError> {
    let mut steps = world.steps(json!({}));
    let of = PageOf { limit: &Value::Int(4), cursor: &cursor, step: "tasks" };
    let rows = steps.page(List { fields: &["id", "note"], ..List::of(&TASKS) }, of).await?;
    let rows = if is_mapped { Value::list(rows.items().to_vec()) } else { rows };
    let other = Value::list([Value::Int(1)]);
    Ok(output(&steps.finish(Value::object([("tasks", rows), ("other", other)]), &SHAPE).await?))
}

#[tokio::test]
async fn a_page_is_cut_at_a_row_and_the_next_one_begins_there() {
    let world = World::new();
    for (id, length) in [("a", 20_000), ("b", 20_000), ("c", 20_000), ("d", 10), ("e", 70_000), ("f", 10)] {
        world.row(&TASKS, id, json!({ "title": "x", "note": "ü".repeat(length) }));
    }
    for is_mapped in [false, true] {
        let (mut cursor, mut pages) = (Value::Null, Vec::new());
        loop {
            let page = paged(&world, is_mapped, cursor).await.unwrap();
            assert_eq!((&page["total"], &page["other"]), (&json!(6), &json!([1])));
            let ids = page["tasks"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap());
            pages.push(ids.collect::<String>());
            let Some(next) = page.get("nextCursor") else { break };
            cursor = text(next.as_str().unwrap());
        }
        // A row that is too long alone comes alone.
        assert_eq!(pages, ["ab", "cd", "e", "f"], "{is_mapped}");
    }
}
