//! What each writing tool of the shipped catalog pushes, change by change: the web application shows
//! a row only if all of this is right.

use mana_mcp_tests::services::subject;
use mana_mcp_tests::{Backends, Gateway, Mcp, Program};
use serde_json::{Map, Value, json};

const ADA: &str = "ada@example.org";

/// A user, their personal space, and a recording sync service behind the shipped program.
struct World {
    backends: Backends,
    gateway: Gateway,
    token: String,
    user: String,
    space: String,
    /// A team's space that the user is a member of.
    team: String,
}

impl World {
    async fn start() -> Self {
        let backends = Backends::of(Program::Shipped).await;
        let token = backends.token(ADA).await;
        let team = backends.space(ADA, &[]).await;
        let gateway = backends.gateway().start().await;
        let mcp = Mcp::modern(&gateway, &token).await;
        let spaces = mcp.call("spaces.list", json!({})).await.structured();
        let space = spaces["activeSpaceId"].as_str().unwrap().to_owned();
        Self { user: subject(&token), backends, gateway, token, space, team }
    }

    async fn mcp(&self) -> Mcp<'_> {
        Mcp::modern(&self.gateway, &self.token).await
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.mcp().await.call(tool, arguments).await.structured()
    }

    /// Rows that the web application wrote before it knew the active space, as it writes all samples.
    async fn push(&self, app: &str, table: &str, rows: &[(&str, Value)]) {
        let sentinel = format!("_personal:{}", self.user);
        let insert = |(id, data): &(&str, Value)| {
            let mut data = data.clone();
            for (name, value) in [("id", *id), ("spaceId", &sentinel), ("authorId", &self.user)] {
                data[name] = json!(value);
            }
            json!({ "table": table, "id": id, "op": "insert", "data": data })
        };
        self.backends.push(&self.token, app, rows.iter().map(insert).collect()).await;
    }

    async fn log(&self, app: &str, table: &str) -> Vec<Value> {
        self.backends.rows(&self.token, app, table).await
    }

    /// The last change of a table without what differs from call to call: ids, times, ciphertexts.
    async fn last(&self, app: &str, table: &str) -> Value {
        let change = self.log(app, table).await.pop().unwrap();
        assert_eq!(change["spaceId"], self.space, "the envelope names the space: {change}");
        assert_eq!(change["origin"], "agent", "{change}");
        let actor = &change["actor"];
        assert_eq!(actor["kind"], "ai", "{change}");
        for name in ["principalId", "displayName", "callId"] {
            assert!(actor[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {change}");
        }
        let id = change["id"].as_str().unwrap();
        assert!(change["data"].is_null() || change["data"]["id"] == id, "{change}");
        let kept = ["op", "data", "fields", "deletedAt"].map(|name| (name.to_owned(), change[name].clone()));
        let kept: Map<_, _> = kept.into_iter().filter(|(_, value)| !value.is_null()).collect();
        self.masked(&Value::Object(kept), id)
    }

    fn masked(&self, value: &Value, id: &str) -> Value {
        match value {
            Value::String(text) if *text == id => json!("<id>"),
            Value::String(text) if *text == self.space => json!("<space>"),
            Value::String(text) if *text == self.user => json!("<user>"),
            Value::String(text) if text.starts_with("enc:1:") => json!("<sealed>"),
            Value::String(text) if is_time(text) => json!("<time>"),
            Value::Array(items) => items.iter().map(|item| self.masked(item, id)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.masked(value, id))).collect()
            }
            other => other.clone(),
        }
    }
}

/// A time as the web application writes it: `2026-05-01T09:00:00.000Z`.
fn is_time(text: &str) -> bool {
    text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T' && text.as_bytes()[19] == b'.'
}

/// An insert: these fields, and what every insert stamps.
fn inserted(fields: Value) -> Value {
    let mut data = fields;
    let stamps = [("id", "<id>"), ("spaceId", "<space>"), ("authorId", "<user>"), ("visibility", "space")];
    for (name, value) in stamps.into_iter().chain([("createdAt", "<time>"), ("updatedAt", "<time>")]) {
        data[name] = json!(value);
    }
    json!({ "op": "insert", "data": data })
}

/// An update: these values, each with its time, and that of the change.
fn updated(values: Value) -> Value {
    let mut fields = json!({ "updatedAt": { "value": "<time>", "at": "<time>" } });
    for (name, value) in values.as_object().unwrap() {
        fields[name] = json!({ "value": value, "at": "<time>" });
    }
    json!({ "op": "update", "fields": fields })
}

fn deleted() -> Value {
    json!({ "op": "delete", "deletedAt": "<time>" })
}

