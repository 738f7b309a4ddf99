//! Steps over rows in memory, which are folded as the log's are.

mod calls;
mod catalog;
mod deletion;
mod finish;
mod list;
mod pages;
mod places;
mod plans;
mod shared;
mod unreadable;

pub(super) mod world;
mod writes;

use mana_mcp_values::{Env, Value};
use serde_json::{Value as Json, json};

use super::{Cascade, Given, List, Place, Row, StepError, Steps, TableInfo};
use crate::{
    rows::{FieldDefault, FieldSpec, TableSpec},
    tool::{ToolError, ToolOutput},
    types::{Member, Type},
};

pub(super) const PERSONAL: &str = "space-ada";
pub(super) const SHARED: &str = "space-team";
pub(super) const ADA: &str = "ada";

const PLAIN: FieldSpec = FieldSpec { name: "", encrypted: false, required: false, default: None };
const SEALED: FieldSpec = FieldSpec { encrypted: true, ..PLAIN };

const fn named(name: &'static str, field: FieldSpec) -> FieldSpec {
    FieldSpec { name, ..field }
}

const fn with_default(name: &'static str, default: FieldDefault) -> FieldSpec {
    FieldSpec { name, default: Some(default), ..PLAIN }
}

const ID: FieldSpec = FieldSpec { name: "id", required: true, ..PLAIN };

pub(super) const PRIORITIES: &[&str] = &["low", "medium", "high"];

pub(super) static TASKS: TableInfo = TableInfo {
    spec: TableSpec {
        app: "todo",
        table: "tasks",
        sync_name: "tasks",
        noun: "task",
        fields: &[
            ID,
            FieldSpec { name: "title", required: true, ..SEALED },
            named("note", SEALED),
            with_default("isDone", FieldDefault::Bool(false)),
            with_default("priority", FieldDefault::Text("medium")),
            named("due", PLAIN),
            named("order", PLAIN),
            named("list", PLAIN),
            named("count", PLAIN),
            named("tags", PLAIN),
            named("source", PLAIN),
            named("doneAt", PLAIN),
            named("day", PLAIN),
            named("parent", PLAIN),
        ],
    },
    types: &[
        Type::Id,
        Type::Text,
        Type::Text,
        Type::Bool,
        Type::Enum(PRIORITIES),
        Type::Moment,
        Type::Double,
        Type::Id,
        Type::Int,
        Type::List(&Type::Text),
        Type::Object(SOURCE),
        Type::Timestamp,
        Type::Date,
        Type::Id,
    ],
    is_of_user: false,
    privacy: Some("private"),
    label: Some("title"),
    creates: &[("isDone", "false"), ("note", "\"\""), ("count", "null"), ("tags", "[]")],
    place: Some(Place { field: "order", step: 1.0, among: &["list"] }),
    cascade: &[
        Cascade { table: tasks, takes: is_part, needs: &[] },
        Cascade { table: blocks, takes: is_block_of, needs: &["list"] },
    ],
};

const SOURCE: &[Member] = &[Member { name: "app", ty: Type::Text }, Member { name: "ref", ty: Type::Int }];

/// Of another app. Its rows are shown whatever their visibility says.
pub(super) static BLOCKS: TableInfo = TableInfo {
    spec: TableSpec {
        app: "blocks",
        table: "blocks",
        sync_name: "timeBlocks",
        noun: "block",
        fields: &[ID, named("sourceId", PLAIN), named("order", PLAIN)],
    },
    types: &[Type::Id, Type::Id, Type::Double],
    is_of_user: false,
    privacy: None,
    label: None,
    creates: &[("visibility", "\"private\"")],
    place: Some(Place { field: "order", step: 1024.0, among: &[] }),
    cascade: &[Cascade { table: tasks, takes: |_, row, deleted| row.get("list") == *deleted.member("id"), needs: &[] }],
};

pub(super) static SETTINGS: TableInfo = TableInfo {
    spec: TableSpec {
        app: "todo",
        table: "settings",
        sync_name: "settings",
        noun: "settings",
        fields: &[ID, named("userId", PLAIN), named("theme", PLAIN), named("step", PLAIN)],
    },
    types: &[Type::Id, Type::Text, Type::Text, Type::Int],
    is_of_user: true,
    privacy: None,
    label: None,
    creates: &[("step", "15")],
    place: None,
    cascade: &[],
};

fn tasks() -> &'static TableInfo {
    &TASKS
}

fn blocks() -> &'static TableInfo {
    &BLOCKS
}

fn is_part(_: &Env, row: &Row<'_>, deleted: &Value) -> bool {
    row.get("parent") == *deleted.member("id")
}

fn is_block_of(_: &Env, row: &Row<'_>, deleted: &Value) -> bool {
    row.get("sourceId") == *deleted.member("id")
}

/// Any output.
pub(super) static ANY: Type = Type::Json;

