//! Writing rows: new ones, changes, and what a call sees of its own writes.

use super::{
    super::{Change, store},
    world::World,
    *,
};
use crate::{decode::Id, log::Operation, tool::RowIds};
use sha2::{Digest, Sha256};

fn titled(title: &str) -> Vec<(&'static str, Given)> {
    vec![("title", value(title)), ("order", Given::Value(Value::Double(1.0)))]
}

#[tokio::test]
async fn a_new_row_has_what_the_table_gives_it() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    let moment = Value::Moment(std::sync::Arc::new("2026-05-02T09:00".parse().unwrap()));
    let source = Value::object([("app", text("mail")), ("ref", Value::Null)]);
    let row = steps
        .insert(
            &TASKS,
            &["id", "title", "note", "isDone", "priority", "due", "count", "tags", "source", "order", "createdAt"],
            vec![
                ("title", value("Roses")),
                ("note", Given::Value(Value::Null)),
                ("priority", value("high")),
                ("due", Given::Value(moment)),
                ("order", Given::Value(Value::Double(3.0))),
                ("source", Given::Value(source)),
                ("list", Given::Null),
                ("day", Given::Value(Value::Null)),
                ("doneAt", Given::Value(Value::Timestamp("2026-05-02T09:00:00+02:00".parse().unwrap()))),
            ],
        )
        .await
        .unwrap();
    let id = row.member("id").as_str().unwrap().to_owned();
    let shown = json_of(&row);
    let now = steps.env().now().to_string();
    assert_eq!(
        shown,
        json!({
            "id": id, "title": "Roses", "note": "", "isDone": false, "priority": "high", "due": "2026-05-02T09:00",
            "tags": [], "source": { "app": "mail" }, "order": 3.0, "createdAt": now,
        })
    );
    assert_eq!(world.pushes(), 0, "nothing is stored before the end");
    commit(steps).await;
    let [change] = &world.changes()[..] else { panic!() };
    let Operation::Insert { data } = &change.operation else { panic!("{change:?}") };
    assert_eq!((change.id.as_str(), change.space_id.as_deref()), (id.as_str(), Some(PERSONAL)));
    assert!(change.actor.as_ref().unwrap()["callId"].is_string());
    let mut data = data.clone();
    for sealed in ["title", "note"] {
        assert!(data.remove(sealed).unwrap().as_str().unwrap().starts_with("enc:1:"));
    }
    assert_eq!(
        Json::Object(data),
        json!({
            "id": id, "isDone": false, "count": null, "tags": [], "priority": "high", "due": "2026-05-02T09:00",
            "order": 3, "source": { "app": "mail" }, "list": null, "doneAt": "2026-05-02T07:00:00.000Z",
            "createdAt": now, "updatedAt": now, "spaceId": PERSONAL, "authorId": ADA, "visibility": "space",
        })
    );
    assert_eq!(world.opened(&TASKS, &id, "title"), json!("Roses"));
    // What the table says of visibility stands.
    let mut steps = world.steps(json!({}));
    let order = ("order", Given::Value(Value::Int(1)));
    let block = steps.insert(&BLOCKS, &["id"], vec![("sourceId", value(&id)), order]).await.unwrap();
    commit(steps).await;
    assert_eq!(world.field(&BLOCKS, block.member("id").as_str().unwrap(), "visibility"), json!("private"));
}

#[tokio::test]
async fn ids_of_new_rows_follow_from_the_call() {
    let world = World::new();
    let context = world.context("user.write", json!({}));
    let made = async || {
        let mut steps = Steps::new(&context);
        let mut ids = Vec::new();
        for title in ["a", "b"] {
            let row = steps.insert(&TASKS, &["id"], titled(title)).await.unwrap();
            ids.push(row.member("id").as_str().unwrap().to_owned());
        }
        ids
    };
    let ids = made().await;
    assert_eq!(ids, made().await);
    assert_ne!(ids[0], ids[1]);
    let mut steps = Steps::new(&context);
    let id = steps.ids().uuid();
    let mut values = titled("a");
    values.push(("id", Given::Value(id.clone())));
    assert_eq!(steps.insert(&TASKS, &["id"], values).await.unwrap().member("id"), &id);
}