#[tokio::test]
async fn habits_are_written_as_the_web_application_writes_them() {
    let world = World::start().await;
    // A deletion leaves a gap, and the web moves rows between others: only the greatest place counts.
    world.push("habits", "habits", &[("habit-coffee", json!({ "title": "Coffee", "order": 6.5 }))]).await;
    let id = world.call("habits.create", json!({ "title": "Read" })).await["habit"]["id"].clone();
    assert_eq!(
        world.last("habits", "habits").await,
        inserted(json!({
            "title": "Read", "icon": "star", "color": "#6366f1", "targetPerDay": null, "defaultDuration": null,
            "order": 7.5, "isArchived": false,
        }))
    );
    world.call("habits.update", json!({ "id": id, "title": "Read more", "targetPerDay": 2 })).await;
    assert_eq!(
        world.last("habits", "habits").await,
        updated(json!({ "title": "Read more", "targetPerDay": 2 })),
        "only what is given"
    );
    world.call("habits.archive", json!({ "id": "habit-coffee" })).await;
    assert_eq!(world.last("habits", "habits").await, updated(json!({ "isArchived": true })));
    world.call("habits.delete", json!({ "id": id })).await;
    assert_eq!(world.last("habits", "habits").await, deleted());
    world.call("habits.restore", json!({ "id": id })).await;
    assert_eq!(world.last("habits", "habits").await, updated(json!({ "deletedAt": null })));
}

#[tokio::test]
async fn tasks_are_written_as_the_web_application_writes_them() {
    let world = World::start().await;
    let task = json!({ "title": "Pay rent", "description": "By bank", "dueDate": "2026-12-24" });
    let id = world.call("todo.create", task).await["task"]["id"].clone();
    let stored = world.last("todo", "tasks").await;
    assert_eq!(
        stored,
        inserted(json!({
            "title": "<sealed>", "description": "<sealed>", "priority": "medium", "isCompleted": false,
            "dueDate": "2026-12-24", "scheduledBlockId": null, "estimatedDuration": null, "order": 0,
        }))
    );
    assert!(stored["data"]["order"].is_u64(), "a whole number has no fraction: {stored}");
    world.call("todo.complete", json!({ "id": id })).await;
    assert_eq!(world.last("todo", "tasks").await, updated(json!({ "isCompleted": true, "completedAt": "<time>" })));
    world.call("todo.delete", json!({ "id": id })).await;
    assert_eq!(world.last("todo", "tasks").await, deleted());
    world.call("todo.restore", json!({ "id": id })).await;
    assert_eq!(world.last("todo", "tasks").await, updated(json!({ "deletedAt": null })));
}

#[tokio::test]
async fn notes_and_journal_entries_are_written_as_the_web_application_writes_them() {
    let world = World::start().await;
    let id = world.call("notes.create", json!({ "title": "Ideas" })).await["note"]["id"].clone();
    assert_eq!(
        world.last("notes", "notes").await,
        inserted(json!({
            "title": "<sealed>", "content": "<sealed>", "color": null, "isPinned": false, "isArchived": false,
        }))
    );
    world.call("notes.delete", json!({ "id": id })).await;
    assert_eq!(world.last("notes", "notes").await, deleted());
    world.call("notes.restore", json!({ "id": id })).await;
    assert_eq!(world.last("notes", "notes").await, updated(json!({ "deletedAt": null })));

    // U+FEFF is white space to ECMAScript, U+0085 is not.
    let entry = json!({ "content": "one\u{feff}two\u{85}three four", "entryDate": "2026-04-01", "tags": ["work"] });
    world.call("journal.add", entry).await;
    assert_eq!(
        world.last("journal", "journalEntries").await,
        inserted(json!({
            "title": null, "content": "<sealed>", "entryDate": "2026-04-01", "mood": null, "tags": ["work"],
            "wordCount": 3, "isPinned": false, "isFavorite": false, "isArchived": false,
        }))
    );
}

/// The times at which the rows of a table were marked as deleted last, by id; `null` where they are not.
async fn marks(world: &World, app: &str, table: &str) -> Value {
    let mut marks = json!({});
    for change in world.log(app, table).await {
        let id = change["id"].as_str().unwrap();
        match change["op"].as_str().unwrap() {
            "delete" => marks[id] = change["deletedAt"].clone(),
            "insert" => marks[id] = Value::Null,
            _ if change["fields"].get("deletedAt").is_some() => {
                marks[id] = change["fields"]["deletedAt"]["value"].clone()
            }
            _ => {}
        }
    }
    marks
}

