//! Reading rows: conditions, search, order, and what a call may not see.

use super::{
    super::{Sort, SortBy},
    world::World,
    *,
};

/// The ids that a list gives.
async fn ids(world: &World, what: List<'_>) -> Vec<String> {
    texts(&world.steps(json!({})).list(List { fields: &["id"], ..what }).await.unwrap(), "id")
}

fn task(title: &str) -> Json {
    json!({ "title": title })
}

#[tokio::test]
async fn a_row_has_the_fields_that_are_asked_for_and_no_key_is_fetched_without_need() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": world.sealed("One"), "list": "l", "order": 1.5, "extra": 1 }));
    let mut steps = world.steps(json!({}));
    let row = steps.get(&TASKS, &["id", "order", "isDone", "priority", "due"], &text("a")).await.unwrap();
    assert_eq!(json_of(&row), json!({ "id": "a", "order": 1.5, "isDone": false, "priority": "medium" }));
    assert_eq!(json_of(&steps.list(List::of(&TASKS)).await.unwrap()), json!([{}]));
    assert_eq!(world.keys_fetched(), 0);
    let row = steps.get(&TASKS, &["title", "note"], &text("a")).await.unwrap();
    assert_eq!(json_of(&row), json!({ "title": "One" }));
    assert_eq!(world.keys_fetched(), 1);
    // Times that the web does not store.
    let row = steps.get(&TASKS, &["createdAt", "updatedAt"], &text("a")).await.unwrap();
    let time = "2026-01-01T00:00:00.000Z";
    assert_eq!(json_of(&row), json!({ "createdAt": time, "updatedAt": time }));
    let by_times = |_: &Env, row: &Row<'_>| row.get("createdAt") == row.get("updatedAt") && row.get("title").is_null();
    assert_eq!(ids(&world, List { stored: Some(&by_times), ..List::of(&TASKS) }).await, ["a"]);
}

#[tokio::test]
async fn a_row_that_is_not_there_is_an_error_with_the_noun() {
    let world = World::new();
    world.row(&TASKS, "gone", json!({ "title": "x", "deletedAt": "2026-01-01T00:00:00.000Z" }));
    world.row(&TASKS, "elsewhere", json!({ "title": "x", "spaceId": SHARED }));
    let mut steps = world.steps(json!({}));
    for id in ["none", "gone", "elsewhere"] {
        let error = steps.get(&TASKS, &["id"], &text(id)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("There is no such task in the active space: {id}"));
    }
    for id in [Value::Null, text("ignore all rules"), Value::Int(1)] {
        let error = steps.get(&TASKS, &["id"], &id).await.unwrap_err();
        assert_eq!(error.to_string(), "There is no such task in the active space: (not an id)");
    }
    let none = |_: &Env, _: &Row<'_>| false;
    assert!(steps.find(List { stored: Some(&none), ..List::of(&TASKS) }).await.unwrap().is_null());
}

#[tokio::test]
async fn conditions_see_stored_and_sealed_fields() {
    let world = World::new();
    for (id, title, done) in [("a", "Roses", true), ("b", "Tulips", false), ("c", "Rosemary", false)] {
        world.row(&TASKS, id, json!({ "title": world.sealed(title), "isDone": done }));
    }
    let open = |_: &Env, row: &Row<'_>| !row.get("isDone").is_true();
    let what = List { stored: Some(&open), ..List::of(&TASKS) };
    assert_eq!(ids(&world, what).await, ["b", "c"]);
    assert_eq!(world.keys_fetched(), 0);
    let begins = |_: &Env, row: &Value| row.member("title").as_str().is_some_and(|title| title.starts_with("Ros"));
    let sealed = List { sealed: Some((&["title"], &begins)), ..what };
    assert_eq!(ids(&world, sealed).await, ["c"]);
    assert_eq!(ids(&world, List { stored: None, ..sealed }).await, ["a", "c"]);
    let first = world.steps(json!({})).find(List { fields: &["title"], stored: None, ..sealed }).await.unwrap();
    assert_eq!(json_of(&first), json!({ "title": "Roses" }));
    for (limit, found) in [(Value::Int(1), 1), (Value::Int(0), 0), (Value::Int(-3), 0), (Value::Null, 2)] {
        assert_eq!(ids(&world, List { limit: Some(&limit), stored: None, ..sealed }).await.len(), found);
    }
}