/// What a call with this idempotency key makes: ids of the first step, which may be left out, and those behind it.
async fn made_again(world: &World, leaves_out: bool) -> Vec<Value> {
    let keyed = RowIds::new(|name| *Sha256::digest(name).first_chunk().unwrap());
    let run = async {
        let steps = &mut world.steps(json!({}));
        let ids = steps.ids();
        if !leaves_out {
            steps.begin("first");
            steps.insert(&BLOCKS, &["id"], vec![("order", Given::Value(Value::Int(1)))]).await.unwrap();
            assert!(ids.uuid().as_str().is_some());
        }
        steps.begin("named");
        let named = ids.uuid();
        steps.begin("put");
        let key = vec![("count", Value::Int(5))];
        let put = steps.put(&TASKS, &["id"], key, true, titled("Roses")).await.unwrap();
        steps.begin("each");
        let elements = if leaves_out { &["b"][..] } else { &["a", "b"] };
        let mut rows = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            steps.begin_element(at, &text(element));
            rows.push(steps.insert(&TASKS, &["id"], titled(element)).await.unwrap().get("id"));
        }
        vec![named, put.member("row").get("id"), rows.last().unwrap().clone()]
    };
    keyed.supply(run).await
}

#[tokio::test]
async fn a_step_that_is_left_out_the_second_time_changes_no_later_id() {
    let world = World::new();
    let first = made_again(&world, false).await;
    assert_eq!(first, made_again(&world, true).await);
    assert!(first.iter().all(|id| first.iter().filter(|other| *other == id).count() == 1), "{first:?}");
}

#[tokio::test]
async fn a_call_that_is_made_again_finds_its_own_row_and_none_of_another_space() {
    let ids = || RowIds::new(|_| [7; 16]);
    let id = ids().supply(async { Id::new() }).await;
    for (space, pushes) in [(PERSONAL, 0), (SHARED, 1)] {
        let world = World::new();
        world.row(&TASKS, id.as_str(), json!({ "title": "x", "spaceId": space }));
        let mut steps = world.steps(json!({}));
        let made = ids().supply(steps.insert(&TASKS, &["id"], titled("Roses"))).await.unwrap();
        assert_eq!(made.member("id").as_str(), Some(id.as_str()));
        commit(steps).await;
        assert_eq!(world.pushes(), pushes, "{space}");
    }
}

#[tokio::test]
async fn a_write_sees_what_the_call_has_written() {
    let world = World::new();
    world.row(&TASKS, "old", json!({ "title": "Old", "count": 1 }));
    let mut steps = world.steps(json!({}));
    let new = steps.insert(&TASKS, &["id"], titled("New")).await.unwrap();
    let id = new.member("id").clone();
    for count in 1..=3 {
        let row = steps
            .update(&TASKS, &["title", "count"], &["title", "count"], &id, |_, row| {
                let before = if count == 1 { Value::Null } else { Value::Int(count - 1) };
                assert_eq!((row.member("title").as_str().unwrap(), row.member("count")), ("New", &before));
                Ok(Change::new().set("count", Value::Int(count)))
            })
            .await
            .unwrap();
        assert_eq!(json_of(&row), json!({ "title": "New", "count": count }));
    }
    let many = |_: &Env, row: &Row<'_>| row.get("count") == Value::Int(3);
    let what = List { fields: &["title"], stored: Some(&many), ..List::of(&TASKS) };
    let rows = steps.update_where(what, 100, |_, _| Ok(Change::new().set("isDone", Value::Bool(true)))).await.unwrap();
    assert_eq!(texts(&rows, "title"), ["New"]);
    assert_eq!(steps.delete(&TASKS, &id, false).await.unwrap(), Value::Int(1));
    let change = |_: &Env, _: &Value| Ok(Change::new().set("count", Value::Int(9)));
    steps.update(&TASKS, &[], &[], &id, change).await.unwrap_err();
    steps.update(&TASKS, &[], &[], &text("old"), change).await.unwrap();
    steps.restore(&TASKS, &[], &id).await.unwrap();
    commit(steps).await;
    assert_eq!(world.field(&TASKS, id.as_str().unwrap(), "count"), json!(3));
    assert!(world.stored(&TASKS, id.as_str().unwrap()).unwrap().is_live());
    assert_eq!(world.field(&TASKS, "old", "count"), json!(9));
    assert_eq!(world.pushes(), 1, "one push for an app");
}

