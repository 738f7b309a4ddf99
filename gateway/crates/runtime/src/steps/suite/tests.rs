//! Searches and readings over rows in memory.

use serde_json::json;

use super::{Found, Suite};
use crate::{
    steps::{
        StepError,
        tests::{ADA, BLOCKS, PERSONAL, SHARED, TASKS, step_error, world::World},
    },
    tool::{Module, ToolError},
};

static TODO: Module = Module { name: "todo", summary: "", spaces: None, tools: &[], tables: &[&TASKS, &BLOCKS] };
static DIARY: Module = Module { name: "diary", summary: "", spaces: None, tools: &[], tables: &[&TASKS] };

fn world() -> World {
    let world = World::new();
    world.module(&TODO, None);
    world
}

fn suite(world: &World) -> Suite {
    Suite::new(&world.context("user.write", json!({})))
}

async fn search(world: &World, query: &str) -> Found {
    suite(world).search(query, None, 20).await.unwrap()
}

/// The ids that a search finds, without the table.
async fn found(world: &World, query: &str) -> Vec<String> {
    let hits = search(world, query).await.hits;
    hits.iter().map(|hit| hit.id.strip_prefix("todo.tasks:").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn labels_stand_before_texts_and_the_newest_rows_first() {
    let world = world();
    for (id, title, note, at) in [
        ("old-label", "Milk", "", "2026-01-01T00:00:00.000Z"),
        ("new-text", "Shopping", "some MILK", "2026-01-05T00:00:00.000Z"),
        ("new-label", "buy milk", "", "2026-01-03T00:00:00.000Z"),
        ("old-text", "List", "milk", "2026-01-02T00:00:00.000Z"),
        ("other", "Bread", "", "2026-01-09T00:00:00.000Z"),
    ] {
        world.row(&TASKS, id, json!({ "title": world.sealed(title), "note": world.sealed(note) }));
        world.set(&TASKS, id, "updatedAt", json!(at), at);
    }
    assert_eq!(found(&world, "Milk").await, ["new-label", "old-label", "new-text", "old-text"]);
    let cut = suite(&world).search("milk", None, 3).await.unwrap();
    assert_eq!((cut.hits.len(), cut.total), (3, 4));
    assert!(cut.hint().unwrap().contains("3 of 4"));
    assert_eq!(search(&world, "milk").await.hint(), None);
    assert!(search(&world, "saxifrage").await.hint().unwrap().contains("fewer"));
}

#[tokio::test]
async fn all_words_must_be_in_a_row_and_may_be_in_different_fields() {
    let world = world();
    let row =
        json!({ "title": world.sealed("Straße nach Ödön"), "note": "plain text of old", "tags": ["Garden", "herbs"] });
    world.row(&TASKS, "t", row);
    for query in ["STRASSE", "garden zucchini", "t1", "ödön's", "\u{0}", ".*", "tags", "[a-z]+", "\\"] {
        assert_eq!(found(&world, query).await, [""; 0], "{query}");
    }
    for query in ["straße", "ÖDÖN", "ödön garden OLD", "herb", "stra", " old\n\told "] {
        assert_eq!(found(&world, query).await, ["t"], "{query}");
    }
    for query in ["", " \u{a0}", "a b c d e f g h i j k l m n o p q"] {
        let error = suite(&world).search(query, None, 20).await.unwrap_err();
        assert!(matches!(step_error(error), StepError::Refused { .. }), "{query:?}");
    }
}

#[tokio::test]
async fn rows_that_the_caller_does_not_see_are_neither_found_nor_read() {
    let world = world();
    for (id, more) in [
        ("mine", json!({})),
        ("private", json!({ "visibility": "private", "authorId": ADA })),
        ("hidden", json!({ "visibility": "private", "authorId": "bob" })),
        ("elsewhere", json!({ "spaceId": SHARED })),
        ("deleted", json!({ "deletedAt": "2026-01-01T00:00:00.000Z" })),
    ] {
        let mut row = json!({ "title": "Milk" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.row(&TASKS, id, row);
    }
    world.row(&TASKS, "untitled", json!({ "note": "milk" }));
    let mut all = found(&world, "milk").await;
    all.sort();
    assert_eq!(all, ["mine", "private"]);
    for id in [
        "todo.tasks:hidden",
        "todo.tasks:elsewhere",
        "todo.tasks:deleted",
        "todo.tasks:untitled",
        "todo.tasks:nothing",
        "todo.tasks:",
        "todo.tasks",
        "todo.blocks:mine",
        "todo:mine",
        "none.tasks:mine",
        ":",
        "",
        "mine",
        " todo.tasks:mine",
        "todo.tasks:mine ",
        "todo.tasks:\u{0}",
    ] {
        let error = suite(&world).fetch(id).await.unwrap_err();
        assert_eq!(step_error(error), StepError::NoSuchRow, "{id:?}");
    }
    assert_eq!(suite(&world).fetch("todo.tasks:private").await.unwrap().title, "Milk");
    world.as_user(ADA, SHARED);
    assert_eq!(found(&world, "milk").await, ["elsewhere"]);
    world.as_user(ADA, PERSONAL);
}

#[tokio::test]
async fn modules_are_searched_where_they_may_be_read() {
    let world = world();
    world.module(&DIARY, Some("The person did not grant this program diary."));
    world.row(&TASKS, "t", json!({ "title": "Milk" }));
    assert_eq!(found(&world, "milk").await, ["t"]);
    let named = async |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        suite(&world).search("milk", Some(&names), 20).await.map(|found| found.total)
    };
    assert_eq!(named(&["todo", "todo"]).await.unwrap(), 1);
    assert_eq!(named(&[]).await.unwrap(), 1);
    for refused in
        [named(&["diary", "todo"]).await.unwrap_err(), suite(&world).fetch("diary.tasks:t").await.unwrap_err()]
    {
        assert!(matches!(refused, ToolError::Refused(_)), "{refused:?}");
        assert_eq!(refused.to_string(), "The person did not grant this program diary.");
    }
    let text = named(&["todos"]).await.unwrap_err().to_string();
    assert_eq!(text, "There is no module `todos`. Did you mean `todo`?");
    let text = named(&["zzz\u{1b}"]).await.unwrap_err().to_string();
    assert_eq!(text, "There is no module `zzz\\u{1b}` to search. There are: todo.");
}

#[tokio::test]
async fn a_text_that_does_not_open_is_counted_and_a_new_key_is_tried() {
    let world = world();
    world.row(&TASKS, "t", json!({ "title": world.sealed("Milk") }));
    world.row(&TASKS, "other", json!({ "title": World::sealed_with_another("Milk too") }));
    let found = search(&world, "milk").await;
    assert_eq!((found.total, found.unreadable), (1, 1));
    let read = suite(&world).fetch("todo.tasks:other").await.unwrap();
    assert_eq!((read.title.as_str(), read.unreadable), ("Untitled task", vec!["title"]));
    world.rotate();
    let found = search(&world, "too").await;
    assert_eq!((found.total, found.unreadable, found.hits[0].title.as_str()), (1, 1, "Milk too"));
    assert_eq!(suite(&world).fetch("todo.tasks:other").await.unwrap().title, "Milk too");
}

#[tokio::test]
async fn a_row_is_read_as_lines_with_a_link() {
    let world = World::with_web(Some("https://mana.example"));
    world.module(&TODO, None);
    let row = json!({
        "title": world.sealed("  Buy\nmilk "), "note": world.sealed("One\nTwo"), "due": "2026-01-15", "isDone": true,
        "tags": ["a", "b"], "list": "l1", "source": { "app": "notes", "ref": 7 },
    });
    world.row(&TASKS, "t:1", row);
    let hit = search(&world, "milk").await.hits.remove(0);
    let read = suite(&world).fetch(&hit.id).await.unwrap();
    assert_eq!((&read.id, &read.title, &read.url), (&hit.id, &hit.title, &hit.url));
    assert_eq!((hit.id.as_str(), hit.title.as_str(), hit.module), ("todo.tasks:t:1", "Buy milk", "todo"));
    assert_eq!(hit.url, "https://mana.example/todo#todo.tasks:t:1");
    let wanted = "Note:\nOne\nTwo\nIs done: yes\nPriority: medium\nDue: 2026-01-15\nTags: a, b\n\
                  Source: {\"app\":\"notes\",\"ref\":7}";
    assert_eq!(read.text, wanted);
    assert_eq!((read.module, read.table), ("todo", "tasks"));
}

#[tokio::test]
async fn what_a_search_awaits_may_move_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let world = world();
    let suite = suite(&world);
    is_send(&suite.search("milk", None, 20));
    is_send(&suite.fetch("todo.tasks:t"));
}
