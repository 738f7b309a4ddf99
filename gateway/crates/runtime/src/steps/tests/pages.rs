//! Pages: nothing is missed or repeated, and a cursor is good for one list alone.

use super::{
    super::{PageOf, Sort, SortBy},
    world::World,
    *,
};

static SHAPE: Type = Type::Object(&[Member { name: "tasks", ty: Type::List(&Type::Json) }]);

/// One call: a page of that list.
async fn page(world: &World, tool: &str, arguments: Json, what: List<'_>) -> Result<Json, ToolError> {
    let input = crate::steps::stored::of_json(&Type::Json, &arguments).unwrap();
    let mut steps = Steps::new(&world.context(tool, arguments));
    let of = PageOf { limit: input.member("limit"), cursor: input.member("cursor"), step: "tasks" };
    let rows = steps.page(List { fields: &["id", "title"], ..what }, of).await?;
    Ok(output(&steps.finish(Value::object([("tasks", rows)]), &SHAPE).await?))
}

fn ids(page: &Json) -> Vec<String> {
    page["tasks"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn with_cursor(mut arguments: Json, page: &Json) -> Json {
    arguments["cursor"] = page["nextCursor"].clone();
    arguments
}

#[tokio::test]
async fn all_pages_together_are_the_list_while_rows_are_added_in_between() {
    let world = World::new();
    let order = [3.5, 1.0, 2.0, 2.0, 1.0, 7.0, 0.5];
    for (number, order) in order.iter().enumerate() {
        world.row(&TASKS, &format!("row-{number}"), json!({ "title": world.sealed("x"), "order": order }));
    }
    (7..10).for_each(|number| world.row(&TASKS, &format!("row-{number}"), json!({ "title": "y" })));
    for (descending, all) in [(false, "6142305789"), (true, "5023146789")] {
        let sort = [Sort { by: SortBy::Field("order"), descending }];
        let what = List { sort: &sort, ..List::of(&TASKS) };
        let mut arguments = json!({ "limit": 3 });
        let (mut found, mut added) = (String::new(), 0);
        loop {
            let page = page(&world, "user.write", arguments.clone(), what).await.unwrap();
            found.extend(ids(&page).iter().filter_map(|id| id.strip_prefix("row-")));
            assert_eq!(page["total"], json!(10 + added));
            if page.get("nextCursor").is_none() {
                break;
            }
            arguments = with_cursor(arguments, &page);
            // One before every place, and one behind: the first is missed rightly, the last is found.
            added += 1;
            let id = format!("added-{descending}-{added}");
            world.row(&TASKS, &id, json!({ "title": "z", "order": if descending { 100 } else { 0 } }));
        }
        assert_eq!(found, all, "{descending}");
        for number in 1..=added {
            world.row(
                &TASKS,
                &format!("added-{descending}-{number}"),
                json!({ "title": "z", "deletedAt": "2026-01-01T00:00:00.000Z" }),
            );
        }
    }
}

#[tokio::test]
async fn a_row_that_goes_does_not_move_the_others() {
    let world = World::new();
    (0..6).for_each(|number| world.row(&TASKS, &format!("row-{number}"), json!({ "title": "x" })));
    let first = page(&world, "user.write", json!({ "limit": 2 }), List::of(&TASKS)).await.unwrap();
    assert_eq!(ids(&first), ["row-0", "row-1"]);
    for gone in ["row-1", "row-0"] {
        world.row(&TASKS, gone, json!({ "title": "x", "deletedAt": "2026-01-01T00:00:00.000Z" }));
    }
    let arguments = with_cursor(json!({ "limit": 4 }), &first);
    let second = page(&world, "user.write", arguments, List::of(&TASKS)).await.unwrap();
    assert_eq!(ids(&second), ["row-2", "row-3", "row-4", "row-5"]);
    assert!(second.get("nextCursor").is_none() && second["total"] == 4);
}

#[tokio::test]
async fn a_page_has_fifty_rows_where_nothing_else_is_said() {
    let world = World::new();
    (0..51).for_each(|number| world.row(&TASKS, &format!("row-{number:02}"), json!({ "title": "x" })));
    let first = page(&world, "user.write", json!({}), List::of(&TASKS)).await.unwrap();
    assert_eq!((ids(&first).len(), &first["total"]), (50, &json!(51)));
    let second = page(&world, "user.write", with_cursor(json!({}), &first), List::of(&TASKS)).await.unwrap();
    assert_eq!(ids(&second), ["row-50"]);
    let none = |_: &Env, _: &Row<'_>| false;
    let empty = page(&world, "user.write", json!({}), List { stored: Some(&none), ..List::of(&TASKS) }).await.unwrap();
    assert_eq!(empty, json!({ "tasks": [], "total": 0 }));
}

#[tokio::test]
async fn sealed_conditions_searches_and_orders_are_paged_and_counted() {
    let world = World::new();
    for (id, title) in [("a", "Rose 3"), ("b", "Tulip"), ("c", "rose 1"), ("d", "Rose 2"), ("e", "Rose 4")] {
        world.row(&TASKS, id, json!({ "title": world.sealed(title) }));
    }
    world.row(&TASKS, "f", json!({ "title": World::sealed_with_another("Rose 5") }));
    let sought = text("ROSE");
    let not_four = |_: &Env, row: &Value| row.member("title").as_str().is_some_and(|title| !title.contains('4'));
    let key =
        |_: &Env, row: &Value| row.member("title").as_str().map_or(Value::Null, |title| text(&title.to_lowercase()));
    let sort = [Sort { by: SortBy::Key(&["title"], &key), descending: false }];
    let what = List {
        search: Some((&["title"], &sought)),
        sealed: Some((&["title"], &not_four)),
        sort: &sort,
        ..List::of(&TASKS)
    };
    let arguments = json!({ "limit": 2, "q": "ROSE" });
    let first = page(&world, "user.write", arguments.clone(), what).await.unwrap();
    assert_eq!((ids(&first).concat(), &first["total"]), ("cd".to_owned(), &json!(3)));
    assert_eq!(first["unreadable"], json!([{ "id": "f", "field": "title" }]));
    let cursor = first["nextCursor"].as_str().unwrap();
    assert!(!cursor.to_lowercase().contains("rose"), "{cursor}");
    let second = page(&world, "user.write", with_cursor(arguments, &first), what).await.unwrap();
    assert_eq!(ids(&second), ["a"]);
    assert!(second.get("nextCursor").is_none());
    // Not sorted by what is sealed.
    let what = List { sort: &[], ..what };
    let first = page(&world, "user.write", json!({ "limit": 2 }), what).await.unwrap();
    assert_eq!((ids(&first).concat(), &first["total"]), ("ac".to_owned(), &json!(3)));
}

#[tokio::test]
async fn long_texts_are_ordered_alike_on_every_page() {
    let world = World::new();
    let long = "ä".repeat(300);
    (0..5).for_each(|number| {
        world.row(&TASKS, &format!("row-{number}"), json!({ "title": format!("{long}{}", 9 - number) }))
    });
    let sort = [Sort { by: SortBy::Field("title"), descending: false }];
    let what = List { sort: &sort, ..List::of(&TASKS) };
    let mut arguments = json!({ "limit": 2 });
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = page(&world, "user.write", arguments.clone(), what).await.unwrap();
        assert!(page["nextCursor"].as_str().is_none_or(|cursor| cursor.len() < 1000));
        found.extend(ids(&page));
        arguments = with_cursor(arguments, &page);
    }
    assert_eq!(found, ["row-0", "row-1", "row-2", "row-3", "row-4"]);
}

#[tokio::test]
async fn a_cursor_is_of_one_tool_user_space_day_and_question() {
    let world = World::new();
    (0..3).for_each(|number| world.row(&TASKS, &format!("row-{number}"), json!({ "title": "x" })));
    let asked = json!({ "limit": 1, "filter": { "b": 1, "a": [2] } });
    let first = page(&world, "user.write", asked.clone(), List::of(&TASKS)).await.unwrap();
    let next = with_cursor(asked, &first);
    let refused = async |tool: &str, arguments: Json, what: List<'_>| {
        let error = page(&world, tool, arguments, what).await.unwrap_err();
        assert!(error.to_string().ends_with("Begin again without a cursor."), "{error}");
        step_error(error) == StepError::StaleCursor
    };
    let with = |name: &str, value: Json| {
        let mut arguments = next.clone();
        arguments[name] = value;
        arguments
    };
    assert!(refused("user.other", next.clone(), List::of(&TASKS)).await);
    assert!(refused("user.write", with("filter", json!({ "b": 1, "a": [3] })), List::of(&TASKS)).await);
    assert!(refused("user.write", with("other", json!(true)), List::of(&TASKS)).await);
    let cursor = next["cursor"].as_str().unwrap();
    let flipped = format!("{}{}", if cursor.starts_with('A') { "B" } else { "A" }, &cursor[1..]);
    for damaged in [
        json!(""),
        json!("x"),
        json!(1),
        json!(true),
        json!([cursor]),
        json!(flipped),
        json!(cursor[4..]),
        json!("A".repeat(10_000)),
    ] {
        assert!(refused("user.write", with("cursor", damaged), List::of(&TASKS)).await);
    }
    let sort = [Sort { by: SortBy::Field("order"), descending: false }];
    assert!(refused("user.write", next.clone(), List { sort: &sort, ..List::of(&TASKS) }).await);
    for (user, space) in [("bob", PERSONAL), (ADA, SHARED)] {
        world.as_user(user, space);
        assert!(refused("user.write", next.clone(), List::of(&TASKS)).await);
    }
    world.as_user(ADA, PERSONAL);
    // The order of members does not matter, nor does another limit.
    let mut arguments = with("filter", json!({ "a": [2], "b": 1 }));
    arguments["limit"] = json!(5);
    let second = page(&world, "user.write", arguments, List::of(&TASKS)).await.unwrap();
    assert_eq!(ids(&second), ["row-1", "row-2"]);
}