#[tokio::test]
async fn an_update_stores_what_is_given_cleared_and_set() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "Old", "note": "n", "count": 1, "list": "l" }));
    world.set(&TASKS, "a", "count", json!(2), "2999-01-01T00:00:00.000Z");
    let input = Value::object([("title", text("New")), ("clear", Value::list([text("note"), text("list")]))]);
    let mut steps = world.steps(json!({}));
    let change = |_: &Env, row: &Value| {
        let count = if row.member("count") == &Value::Int(2) { 3 } else { 0 };
        let change = Change::new().given("title", &input, "title").given("due", &input, "due");
        Ok(change.clear(input.member("clear")).set("count", Value::Int(count)).set("day", Value::Null))
    };
    let row = steps.update(&TASKS, &["title", "note", "list", "count"], &["count"], &text("a"), change).await.unwrap();
    assert_eq!(json_of(&row), json!({ "title": "New", "count": 3 }));
    commit(steps).await;
    let changes = world.changes();
    let Operation::Update { fields } = &changes[0].operation else { panic!() };
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["count", "day", "list", "note", "title", "updatedAt"]);
    assert!(fields["note"].value.is_null() && fields["list"].value.is_null() && fields["day"].value.is_null());
    assert_eq!(world.field(&TASKS, "a", "count"), json!(3), "later than what it replaces");
    assert_eq!(world.opened(&TASKS, "a", "title"), json!("New"));
}

#[tokio::test]
async fn a_change_of_nothing_and_one_that_contradicts_itself_are_errors_of_the_caller() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "Old" }));
    let input = Value::object([("title", text("New"))]);
    let refused = async |change: Change| {
        let mut steps = world.steps(json!({}));
        step_error(steps.update(&TASKS, &[], &[], &text("a"), |_, _| Ok(change)).await.unwrap_err())
    };
    let nothing = Change::new().given("note", &input, "note").clear(&Value::Null).clear(&Value::list([]));
    assert_eq!(refused(nothing).await, StepError::NothingToStore { noun: "task" });
    let both = Change::new().given("title", &input, "title").clear(&Value::list([text("title")]));
    assert_eq!(refused(both).await, StepError::GivenAndCleared { field: "title" });
    let unknown = Change::new().clear(&Value::list([text("wings")]));
    assert_eq!(refused(unknown).await, StepError::UnknownField { noun: "task" });
    for misfit in [
        ("title", Value::Int(1)),
        ("priority", text("urgent")),
        ("isDone", text("true")),
        ("due", text("2026-01-01")),
        ("order", text("1")),
        ("count", Value::Double(1.5)),
        ("tags", Value::list([Value::Int(1)])),
        ("source", Value::object([("wings", Value::Int(2))])),
        ("day", Value::Timestamp("2026-01-01T00:00:00Z".parse().unwrap())),
        ("list", text("two words")),
    ] {
        let field = misfit.0;
        assert_eq!(refused(Change::new().set(misfit.0, misfit.1)).await, StepError::Misfit { field });
    }
    assert_eq!(world.pushes(), 0);
    let own = Err(StepError::NoCursor.into());
    let error = world.steps(json!({})).update(&TASKS, &[], &[], &text("a"), |_, _| own).await.unwrap_err();
    assert_eq!(step_error(error), StepError::NoCursor);
}

#[tokio::test]
async fn more_rows_than_a_call_may_change_are_an_error_before_anything_is_written() {
    let world = World::new();
    (0..3).for_each(|number| world.row(&TASKS, &format!("row-{number}"), json!({ "title": "x", "count": number })));
    let change = |_: &Env, row: &Value| Ok(Change::new().set("count", row.member("count").clone()));
    let mut steps = world.steps(json!({}));
    let what = List { fields: &["id", "count"], ..List::of(&TASKS) };
    let error = step_error(steps.update_where(what, 2, change).await.unwrap_err());
    assert_eq!(error, StepError::TooManyRows { noun: "task", rows: 3, limit: 2 });
    let error = step_error(steps.delete_where(what, 2, false).await.unwrap_err());
    assert_eq!(error, StepError::TooManyRows { noun: "task", rows: 3, limit: 2 });
    let rows = steps.update_where(what, 3, change).await.unwrap();
    assert_eq!(texts(&rows, "id"), ["row-0", "row-1", "row-2"]);
    commit(steps).await;
    assert_eq!(world.changes().len(), 3);
}