#[tokio::test]
async fn a_search_ignores_case_in_sealed_and_plain_fields() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": world.sealed("ΟΔΥΣΣΕΎΣ"), "note": world.sealed("x") }));
    world.row(&TASKS, "b", json!({ "title": "Straße", "list": "garden" }));
    world.row(&TASKS, "c", json!({ "title": world.sealed("\"quoted\"\nlines"), "list": "Gardens" }));
    let found = async |fields: &'static [&'static str], sought: &str| {
        let sought = text(sought);
        ids(&world, List { search: Some((fields, &sought)), ..List::of(&TASKS) }).await.join(" ")
    };
    assert_eq!(found(&["list"], "GARDEN").await, "b c");
    assert_eq!(world.keys_fetched(), 0, "plain fields need no key");
    assert_eq!(found(&["title", "note"], "οδυσσεύς").await, "a");
    assert_eq!(found(&["title"], "D\"\nL").await, "c");
    assert_eq!(found(&["title", "list"], "tra").await, "b");
    assert_eq!(found(&["title"], "nothing").await, "");
    assert_eq!(found(&["title"], "").await, "a b c");
    let null = Value::Null;
    assert_eq!(ids(&world, List { search: Some((&["title"], &null)), ..List::of(&TASKS) }).await.len(), 3);
}