#[tokio::test]
async fn what_hangs_on_a_habit_goes_and_comes_back_with_it() {
    let world = World::start().await;
    world
        .push(
            "habits",
            "habits",
            &[("habit-water", json!({ "title": "Water" })), ("other", json!({ "title": "Other" }))],
        )
        .await;
    let log = |habit: &str, block: &str| json!({ "habitId": habit, "timeBlockId": block, "note": null });
    let logs = [("log-1", log("habit-water", "block-1")), ("log-2", log("other", "block-2"))];
    world.push("habits", "habitLogs", &logs).await;
    let block =
        |source: &str| json!({ "title": "Water", "sourceModule": "habits", "sourceId": source, "kind": "logged" });
    let blocks = [
        ("block-1", block("log-1")),
        ("block-2", block("log-2")),
        ("plan", block("habit-water")),
        ("gone", block("log-1")),
    ];
    world.push("timeblocks", "timeBlocks", &blocks).await;
    // The user deleted this block earlier: it stays away.
    let earlier = "2026-01-01T00:00:00.000Z";
    let gone =
        json!({ "table": "timeBlocks", "id": "gone", "op": "delete", "deletedAt": earlier, "spaceId": world.space });
    world.backends.push(&world.token, "timeblocks", vec![gone]).await;

    let answer = world.call("habits.delete", json!({ "id": "habit-water" })).await;
    assert_eq!(answer, json!({ "id": "habit-water", "restoreWith": "habits.restore" }));
    let at = marks(&world, "habits", "habits").await["habit-water"].clone();
    assert!(at.as_str().is_some_and(is_time), "{at}");
    assert_eq!(marks(&world, "habits", "habits").await["other"], Value::Null);
    assert_eq!(marks(&world, "habits", "habitLogs").await, json!({ "log-1": at, "log-2": null }));
    let expected = json!({ "block-1": at, "block-2": null, "plan": at, "gone": earlier });
    assert_eq!(marks(&world, "timeblocks", "timeBlocks").await, expected);

    let restored = world.call("habits.restore", json!({ "id": "habit-water" })).await;
    assert_eq!((&restored["habit"]["id"], &restored["habit"]["title"]), (&json!("habit-water"), &json!("Water")));
    assert_eq!(marks(&world, "habits", "habitLogs").await, json!({ "log-1": null, "log-2": null }));
    let expected = json!({ "block-1": null, "block-2": null, "plan": null, "gone": earlier });
    assert_eq!(marks(&world, "timeblocks", "timeBlocks").await, expected);
    // A live row stays as it is.
    let changes = world.log("habits", "habits").await;
    assert_eq!(world.call("habits.restore", json!({ "id": "habit-water" })).await, restored);
    assert_eq!(world.log("habits", "habits").await, changes);
    let text = world.mcp().await.call("habits.restore", json!({ "id": "nobodys" })).await.tool_error();
    assert!(text.contains("no such habit"), "{text}");
}

#[tokio::test]
async fn the_block_of_a_task_goes_and_comes_back_with_it() {
    let world = World::start().await;
    world.push("todo", "tasks", &[("onboard-1", json!({ "title": "Look around" }))]).await;
    let block = |source: &str| json!({ "title": "Look around", "sourceModule": "todo", "sourceId": source });
    world.push("timeblocks", "timeBlocks", &[("mine", block("onboard-1")), ("other", block("onboard-2"))]).await;
    let answer = world.call("todo.delete", json!({ "id": "onboard-1" })).await;
    assert_eq!(answer, json!({ "id": "onboard-1", "restoreWith": "todo.restore" }));
    let deleted = marks(&world, "timeblocks", "timeBlocks").await;
    assert!(deleted["mine"].as_str().is_some_and(is_time) && deleted["other"].is_null(), "{deleted}");
    assert_eq!(world.call("todo.list", json!({})).await["tasks"], json!([]));
    world.call("todo.restore", json!({ "id": "onboard-1" })).await;
    assert_eq!(marks(&world, "timeblocks", "timeBlocks").await, json!({ "mine": null, "other": null }));
    assert_eq!(world.call("todo.list", json!({})).await["tasks"][0]["title"], "Look around");
}

#[tokio::test]
async fn a_tool_is_refused_where_the_web_application_does_not_have_its_module() {
    let world = World::start().await;
    let mcp = world.mcp().await.with_space(&world.team);
    for (tool, module) in [("todo.create", "todo"), ("habits.list", "habits"), ("journal.add", "journal")] {
        // The arguments are not read: the reason is the space.
        let text = mcp.call(tool, json!({ "unknown": 1 })).await.tool_error();
        let reason = format!("There is no {module} in a team space: it exists in personal spaces only. ");
        assert_eq!(text, reason + "Name another space with X-Mana-Space.");
    }
    mcp.call("notes.create", json!({ "title": "Minutes" })).await.structured();
    assert_eq!(world.log("todo", "tasks").await, Vec::<Value>::new());
    // The lists name the tools all the same.
    let tools = mcp.request("tools/list", json!({})).await.result();
    assert!(tools.to_string().contains("Create a task"), "{tools}");
}