#[tokio::test]
async fn a_put_finds_changes_keeps_or_makes_a_row() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "Old", "list": "l", "day": "2026-01-01", "order": 1 }));
    let day = |day: &str| Value::Date(day.parse().unwrap());
    let mut steps = world.steps(json!({}));
    let key = |date: &str| vec![("list", text("l")), ("day", day(date))];
    let fields = &["id", "title", "list", "day", "isDone"];
    let put = async |steps: &mut Steps, date: &str, replaces, title: &str| {
        json_of(&steps.put(&TASKS, fields, key(date), replaces, titled(title)).await.unwrap())
    };
    let row = |id: &Json, title: &str, date: &str| json!({ "id": id, "title": title, "list": "l", "day": date, "isDone": false });
    let kept = put(&mut steps, "2026-01-01", false, "New").await;
    assert_eq!(kept, json!({ "row": row(&json!("a"), "Old", "2026-01-01"), "created": false }));
    let replaced = put(&mut steps, "2026-01-01", true, "New").await;
    assert_eq!(replaced, json!({ "row": row(&json!("a"), "New", "2026-01-01"), "created": false }));
    let made = put(&mut steps, "2026-01-02", true, "Other").await;
    let id = made["row"]["id"].clone();
    assert_eq!(made, json!({ "row": row(&id, "Other", "2026-01-02"), "created": true }));
    // What this call has made is there.
    let again = put(&mut steps, "2026-01-02", true, "Third").await;
    assert_eq!(again, json!({ "row": row(&id, "Third", "2026-01-02"), "created": false }));
    commit(steps).await;
    assert_eq!(world.field(&TASKS, "a", "isDone"), Json::Null, "an old row gets nothing else");
}

#[tokio::test]
async fn a_put_by_id_brings_back_a_deleted_row_and_none_that_is_gone() {
    let world = World::new();
    let deleted = json!({ "title": "Old", "list": "l", "deletedAt": "2026-01-01T00:00:00.000Z" });
    world.row(&TASKS, "a", deleted);
    world.row(&TASKS, "gone", json!({ "title": "x" }));
    let gone = Operation::Delete { deleted_at: None };
    world.change(&TASKS, "gone", gone, Some(PERSONAL.to_owned()));
    let mut steps = world.steps(json!({}));
    let key = |id: &str| vec![("id", text(id))];
    let put = steps.put(&TASKS, &["title", "list"], key("a"), false, titled("New")).await.unwrap();
    assert_eq!(json_of(&put), json!({ "row": { "title": "New", "list": "l" }, "created": true }));
    let put = steps.put(&TASKS, &["id"], key("invoice-tx-1"), false, titled("New")).await.unwrap();
    assert_eq!(json_of(&put), json!({ "row": { "id": "invoice-tx-1" }, "created": true }));
    let error = steps.put(&TASKS, &[], key("gone"), true, titled("New")).await.unwrap_err();
    assert_eq!(step_error(error), StepError::RemovedForGood { noun: "task" });
    commit(steps).await;
    assert!(world.stored(&TASKS, "a").unwrap().is_live());
    assert!(world.stored(&TASKS, "invoice-tx-1").unwrap().is_live());
}

#[tokio::test]
async fn the_key_is_fetched_for_sealed_values_alone() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": world.sealed("x"), "order": 1 }));
    let mut steps = world.steps(json!({}));
    let change = |_: &Env, _: &Value| Ok(Change::new().set("isDone", Value::Bool(true)).set("note", Value::Null));
    steps.update(&TASKS, &["id", "isDone"], &["count"], &text("a"), change).await.unwrap();
    steps.delete(&TASKS, &text("a"), false).await.unwrap();
    steps.restore(&TASKS, &["id"], &text("a")).await.unwrap();
    commit(steps).await;
    assert_eq!(world.keys_fetched(), 0);
}