#[tokio::test]
async fn a_cursor_is_good_for_one_day_of_the_caller() {
    let world = World::new();
    (0..3).for_each(|number| world.row(&TASKS, &format!("row-{number}"), json!({ "title": "x" })));
    let asked = json!({ "limit": 1 });
    world.in_zone("Europe/Berlin");
    // In Berlin, the 3rd has begun.
    world.at("2026-05-02T22:30:00Z");
    let first = page(&world, "user.write", asked.clone(), List::of(&TASKS)).await.unwrap();
    let next = with_cursor(asked, &first);
    let again = async || page(&world, "user.write", next.clone(), List::of(&TASKS)).await;
    world.at("2026-05-03T21:59:59Z");
    assert_eq!(ids(&again().await.unwrap()), ["row-1"], "another day, but not in Berlin");
    for another in ["2026-05-03T22:00:00Z", "2026-05-02T21:59:59Z", "2027-05-03T12:00:00Z"] {
        world.at(another);
        assert_eq!(step_error(again().await.unwrap_err()), StepError::StaleCursor, "{another}");
    }
    // The same day in another zone, which may not end with it.
    world.at("2026-05-02T22:30:00Z");
    world.in_zone("Europe/Paris");
    assert_eq!(step_error(again().await.unwrap_err()), StepError::StaleCursor);
    world.in_zone("Europe/Berlin");
    assert_eq!(ids(&again().await.unwrap()), ["row-1"]);
}
