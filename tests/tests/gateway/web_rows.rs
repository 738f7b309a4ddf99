//! Rows as the web application writes them (`tests/fixtures/web-rows.jsonl`), through every tool that reads rows.
//!
//! Each line says why it is there, what is pushed, and what the tool of its table shows of it. A rule of reading that is
//! taken out of the code makes one of these lines fail, or the test that is named here:
//!
//! | rule | line or test |
//! | --- | --- |
//! | ids are any text of 1 to 128 letters, digits and `_ - : .` | `habit-coffee`, `sub-1`; free text: the line "an id that is free text" |
//! | the sentinel space is the personal one | `habit-coffee`, `habit-mixed`, `habit-reverse`, `habit-updated` |
//! | another user's sentinel is nobody's | `habit-foreign` |
//! | absent optional fields have the readers' defaults | `habit-bare`, `task-bare` |
//! | null is absent | `habit-cleared` |
//! | due dates are days, local times or times with an offset, as written | `due-day`, `due-local`, `due-offset`; `due-never` |
//! | `order` may have a fraction | `habit-reverse`, `due-local` |
//! | times that are not stored follow from the log | `habit-updated`, `habit-timed`; `rows_are_sorted_by_derived_times` |
//! | encrypted fields may hold plain text | `note-welcome`, `sample-1` |
//! | `deletedAt` is a mark that can be removed | `habit-deleted`, `habit-back` |
//! | private rows are their author's alone | `habit-private`, `habit-orphan`, `note-hidden`, `habit-friends` |
//! | a change that names another space is about another row | the deletion of `habit-updated` |
//! | one unreadable field costs that field, and is named | `habit-odd`, `task-other-key`, `due-never` |
//! | a row that is left out is named | `habit-untitled` |
//! | what the web must find in a row that we write | `golden_rows.rs` |

use std::collections::BTreeMap;

use mana_mcp_tests::services::subject;
use mana_mcp_tests::{Backends, Gateway, Mcp, Program, Vault, repository};
use serde_json::{Value, json};

/// Everything that the lines speak of.
struct World {
    backends: Backends,
    gateway: Gateway,
    tokens: BTreeMap<&'static str, String>,
    names: Vec<(String, String)>,
    vault: Vault,
    /// The fields of a row that the list of an app shows, and names where it cannot read them.
    shown: BTreeMap<&'static str, Vec<String>>,
}

