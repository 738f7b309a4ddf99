//! Steps over the standalone services.

use mana_mcp_runtime::{
    rows::{FieldSpec, TableSpec},
    steps::{Given, List, PageOf, Place, Steps, TableInfo},
    types::Type,
    values::Value,
};
use serde_json::{Value as Json, json};

use super::{ADA, BOB, Calls, Note, World};

const PLAIN: FieldSpec = FieldSpec { name: "", encrypted: false, required: false, default: None };
const ID: FieldSpec = FieldSpec { name: "id", required: true, ..PLAIN };

static NOTES: TableInfo = TableInfo {
    spec: TableSpec {
        app: "notes",
        table: "notes",
        sync_name: "notes",
        noun: "note",
        fields: &[
            ID,
            FieldSpec { name: "title", encrypted: true, ..PLAIN },
            FieldSpec { name: "order", ..PLAIN },
            FieldSpec { name: "isArchived", ..PLAIN },
        ],
    },
    types: &[Type::Id, Type::Text, Type::Double, Type::Bool],
    is_of_user: false,
    privacy: Some("private"),
    label: Some("title"),
    creates: &[("isArchived", "false")],
    place: Some(Place { field: "order", step: 1.0, among: &[] }),
    cascade: &[],
};

static SETTINGS: TableInfo = TableInfo {
    spec: TableSpec {
        app: "notes",
        table: "noteSettings",
        sync_name: "settings",
        noun: "settings",
        fields: &[ID, FieldSpec { name: "theme", ..PLAIN }],
    },
    types: &[Type::Id, Type::Text],
    is_of_user: true,
    privacy: None,
    label: None,
    creates: &[],
    place: None,
    cascade: &[],
};

static ANY: Type = Type::Json;

fn text(text: &str) -> Given {
    Given::Value(Value::text(text))
}

async fn finish(steps: Steps, output: Value) -> Json {
    serde_json::from_slice(steps.finish(output, &ANY).await.unwrap().json()).unwrap()
}

#[tokio::test]
async fn rows_that_steps_write_are_read_by_steps_and_by_records() {
    let world = World::new();
    let calls: Calls<Note> = world.notes(ADA).await;
    let mut steps = Steps::new(&calls.context());
    steps.claim_places(&[&NOTES]);
    for title in ["one", "two"] {
        steps.insert(&NOTES, &[], vec![("title", text(title))]).await.unwrap();
    }
    finish(steps, Value::Null).await;
    let rows = calls.list(mana_mcp_runtime::table::Query::new().sort_by("order")).await.unwrap().rows;
    assert_eq!(super::titles(&rows), ["one", "two"]);
    assert_eq!(rows.iter().map(|row| row.order).collect::<Vec<_>>(), [0, 1]);

    let mut arguments = json!({ "limit": 1 });
    let mut found = Vec::new();
    for _ in 0..2 {
        let cursor = arguments.get("cursor").and_then(Json::as_str).map_or(Value::Null, Value::text);
        let mut steps = Steps::new(&calls.context_with(arguments.clone()));
        let page = PageOf { limit: &Value::Int(1), cursor: &cursor, step: "notes" };
        let page = steps.page(List { fields: &["title"], ..List::of(&NOTES) }, page).await.unwrap();
        let page = finish(steps, Value::object([("notes", page)])).await;
        found.push(page["notes"][0]["title"].as_str().unwrap().to_owned());
        arguments["cursor"] = page.get("nextCursor").cloned().unwrap_or_default();
    }
    found.sort_unstable();
    assert_eq!(found, ["one", "two"]);
    assert!(arguments["cursor"].is_null());
}

#[tokio::test]
async fn rows_of_a_user_have_no_space_and_are_seen_by_nobody_else() {
    let world = World::new();
    let calls: Calls<Note> = world.notes(ADA).await;
    let mut steps = Steps::new(&calls.context());
    let key = || vec![("id", Value::text("default"))];
    steps.put(&SETTINGS, &[], key(), true, vec![("theme", text("dark"))]).await.unwrap();
    finish(steps, Value::Null).await;
    let mut steps = Steps::new(&calls.context());
    let put = steps.put(&SETTINGS, &["id", "theme"], key(), true, vec![("theme", text("light"))]).await.unwrap();
    let put = finish(steps, put).await;
    assert_eq!(put, json!({ "row": { "id": "default", "theme": "light" }, "created": false }));
    for (user, wanted) in [(ADA, json!([{ "theme": "light" }])), (BOB, json!([]))] {
        let calls: Calls<Note> = world.notes(user).await;
        let mut steps = Steps::new(&calls.context());
        let rows = steps.list(List { fields: &["theme"], ..List::of(&SETTINGS) }).await.unwrap();
        assert_eq!(finish(steps, Value::object([("rows", rows)])).await, json!({ "rows": wanted }));
    }
}
