//! Lists in pages: nothing is missed or repeated, and a cursor is good for the list that gave it alone.

use std::collections::BTreeSet;

use mana_mcp_tests::{Backends, Gateway, Mcp, Program};
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";

async fn store(mcp: &Mcp<'_>, titles: std::ops::Range<usize>) {
    for number in titles {
        mcp.call("todo.create", json!({ "title": format!("Task {number}") })).await.structured();
    }
}

async fn page(mcp: &Mcp<'_>, arguments: Value) -> Value {
    mcp.call("todo.list", arguments).await.structured()
}

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_hold_every_row_once_though_rows_come_and_go() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, ADA).await;
    store(&mcp, 0..12).await;
    let first = page(&mcp, json!({ "limit": 5 })).await;
    let rows = first["tasks"].as_array().unwrap().clone();
    assert_eq!(titles(&rows), ["Task 0", "Task 1", "Task 2", "Task 3", "Task 4"]);
    assert_eq!(first["total"], 12);
    let cursor = first["nextCursor"].as_str().unwrap();
    assert!(!cursor.contains("Task") && !cursor.contains(rows[4]["id"].as_str().unwrap()), "it says nothing: {cursor}");

    // A row of the first page goes, the one that the cursor stands on among them, and another comes.
    for row in [&rows[1], &rows[4]] {
        mcp.call("todo.complete", json!({ "id": row["id"] })).await.structured();
    }
    store(&mcp, 12..13).await;
    let second = page(&mcp, json!({ "limit": 5, "cursor": cursor })).await;
    assert_eq!(
        titles(second["tasks"].as_array().unwrap()),
        ["Task 5", "Task 6", "Task 7", "Task 8", "Task 9"],
        "none is missed, none stands on both"
    );
    assert_eq!(second["total"], 11);
    // A page may be longer than the one before.
    let last = page(&mcp, json!({ "limit": 500, "cursor": second["nextCursor"] })).await;
    assert_eq!(titles(last["tasks"].as_array().unwrap()), ["Task 10", "Task 11", "Task 12"]);
    assert!(last.get("nextCursor").is_none(), "{last}");
}

#[tokio::test]
async fn a_cursor_is_of_one_list_of_one_caller() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let (ada, bob) = (backends.token(ADA).await, backends.token("bob@example.org").await);
    let shared = backends.space(ADA, &["bob@example.org"]).await;
    let own = Mcp::modern(&gateway, &ada).await;
    let [shared_ada, shared_bob] =
        [Mcp::modern(&gateway, &ada).await.with_space(&shared), Mcp::modern(&gateway, &bob).await.with_space(&shared)];
    store(&own, 0..3).await;
    store(&shared_ada, 0..3).await;
    let cursor = page(&own, json!({ "limit": 1 })).await["nextCursor"].as_str().unwrap().to_owned();
    let of_shared = page(&shared_ada, json!({ "limit": 1 })).await["nextCursor"].as_str().unwrap().to_owned();

    let refused = async |mcp: &Mcp<'_>, tool: &str, arguments: Value| {
        let text = mcp.call(tool, arguments.clone()).await.tool_error();
        assert!(text.contains("Begin again without a cursor"), "{tool} {arguments}: {text}");
    };
    refused(&own, "todo.list", json!({ "cursor": cursor, "includeCompleted": true })).await;
    refused(&own, "habits.list", json!({ "cursor": cursor })).await;
    refused(&shared_ada, "todo.list", json!({ "cursor": cursor })).await;
    refused(&own, "todo.list", json!({ "cursor": of_shared })).await;
    refused(&shared_bob, "todo.list", json!({ "cursor": of_shared })).await;
    for damaged in
        ["", "x", &cursor[1..], &cursor[..cursor.len() - 1], &cursor.replace(|c: char| c.is_ascii_digit(), "z")]
    {
        refused(&own, "todo.list", json!({ "cursor": damaged })).await;
    }
    // The arguments of a page are no part of what is asked.
    assert_eq!(page(&own, json!({ "cursor": cursor, "limit": 2 })).await["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_is_cut_at_a_row_and_the_rest_is_on_the_next_page() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, ADA).await;
    for number in 0..9 {
        let note = json!({ "title": number.to_string(), "content": "x".repeat(12_000) });
        mcp.call("notes.create", note).await.structured();
    }
    let answer = mcp.call("notes.search", json!({})).await.structured();
    assert_eq!((&answer["total"], answer["notes"].as_array().unwrap().len()), (&json!(9), 4), "50,000 characters");
    assert!(answer.to_string().chars().count() <= 50_000);
    let all = mcp.rows("notes.search", json!({}), "notes").await;
    assert_eq!(titles(&all), ["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    // A single row is sent whatever its length.
    mcp.call("notes.create", json!({ "title": "long", "content": "ä".repeat(60_000) })).await.structured();
    let answer = mcp.call("notes.search", json!({})).await.structured();
    assert_eq!(titles(answer["notes"].as_array().unwrap()), ["long"]);
    assert!(answer["nextCursor"].is_string());
}

#[tokio::test]
async fn many_rows_are_read_in_pages_of_any_size() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, ADA).await;
    let mut made = BTreeSet::new();
    for number in 0..130 {
        let habit = mcp.call("habits.create", json!({ "title": format!("Habit {number}") })).await.structured();
        made.insert(habit["habit"]["id"].as_str().unwrap().to_owned());
    }
    for arguments in [json!({}), json!({ "limit": 7 }), json!({ "limit": 200 })] {
        let listed = mcp.rows("habits.list", arguments.clone(), "habits").await;
        let ids: Vec<&str> = listed.iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), made.len(), "{arguments}");
        assert_eq!(ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), made, "{arguments}");
    }
}

#[tokio::test]
async fn a_cursor_ends_with_the_day_of_the_caller() {
    let backends = Backends::of(Program::Examples).await;
    let gateway = backends.gateway().start().await;
    let token = backends.short_token(ADA, 600).await;
    let ada = Mcp::modern(&gateway, &token).await.with_zone("Europe/Berlin");
    // In Berlin, the 3rd has begun.
    gateway.set_clock("2026-05-02T22:30:00Z");
    store(&ada, 0..3).await;
    let first = page(&ada, json!({ "limit": 1 })).await;
    let next = json!({ "limit": 1, "cursor": first["nextCursor"] });
    gateway.set_clock("2026-05-03T21:59:59Z");
    let second = page(&ada, next.clone()).await;
    assert_eq!(titles(second["tasks"].as_array().unwrap()), ["Task 1"], "another day, but not in Berlin");
    gateway.set_clock("2026-05-03T22:00:00Z");
    let refused = ada.call("todo.list", next).await.tool_error();
    assert!(refused.contains("Begin again without a cursor"), "{refused}");
}
