//! What tools do to rows: from their creation to their end.

use mana_mcp_tests::{Gateway, Launch, Mcp};
use serde_json::{Value, json};

use super::NOBODYS;

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`
fn assert_timestamp(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("no time: {value}"));
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
}

/// The items of a list without what differs from run to run.
fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rows_that_are_made_at_the_same_time_have_places_of_their_own() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let made = futures::future::join_all((0..30).map(|_| ada.call("todo.create", json!({ "title": "x" })))).await;
    let mut orders: Vec<i64> =
        made.iter().map(|answer| answer.structured()["task"]["order"].as_i64().unwrap()).collect();
    orders.sort_unstable();
    assert_eq!(orders, (0..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_habit_lives_through_create_list_update_and_archive() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let created = mcp.call("habits.create", json!({ "title": "Drink water" })).await.structured();
    let habit = &created["habit"];
    let id = habit["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(id.as_bytes()[14], b'8', "a UUID that follows from the call: {id}");
    assert_timestamp(&habit["createdAt"]);
    assert_timestamp(&habit["updatedAt"]);
    let expected = [
        ("title", json!("Drink water")),
        ("icon", json!("star")),
        ("color", json!("#6366f1")),
        ("order", json!(0)),
        ("isArchived", json!(false)),
    ];
    for (field, value) in &expected {
        assert_eq!(&habit[field], value, "{field}");
    }
    assert_eq!(habit.as_object().unwrap().len(), expected.len() + 3, "nothing more is shown: {habit}");

    let second =
        json!({ "title": "Walk", "icon": "shoe", "color": "#00ff00", "targetPerDay": 2, "defaultDuration": 900 });
    let second = mcp.call("habits.create", second).await.structured()["habit"].clone();
    assert_eq!(second["order"], 1, "the number of live habits");
    let listed = mcp.call("habits.list", json!({})).await.structured();
    assert_eq!(listed["habits"], json!([habit, second]), "both, as they were created, in order");
    assert!(listed.get("unreadable").is_none());

    // Only what is given changes, and what is named is cleared.
    let update = json!({ "id": second["id"], "title": "Walk far", "clear": ["targetPerDay"] });
    assert_eq!(mcp.call("habits.update", update).await.structured(), json!({ "ok": true }));
    let listed = mcp.call("habits.list", json!({})).await.structured();
    let changed = &listed["habits"][1];
    assert_eq!(changed["title"], "Walk far");
    assert_eq!(changed["targetPerDay"], Value::Null);
    assert_eq!(changed["defaultDuration"], 900);
    assert_eq!(changed["icon"], "shoe");
    assert_eq!(changed["createdAt"], second["createdAt"]);
    assert!(changed["updatedAt"].as_str() > second["updatedAt"].as_str());

    let archived = mcp.call("habits.archive", json!({ "id": id })).await.structured();
    assert_eq!(archived, json!({ "ok": true }));
    assert_eq!(titles(&mcp.call("habits.list", json!({})).await.structured()["habits"]), ["Walk far"]);
    let all = mcp.call("habits.list", json!({ "includeArchived": true })).await.structured();
    assert_eq!(titles(&all["habits"]), ["Drink water", "Walk far"]);
    mcp.call("habits.archive", json!({ "id": id, "archived": false })).await.structured();
    assert_eq!(titles(&mcp.call("habits.list", json!({})).await.structured()["habits"]), ["Drink water", "Walk far"]);
}

#[tokio::test]
async fn a_task_lives_through_create_list_and_complete() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let plain = mcp.call("todo.create", json!({ "title": "Buy milk" })).await.structured()["task"].clone();
    assert_eq!(plain["priority"], "medium");
    assert_eq!(plain["isCompleted"], false);
    assert_eq!(plain["dueDate"], Value::Null);
    assert_eq!(plain["order"], 0);
    assert!(plain.get("description").is_none(), "an absent field is not stored");
    let full = json!({ "title": "Pay rent", "description": "By bank", "priority": "urgent", "dueDate": "2026-05-01T11:00:00+02:00" });
    let full = mcp.call("todo.create", full).await.structured()["task"].clone();
    assert_eq!(full["dueDate"], "2026-05-01T11:00:00+02:00", "a time is kept as it was given");
    assert_eq!(full["description"], "By bank");
    assert_eq!(mcp.call("todo.list", json!({})).await.structured()["tasks"], json!([plain, full]));
    assert_eq!(titles(&mcp.call("todo.list", json!({ "limit": 1 })).await.structured()["tasks"]), ["Buy milk"]);

    for attempt in 0..2 {
        let completed = mcp.call("todo.complete", json!({ "id": plain["id"] })).await.structured();
        assert_eq!(completed, json!({ "ok": true }), "attempt {attempt}: completing is idempotent");
    }
    assert_eq!(titles(&mcp.call("todo.list", json!({})).await.structured()["tasks"]), ["Pay rent"]);
    let all = mcp.call("todo.list", json!({ "includeCompleted": true, "limit": 500 })).await.structured();
    let done = all["tasks"].as_array().unwrap().iter().find(|task| task["id"] == plain["id"]).unwrap().clone();
    assert_eq!(done["isCompleted"], true);
    assert_timestamp(&done["completedAt"]);
}

#[tokio::test]
async fn notes_are_found_without_regard_to_case_and_newest_first() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for (title, content) in [("Ölwechsel", "nächste Woche"), ("Recipe", "Two eggs, ÖL"), ("Empty", "")] {
        let note = mcp.call("notes.create", json!({ "title": title, "content": content })).await.structured();
        assert_eq!(note["note"]["content"], content);
        assert_eq!(note["note"]["color"], Value::Null);
        assert_eq!(note["note"]["isPinned"], false);
        assert_eq!(note["note"]["isArchived"], false);
    }
    let search = async |arguments| mcp.call("notes.search", arguments).await.structured()["notes"].clone();
    assert_eq!(titles(&search(json!({})).await), ["Empty", "Recipe", "Ölwechsel"], "the most recent first");
    assert_eq!(titles(&search(json!({ "query": "öl" })).await), ["Recipe", "Ölwechsel"]);
    assert_eq!(titles(&search(json!({ "query": "WOCHE" })).await), ["Ölwechsel"]);
    assert_eq!(titles(&search(json!({ "query": "öl", "limit": 1 })).await), ["Recipe"]);
    assert_eq!(search(json!({ "query": "nothing like it" })).await, json!([]));
}

#[tokio::test]
async fn a_journal_entry_counts_its_words_and_takes_the_day() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let add = async |arguments| mcp.call("journal.add", arguments).await.structured()["entry"].clone();
    let entry = add(json!({ "content": "  Ein  schöner\n\tTag \u{a0} heute " })).await;
    assert_eq!(entry["wordCount"], 4);
    assert_eq!(entry["title"], Value::Null);
    assert_eq!(entry["mood"], Value::Null);
    assert_eq!(entry["tags"], json!([]));
    assert_eq!(entry["entryDate"].as_str().unwrap(), &entry["createdAt"].as_str().unwrap()[..10], "today, in UTC");
    for flag in ["isPinned", "isFavorite", "isArchived"] {
        assert_eq!(entry[flag], false, "{flag}");
    }
    let moods = ["dankbar", "glücklich", "zufrieden", "neutral", "nachdenklich", "traurig", "gestresst", "wütend"];
    for mood in moods {
        let entry = add(json!({ "content": "x", "mood": mood, "entryDate": "2024-02-29", "tags": ["a", "b"] })).await;
        assert_eq!(entry["mood"], mood);
        assert_eq!(entry["entryDate"], "2024-02-29");
        assert_eq!(entry["tags"], json!(["a", "b"]));
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_at_once_and_for_good() {
    // No space has opted in.
    let gateway = Launch::new().env("POLICY_MODE", "off").start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let lists = [
        ("habits", "habits.list", json!({ "includeArchived": true }), "habits", "habit"),
        ("todo", "todo.list", json!({ "includeCompleted": true }), "tasks", "task"),
        ("notes", "notes.search", json!({ "includeArchived": true }), "notes", "note"),
    ];
    let mut gone = Vec::new();
    for (module, list, arguments, rows, noun) in lists.clone() {
        let create = async |title: &str| {
            mcp.call(&format!("{module}.create"), json!({ "title": title })).await.structured()[noun]["id"].clone()
        };
        let (kept, id) = (create("Kept").await, create("Gone").await);
        let delete = format!("{module}.delete");
        assert_eq!(mcp.call(&delete, json!({ "id": id })).await.structured(), json!({ "ok": true }));
        let found = mcp.call(list, arguments).await.structured();
        assert_eq!(titles(&found[rows]), ["Kept"], "{list}");
        assert_eq!(found[rows][0]["id"], kept);
        // A second delete finds nothing, and says so.
        let text = mcp.call(&delete, json!({ "id": id })).await.tool_error();
        assert!(text.to_lowercase().contains(&format!("no such {noun}")), "{text}");
        gone.push((module, id));
    }
    // Nothing that works on a row brings it back.
    for (module, id) in &gone {
        let again: &[(&str, Value)] = match *module {
            "habits" => &[
                ("habits.update", json!({ "id": id, "title": "Back" })),
                ("habits.archive", json!({ "id": id, "archived": false })),
            ],
            "todo" => &[("todo.complete", json!({ "id": id }))],
            _ => &[],
        };
        for (tool, arguments) in again {
            assert!(mcp.call(tool, arguments.clone()).await.tool_error().contains("no such"), "{tool}");
        }
    }
    // Nor does a gateway that reads the whole log afresh.
    let gateway = gateway.stop().await.restart().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for (_, list, arguments, rows, _) in lists {
        assert_eq!(titles(&mcp.call(list, arguments).await.structured()[rows]), ["Kept"], "{list}");
    }
}

#[tokio::test]
async fn ids_that_are_not_live_are_told_apart_from_success() {
    // No space has opted in.
    let gateway = Launch::new().env("POLICY_MODE", "off").start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let tools = [
        ("habits.update", "habit"),
        ("habits.archive", "habit"),
        ("habits.delete", "habit"),
        ("todo.complete", "task"),
        ("todo.delete", "task"),
        ("notes.delete", "note"),
    ];
    for (tool, noun) in tools {
        let text = mcp.call(tool, json!({ "id": NOBODYS })).await.tool_error();
        assert!(text.to_lowercase().contains(&format!("no such {noun}")), "{tool}: {text}");
        assert!(text.contains(NOBODYS), "{tool}: {text}");
    }
    // Nothing was written on the way.
    assert_eq!(mcp.call("habits.list", json!({ "includeArchived": true })).await.structured()["habits"], json!([]));
    assert_eq!(mcp.call("todo.list", json!({ "includeCompleted": true })).await.structured()["tasks"], json!([]));
}