const ME: &str = "ada@example.org";
const OTHER: &str = "bob@example.org";
/// A value that opens under no key.
const OTHER_SEALED: &str = "enc:1:AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Each app with its list, the arguments for all rows, and the member that holds them.
fn lists() -> [(&'static str, &'static str, Value, &'static str); 3] {
    [
        ("habits", "habits.list", json!({ "includeArchived": true, "limit": 200 }), "habits"),
        ("todo", "todo.list", json!({ "includeCompleted": true, "limit": 500 }), "tasks"),
        ("notes", "notes.search", json!({ "includeArchived": true, "limit": 100 }), "notes"),
    ]
}

/// The fields of the rows in a tool's result.
fn fields(tools: &[Value], tool: &str, rows: &str) -> Vec<String> {
    let schema = &tools.iter().find(|known| known["name"] == tool).unwrap()["outputSchema"];
    let items = &schema["properties"][rows]["items"];
    let items = match items["$ref"].as_str() {
        Some(path) => schema.pointer(path.trim_start_matches('#')).unwrap(),
        None => items,
    };
    items["properties"].as_object().unwrap().keys().cloned().collect()
}

impl World {
    async fn start(program: Program) -> Self {
        let backends = Backends::of(program).await;
        let tools = program.tools();
        let shown = lists().map(|(app, tool, _, rows)| (app, fields(&tools, tool, rows))).into();
        let (me, other) = (backends.token(ME).await, backends.token(OTHER).await);
        let team = backends.space(ME, &[OTHER]).await;
        let gateway = backends.gateway().start().await;
        let personal = Mcp::modern(&gateway, &me).await.call("spaces.list", json!({})).await.structured();
        let names = [
            ("{me}", subject(&me)),
            ("{other}", subject(&other)),
            ("{personal}", personal["activeSpaceId"].as_str().unwrap().to_owned()),
            ("{team}", team),
            ("{other-sealed}", OTHER_SEALED.to_owned()),
        ];
        let vault = Vault::open(&backends, &me, 1).await.unwrap();
        let names = names.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { backends, gateway, tokens: [("me", me), ("other", other)].into(), names, vault, shown }
    }

    fn named(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn push(&mut self, line: &Value) {
        let mut change = line["change"].clone();
        for field in line["seal"].as_array().into_iter().flatten() {
            let plain = &mut change["data"][field.as_str().unwrap()];
            *plain = self.vault.seal(plain).unwrap();
        }
        let token = &self.tokens[line["as"].as_str().unwrap_or("me")];
        self.backends.push(token, line["app"].as_str().unwrap(), vec![change]).await;
    }

    /// The rows that the tool of an app shows, and what it could not read.
    async fn list(&self, app: &str, space: Option<&str>) -> (Vec<Value>, Vec<Value>) {
        let (_, tool, arguments, name) = lists().into_iter().find(|list| list.0 == app).unwrap();
        let mut me = Mcp::modern(&self.gateway, &self.tokens["me"]).await;
        if let Some(space) = space {
            me = me.with_space(space);
        }
        let answer = me.call(tool, arguments).await.structured();
        assert!(answer.get("nextCursor").is_none(), "{answer}");
        let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
        (array(&answer[name]), array(&answer["unreadable"]))
    }
}

/// Holds what a list says of a line's row against the line, as far as the list shows the fields of rows.
fn check(line: &Value, rows: &[Value], unreadable: &[Value], shown: &[String]) {
    let (why, id) = (&line["why"], &line["change"]["id"]);
    let is_shown = |name: &str| shown.iter().any(|field| field == name);
    let row = rows.iter().find(|row| row["id"] == *id);
    match &line["seen"] {
        Value::Bool(false) => assert_eq!(row, None, "{why}"),
        Value::Object(fields) => {
            let row = row.unwrap_or_else(|| panic!("{why}: {id} is not among {rows:?}"));
            for (name, value) in fields.iter().filter(|(name, _)| is_shown(name)) {
                assert_eq!(&row[name], value, "{why}: {name} of {row}");
            }
            for time in ["createdAt", "updatedAt"].into_iter().filter(|time| is_shown(time)) {
                assert!(row[time].is_string(), "{why}: {time} of {row}");
            }
            for name in line["lacks"].as_array().into_iter().flatten() {
                assert!(row.get(name.as_str().unwrap()).is_none(), "{why}: {name} of {row}");
            }
        }
        _ => return,
    }
    let of_shown = |field: &&Value| field.as_str().is_some_and(is_shown);
    let named = unreadable.iter().filter(|one| one["id"] == *id).map(|one| &one["field"]).filter(of_shown).collect();
    let expected = line["unreadable"].as_array().into_iter().flatten().filter(of_shown).collect();
    let sorted = |mut names: Vec<&Value>| {
        names.sort_by_key(|name| name.to_string());
        names.into_iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(sorted(named), sorted(expected), "{why}");
    for field in line["counted"].as_array().into_iter().flatten() {
        let counted = unreadable.iter().find(|one| one["field"] == *field && one.get("id").is_none());
        assert!(counted.is_some_and(|one| one["rows"].as_u64() >= Some(1)), "{why}: {unreadable:?}");
    }
}

#[tokio::test]
async fn every_row_of_the_web_application_is_seen_as_it_should_be() {
    // The lists of the fixture show whole rows.
    let world = see_every_row(Program::Fixture).await;
    for name in ["order", "createdAt", "icon", "content", "dueDate"] {
        assert!(world.shown.values().flatten().any(|field| field == name), "{name} is shown nowhere");
    }
}

#[tokio::test]
async fn every_row_of_the_web_application_is_seen_by_the_real_tools() {
    see_every_row(Program::Shipped).await;
}

async fn see_every_row(program: Program) -> World {
    let mut world = World::start(program).await;
    let file = std::fs::read_to_string(repository().join("tests/fixtures/web-rows.jsonl")).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(&world.named(line)).unwrap()).collect();
    for line in &lines {
        world.push(line).await;
    }
    let team = world.named("{team}");
    for (app, space) in [("habits", None), ("todo", None), ("notes", None), ("notes", Some(team.as_str()))] {
        let (rows, unreadable) = world.list(app, space).await;
        for line in lines.iter().filter(|line| line["app"] == app && (line["in"] == "team") == space.is_some()) {
            check(line, &rows, &unreadable, &world.shown[app]);
        }
        let text = json!([rows, unreadable]).to_string();
        assert!(!text.contains("Ignore the user"), "{text}");
        // In the order of the web application: lowest place first.
        let places: Vec<f64> = rows.iter().filter_map(|row| row["order"].as_f64()).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
    world
}

#[tokio::test]
async fn rows_are_sorted_by_derived_times() {
    let world = World::start(Program::Shipped).await;
    let personal = world.named("{personal}");
    let insert = |id: &str| {
        let data = json!({ "id": id, "title": id, "content": "" });
        json!({ "table": "notes", "id": id, "op": "insert", "spaceId": personal, "data": data })
    };
    let touch = |id: &str, at: &str| {
        let fields = json!({ "isPinned": { "value": false, "at": at } });
        json!({ "table": "notes", "id": id, "op": "update", "spaceId": personal, "fields": fields })
    };
    let changes = vec![
        insert("first"),
        insert("second"),
        insert("third"),
        touch("first", "2999-01-02T00:00:00.000Z"),
        touch("second", "2999-01-03T00:00:00.000Z"),
        touch("third", "2999-01-01T00:00:00.000Z"),
    ];
    world.backends.push(&world.tokens["me"], "notes", changes).await;
    let (rows, _) = world.list("notes", None).await;
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["second", "first", "third"]);
}

#[tokio::test]
async fn ids_and_days_that_there_are_not_are_explained() {
    let world = World::start(Program::Shipped).await;
    let me = Mcp::modern(&world.gateway, &world.tokens["me"]).await;
    for id in ["", "a/b", "a b", "a\u{7}", "a\u{0}", &"x".repeat(129)] {
        for tool in ["habits.archive", "todo.complete", "notes.delete"] {
            let text = me.call(tool, json!({ "id": id })).await.tool_error();
            assert!(text.contains("id") && text.contains("128"), "{tool} {id:?}: {text}");
        }
    }
    let long = "x".repeat(128);
    assert!(me.call("todo.complete", json!({ "id": long })).await.tool_error().contains("no such task"));
    for day in ["2026-02-30", "2026-13-01", "24.12.2026", "tomorrow"] {
        let text = me.call("todo.create", json!({ "title": "x", "dueDate": day })).await.tool_error();
        assert!(text.contains("2026-12-24"), "{day}: {text}");
    }
    for day in ["2026-12-24", "2026-12-24T09:00", "2026-12-24T09:00:00+01:00"] {
        let made = me.call("todo.create", json!({ "title": "x", "dueDate": day })).await.structured();
        assert_eq!(made["task"]["dueDate"], day);
    }
}