#[tokio::test]
async fn rows_without_a_value_come_last_and_equal_ones_by_id() {
    let world = World::new();
    for (id, order, title) in [
        ("d", json!(2), "b"),
        ("b", json!(null), "a"),
        ("a", json!(1.5), "c"),
        ("c", json!(2.0), "a"),
        ("e", json!("x"), "b"),
    ] {
        world.row(&TASKS, id, json!({ "title": world.sealed(title), "order": order }));
    }
    let sorted = async |sort: &[Sort<'_>]| ids(&world, List { sort, ..List::of(&TASKS) }).await.concat();
    let by = |field, descending| Sort { by: SortBy::Field(field), descending };
    assert_eq!(sorted(&[]).await, "abcde");
    assert_eq!(sorted(&[by("order", false)]).await, "acdbe");
    assert_eq!(sorted(&[by("order", true)]).await, "cdabe");
    assert_eq!(world.keys_fetched(), 0);
    // A sealed field decides.
    assert_eq!(sorted(&[by("title", false)]).await, "bcdea");
    assert_eq!(sorted(&[by("title", true), by("order", true)]).await, "adecb");
    let key =
        |_: &Env, row: &Value| if row.member("order") == &Value::Int(2) { Value::Null } else { Value::Bool(true) };
    assert_eq!(sorted(&[Sort { by: SortBy::Key(&["order"], &key), descending: false }]).await, "abecd");
    let key = |_: &Env, row: &Value| row.member("title").clone();
    assert_eq!(sorted(&[Sort { by: SortBy::Key(&["title"], &key), descending: true }]).await, "adebc");
    let limit = Value::Int(2);
    let what = List { sort: &[by("title", false)], limit: Some(&limit), ..List::of(&TASKS) };
    assert_eq!(ids(&world, what).await, ["b", "c"]);
}

#[tokio::test]
async fn words_are_ordered_as_they_are_listed_and_moments_by_their_instant() {
    let world = World::new();
    world.in_zone("Europe/Berlin");
    for (id, priority, due) in [
        ("a", "medium", "2026-05-02"),
        ("b", "high", "2026-05-02T00:00:00Z"),
        ("c", "low", "2026-05-01T22:30:00Z"),
        ("d", "low", "2026-05-02T00:15"),
        ("e", "high", "2026-05-01T23:59:59+02:00"),
    ] {
        world.row(&TASKS, id, json!({ "title": "x", "priority": priority, "due": due }));
    }
    let sorted = async |field, descending| {
        let sort = [Sort { by: SortBy::Field(field), descending }];
        ids(&world, List { sort: &sort, ..List::of(&TASKS) }).await.concat()
    };
    assert_eq!(sorted("priority", false).await, "cdabe");
    assert_eq!(sorted("priority", true).await, "beacd");
    // The day begins at 22:00 in UTC, and midnight in UTC stands for the day.
    assert_eq!(sorted("due", false).await, "eabdc");
}

#[tokio::test]
async fn private_rows_of_others_do_not_exist() {
    let world = World::new();
    let of = |author: Json, visibility: &str| json!({ "title": "x", "spaceId": SHARED, "authorId": author, "visibility": visibility });
    for (id, author, visibility) in [
        ("a", json!("ada"), "private"),
        ("b", json!("bob"), "private"),
        ("c", json!("bob"), "space"),
        ("d", json!(null), "private"),
    ] {
        world.row(&TASKS, id, of(author.clone(), visibility));
        world.row(&BLOCKS, id, of(author, visibility));
    }
    world.as_user(ADA, SHARED);
    assert_eq!(ids(&world, List::of(&TASKS)).await, ["a", "c"]);
    // Where the words of the field mean something else, they are ignored.
    assert_eq!(ids(&world, List::of(&BLOCKS)).await, ["a", "b", "c", "d"]);
    let mut steps = world.steps(json!({}));
    for id in ["b", "d"] {
        steps.get(&TASKS, &["id"], &text(id)).await.unwrap_err();
        steps.delete(&TASKS, &text(id), false).await.unwrap_err();
        steps.restore(&TASKS, &[], &text(id)).await.unwrap_err();
        let error = steps.put(&TASKS, &[], vec![("id", text(id))], true, vec![("note", value("x"))]).await;
        assert_eq!(step_error(error.unwrap_err()), StepError::OfAnother { noun: "task" });
    }
}

#[tokio::test]
async fn rows_of_a_user_are_seen_from_every_space() {
    let world = World::new();
    world.row(&SETTINGS, "default", json!({ "userId": ADA, "theme": "dark" }));
    let in_space = |user: &str, author: &str| json!({ "spaceId": SHARED, "userId": user, "authorId": author });
    let insert = |id: &str, data: Json| {
        let Json::Object(mut data) = data else { panic!() };
        data.insert("id".to_owned(), id.into());
        world.change(&SETTINGS, id, crate::log::Operation::Insert { data }, Some(SHARED.to_owned()));
    };
    insert("bobs", in_space("bob", "bob"));
    insert("hers", in_space(ADA, "bob"));
    insert("also-hers", in_space("bob", ADA));
    for space in [PERSONAL, SHARED] {
        world.as_user(ADA, space);
        assert_eq!(ids(&world, List::of(&SETTINGS)).await, ["also-hers", "default", "hers"], "{space}");
    }
    // They are written where they are; new ones without a space.
    let mut steps = world.steps(json!({}));
    let change =
        |theme: &'static str| move |_: &Env, _: &Value| Ok(super::super::Change::new().set("theme", text(theme)));
    for id in ["default", "hers"] {
        steps.update(&SETTINGS, &[], &[], &text(id), change("light")).await.unwrap();
    }
    let row = steps.insert(&SETTINGS, &["id", "userId", "step"], vec![]).await.unwrap();
    assert_eq!((row.member("userId"), row.member("step")), (&text(ADA), &Value::Int(15)));
    commit(steps).await;
    let [default, hers, new] = &world.changes()[..] else { panic!() };
    assert_eq!((&default.space_id, &hers.space_id, &new.space_id), (&None, &Some(SHARED.to_owned()), &None));
    assert_eq!(world.field(&SETTINGS, "default", "theme"), json!("light"));
    let crate::log::Operation::Insert { data } = &new.operation else { panic!("{new:?}") };
    let mut names: Vec<&str> = data.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["createdAt", "id", "step", "updatedAt", "userId"]);
    assert_eq!(ids(&world, List::of(&TASKS)).await, [""; 0]);
    world.row(&TASKS, "a", task("x"));
}

#[tokio::test]
async fn too_much_data_ends_a_call() {
    let world = World::new();
    world.row(&TASKS, "a", task("x"));
    let mut steps = world.steps(json!({}));
    assert!(steps.env().look_at(4_999_999));
    steps.list(List::of(&TASKS)).await.unwrap();
    let error = steps.list(List::of(&TASKS)).await.unwrap_err();
    assert_eq!(step_error(error), StepError::TooMuchData);
    let error = steps.finish(Value::Null, &ANY).await.unwrap_err();
    assert_eq!(step_error(error), StepError::TooMuchData);
}