#[tokio::test]
async fn pushes_go_by_app_and_a_later_failure_takes_new_rows_back() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.claim_places(&[&TASKS, &BLOCKS]);
    let block = steps.insert(&BLOCKS, &["id"], vec![]).await.unwrap();
    steps.insert(&TASKS, &[], titled("a")).await.unwrap();
    steps.insert(&BLOCKS, &[], vec![]).await.unwrap();
    world.refuse(1);
    let error = steps.finish(Value::Null, &ANY).await.unwrap_err();
    assert!(error.to_string().starts_with("Only a part of this call could be stored"), "{error}");
    assert_eq!(world.apps(), ["blocks", "blocks"], "the second one deletes");
    assert!(!world.stored(&BLOCKS, block.member("id").as_str().unwrap()).unwrap().is_live());
}

#[test]
fn values_are_stored_by_their_type_and_read_back_alike() {
    let moment = |text: &str| Value::Moment(std::sync::Arc::new(text.parse().unwrap()));
    let (date, time) =
        (Value::Date("2026-01-02".parse().unwrap()), Value::Timestamp("2026-01-02T03:04:05Z".parse().unwrap()));
    static OBJECT: Type = Type::Object(SOURCE);
    static LIST: Type = Type::List(&OBJECT);
    static MAP: Type = Type::Map(&Type::Date);
    let uuid = "0190a5f0-0000-7000-8000-00000000000a";
    for (ty, given, stored) in [
        (&Type::Int, Value::Double(3.0), json!(3)),
        (&Type::Double, Value::Int(3), json!(3)),
        (&Type::Double, Value::Double(2.5), json!(2.5)),
        (&Type::Uuid, text(&uuid.to_uppercase()), json!(uuid)),
        (&Type::Moment, date.clone(), json!("2026-01-02")),
        (&Type::Moment, time.clone(), json!("2026-01-02T03:04:05.000Z")),
        (&Type::Moment, moment("2026-01-02T03:04"), json!("2026-01-02T03:04")),
        (&LIST, Value::list([Value::object([("app", text("a"))])]), json!([{ "app": "a" }])),
        (&MAP, Value::object([("a", date.clone()), ("b", Value::Null)]), json!({ "a": "2026-01-02" })),
        (
            &Type::Json,
            Value::list([time.clone(), Value::Null, Value::Bool(true)]),
            json!(["2026-01-02T03:04:05.000Z", null, true]),
        ),
        (&Type::Text, Value::Null, json!(null)),
    ] {
        let json = store::json_of(ty, &given).unwrap();
        assert_eq!(json, stored, "{ty:?}");
        let read = super::super::stored::of_json(ty, &json).unwrap();
        let written = crate::encode::Json::of(&read).unwrap();
        assert_eq!(written.text, stored.to_string(), "{ty:?}");
    }
    assert_eq!(store::json_of(&Type::Int, &Value::Int(1 << 60)), None);
    assert_eq!(store::json_of(&Type::Double, &Value::Double(f64::NAN)), None);
    assert_eq!(store::json_of(&Type::Date, &time), None);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_not_replaced_by_one_that_lacks_its_items() {
    let world = World::new();
    world.row(&TASKS, "a", json!({ "title": "x", "tags": ["one", 2], "count": "many" }));
    let tags = Value::list([text("three")]);
    let mut steps = world.steps(json!({}));
    let change = |change: Change| move |_: &Env, _: &Value| Ok(change);
    let error = steps.update(&TASKS, &[], &[], &text("a"), change(Change::new().set("tags", tags))).await.unwrap_err();
    assert_eq!(step_error(error), StepError::Unreadable { noun: "task", field: "tags" });
    assert_eq!(world.pushes(), 0);
    // A single value is meant as it is.
    steps.update(&TASKS, &[], &[], &text("a"), change(Change::new().set("count", Value::Int(2)))).await.unwrap();
    let cleared = Change::new().clear(&Value::list([text("tags")]));
    steps.update(&TASKS, &[], &[], &text("a"), change(cleared)).await.unwrap();
}