pub(super) fn text(text: &str) -> Value {
    Value::text(text)
}

/// A text for a new row.
pub(super) fn value(text: &str) -> Given {
    Given::Value(Value::text(text))
}

/// A value's JSON.
pub(super) fn json_of(value: &Value) -> Json {
    serde_json::to_value(value).unwrap()
}

pub(super) fn output(output: &ToolOutput) -> Json {
    serde_json::from_slice(output.json()).unwrap()
}

/// The texts of a field in a list of rows.
pub(super) fn texts(rows: &Value, field: &str) -> Vec<String> {
    rows.items().iter().map(|row| row.member(field).as_str().unwrap_or("-").to_owned()).collect()
}

pub(super) fn step_error(error: ToolError) -> StepError {
    match error {
        ToolError::Step(error) => error,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn commit(steps: Steps) {
    steps.finish(Value::Null, &ANY).await.unwrap();
}

fn is_send<T: Send>(_: &T) {}

#[tokio::test]
async fn what_handlers_await_may_move_to_another_thread() {
    let world = world::World::new();
    let mut steps = world.steps(json!({}));
    let search = text("x");
    let (stored, sealed, key) = (
        |_: &Env, row: &Row<'_>| row.get("isDone").is_true(),
        |_: &Env, row: &Value| row.member("title") == &search,
        |_: &Env, row: &Value| row.member("title").clone(),
    );
    let sort = [super::Sort { by: super::SortBy::Key(&["title"], &key), descending: false }];
    let what = List {
        fields: &["id"],
        stored: Some(&stored),
        sealed: Some((&["title"], &sealed)),
        search: Some((&["title"], &search)),
        sort: &sort,
        ..List::of(&TASKS)
    };
    let page = super::PageOf { limit: &Value::Null, cursor: &Value::Null, step: "tasks" };
    is_send(&steps.list(what));
    is_send(&steps.page(what, page));
    is_send(&steps.insert(&TASKS, &["id"], vec![("title", value("a"))]));
    is_send(&steps.put(&TASKS, &["id"], vec![("id", text("a"))], true, vec![]));
    is_send(&steps.update(&TASKS, &["id"], &["title"], &search, |_, row| {
        Ok(super::Change::new().set("title", row.member("title").clone()))
    }));
    is_send(&steps.update_where(what, 100, |_, _| Ok(super::Change::new())));
    is_send(&steps.delete(&TASKS, &search, false));
    is_send(&steps.delete_where(what, 100, false));
    is_send(&steps.restore(&TASKS, &["id"], &search));
    is_send(&steps.call(&calls::READ, Value::Null));
    is_send(&steps.call_each(&calls::READ, vec![Value::Null]));
    is_send(&steps.finish(Value::Null, &ANY));
}

#[tokio::test]
async fn a_call_knows_its_user_space_and_ids() {
    let world = world::World::new();
    let context = world.context("user.write", json!({}));
    let steps = Steps::new(&context);
    assert_eq!(json_of(&steps.user()), json!({ "id": ADA }));
    assert_eq!(json_of(&steps.space()), json!({ "id": PERSONAL, "type": "personal" }));
    assert_eq!(steps.env().now(), context.now());
    let ids = steps.ids();
    let id = ids.uuid();
    assert_eq!(id, Steps::new(&context).ids().uuid());
    let uuid: uuid::Uuid = id.as_str().unwrap().parse().unwrap();
    assert_eq!((uuid.get_version_num(), uuid.get_variant()), (8, uuid::Variant::RFC4122));
    assert_ne!(id, ids.uuid());
    assert_ne!(id, world.steps(json!({})).ids().uuid());
}

#[tokio::test]
async fn conditions_and_repetitions_stop_a_call() {
    let world = world::World::new();
    let mut steps = world.steps(json!({}));
    steps.insert(&TASKS, &[], vec![("title", value("a"))]).await.unwrap_err();
    steps.claim_places(&[&TASKS]);
    steps.insert(&TASKS, &[], vec![("title", value("a"))]).await.unwrap();
    steps.require(true, || panic!("not asked")).unwrap();
    let error = steps.require(false, || "This habit is archived.".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "This habit is archived.");
    assert_eq!(step_error(error), StepError::Refused { why: "This habit is archived.".to_owned() });
    drop(steps);
    assert_eq!(world.pushes(), 0, "nothing is written");

    let steps = world.steps(json!({}));
    let numbers = |many| Value::list((0..many).map(Value::Int));
    assert_eq!(steps.each(&numbers(100)).unwrap().len(), 100);
    assert_eq!(steps.each(&Value::Null).unwrap().len(), 0);
    let error = steps.each(&numbers(101)).map(<[Value]>::len).unwrap_err();
    assert_eq!(step_error(error), StepError::TooManyElements { elements: 101, limit: 100 });
}
