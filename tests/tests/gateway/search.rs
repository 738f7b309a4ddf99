//! `search` and `fetch` over all modules, as hosts call them.

use mana_mcp_tests::{Backends, Gateway, Launch, Mcp, Revision, Vault};
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

async fn search(mcp: &Mcp<'_>, arguments: Value) -> Value {
    mcp.call("search", arguments).await.structured()
}

/// The ids that a search finds.
async fn found(mcp: &Mcp<'_>, query: &str) -> Vec<String> {
    let found = search(mcp, json!({ "query": query })).await;
    found["results"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rows_of_several_modules_are_found_as_the_web_wrote_them() {
    let backends = Backends::start().await;
    let ada = backends.token(ADA).await;
    let mut vault = Vault::open(&backends, &ada, 0).await.unwrap();
    let mut seal = |text: &str| vault.seal(&json!(text)).unwrap();
    let insert = |table: &str, id: &str, data: Value| json!({ "table": table, "id": id, "op": "insert", "data": data });
    let notes = vec![
        insert("notes", "in-text", json!({ "title": seal("Shopping"), "content": seal("Zahnärztin: 555") })),
        insert("notes", "in-title", json!({ "title": seal("ZAHNÄRZTIN"), "content": seal("") })),
        insert("notes", "plain", json!({ "title": "Die Zahnärztin von früher", "content": "" })),
        insert("notes", "another", json!({ "title": seal("Bread"), "content": seal("and butter") })),
    ];
    backends.push(&ada, "notes", notes).await;
    let habits =
        vec![insert("habits", "habit-1", json!({ "title": "Zahnärztin anrufen", "icon": "star", "order": 0 }))];
    backends.push(&ada, "habits", habits).await;
    let tasks =
        vec![insert("tasks", "task-1", json!({ "title": seal("Zahnärztin"), "isCompleted": false, "order": 0 }))];
    backends.push(&ada, "todo", tasks).await;

    let gateway = backends.gateway().env("WEB_BASE_URL", "https://mana.example/app/").start().await;
    for revision in Revision::ALL {
        for address in ["", "/all", "/x/suite", "/x/suite/readonly"] {
            let mcp = Mcp::connect(&gateway, &ada, revision).await.at(address);
            let all = search(&mcp, json!({ "query": "zahnärztin" })).await;
            assert_eq!(all["total"], 5, "{address}: {all}");
            let results = all["results"].as_array().unwrap();
            assert_eq!(results.len(), 5);
            assert_eq!(results[4]["id"], "notes.notes:in-text", "a text stands behind the titles: {all}");
            for row in results {
                let id = row["id"].as_str().unwrap();
                assert_eq!(row["url"], format!("https://mana.example/app/{}#{id}", row["module"].as_str().unwrap()));
                let read = mcp.call("fetch", json!({ "id": id })).await.structured();
                assert_eq!((&read["id"], &read["title"], &read["url"]), (&row["id"], &row["title"], &row["url"]));
                assert_eq!(read["metadata"]["module"], row["module"]);
                assert!(read["metadata"]["updatedAt"].is_string() && read["text"].is_string(), "{read}");
            }
            let few = search(&mcp, json!({ "query": "Zahnärztin", "modules": ["notes"], "limit": 2 })).await;
            assert_eq!((few["results"].as_array().unwrap().len(), &few["total"]), (2, &json!(3)), "{few}");
            assert!(few["hint"].as_str().unwrap().contains("2 of 3"), "{few}");
        }
    }
    let mcp = Mcp::modern(&gateway, &ada).await;
    let read = mcp.call("fetch", json!({ "id": "notes.notes:in-text" })).await.structured();
    assert!(read["text"].as_str().unwrap().contains("Content: Zahnärztin: 555"), "{read}");
}

#[tokio::test]
async fn the_two_tools_are_listed_under_the_names_that_hosts_want() {
    for (spelling, names) in [("underscored", ["fetch", "search"]), ("dotted", ["suite.fetch", "suite.search"])] {
        let gateway = Launch::new().env("TOOL_NAMES", spelling).start().await;
        let mcp = Mcp::user(&gateway, ADA).await.at("/x/suite");
        let listed = mcp.request("tools/list", json!({})).await.result();
        let listed: Vec<&str> =
            listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(names.iter().all(|name| listed.contains(name)), "{listed:?}");
        for name in ["search", "suite.search", "suite_search", "mcp__mana__search", "mcp_mana_search"] {
            assert_eq!(mcp.call(name, json!({ "query": "x" })).await.structured()["total"], 0, "{name}");
        }
        let error = mcp.call("fetch", json!({ "id": "notes.notes:x" })).await.tool_error();
        assert!(error.contains(&format!("as {} gives it", names[1])), "{error}");
    }
}

#[tokio::test]
async fn nobody_finds_or_reads_what_they_may_not_see() {
    let backends = Backends::start().await;
    let (ada, bob) = (backends.token(ADA).await, backends.token(BOB).await);
    let team = backends.space(ADA, &[BOB]).await;
    let insert = |id: &str, more: Value| {
        let mut data = json!({ "title": "Saxifrage", "content": "" });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "table": "notes", "id": id, "op": "insert", "data": data, "spaceId": data.get("spaceId") })
    };
    let of_bob = vec![
        insert("shared", json!({ "spaceId": team })),
        insert("private", json!({ "spaceId": team, "visibility": "private" })),
        insert("own", json!({})),
    ];
    backends.push(&bob, "notes", of_bob).await;
    let of_ada = vec![insert("deleted", json!({ "deletedAt": "2026-01-01T00:00:00.000Z" }))];
    backends.push(&ada, "notes", of_ada).await;
    let gateway = backends.gateway().start().await;
    let mine = Mcp::modern(&gateway, &ada).await;
    assert_eq!(found(&mine, "saxifrage").await, [""; 0]);
    let in_team = Mcp::modern(&gateway, &ada).await.with_space(&team);
    assert_eq!(found(&in_team, "saxifrage").await, ["notes.notes:shared"]);
    let gone = mine.call("fetch", json!({ "id": "notes.notes:nothing" })).await.tool_error();
    assert!(gone.starts_with("There is no such row"), "{gone}");
    for id in ["own", "private", "deleted", "shared"].map(|id| format!("notes.notes:{id}")) {
        assert_eq!(mine.call("fetch", json!({ "id": id })).await.tool_error(), gone, "{id}");
    }
    assert_eq!(in_team.call("fetch", json!({ "id": "notes.notes:private" })).await.tool_error(), gone);
    in_team.call("fetch", json!({ "id": "notes.notes:shared" })).await.structured();
    // Through the tools that call others it is the same.
    let through = json!({ "tool": "fetch", "arguments": { "id": "notes.notes:private" }, "space": team });
    assert_eq!(mine.call("catalog.read", through).await.tool_error(), gone);
}

#[tokio::test]
async fn hostile_arguments_are_refused_or_find_nothing() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, ADA).await;
    mcp.call("notes.create", json!({ "title": "A note", "content": "one\ntwo" })).await.structured();
    for query in ["", " ", "\u{a0}\n", "a b c d e f g h i j k l m n o p q"] {
        mcp.call("search", json!({ "query": query })).await.tool_error();
    }
    let long = mcp.call("search", json!({ "query": "x".repeat(10_000) })).await.tool_error();
    assert!(long.len() < 1000, "{long}");
    for query in [
        ".*",
        "(a|b)+",
        "[",
        "\\",
        "^A",
        "A note$",
        "%",
        "' OR 1=1",
        "enc:1:",
        "\u{202e}",
        "\u{1f9d1}\u{200d}\u{1f680}",
        "注意",
        "заметка",
        "ملاحظة",
        "σημείωμα",
        "บันทึก",
        "нот\u{301}",
        "A note\u{ad}",
    ] {
        assert_eq!(search(&mcp, json!({ "query": query })).await["total"], 0, "{query:?}");
    }
    // It may be refused, or be in no text.
    let answer = mcp.call("search", json!({ "query": "a\u{0}b" })).await;
    assert!(answer.status.is_success(), "{answer:?}");
    for arguments in [
        json!({}),
        json!({ "query": ["a"] }),
        json!({ "query": "a", "limit": 0 }),
        json!({ "query": "a", "limit": 51 }),
        json!({ "query": "a", "modules": ["nothing"] }),
        json!({ "query": "a", "modules": [""] }),
        json!({ "query": "a", "modules": vec!["notes"; 41] }),
        json!({ "query": "a", "space": "b" }),
    ] {
        mcp.call("search", arguments).await.tool_error();
    }
    for id in [
        "",
        ":",
        "x",
        "notes:x",
        "notes.notes",
        "notes.notes:",
        "../notes:x",
        "notes.notes:\u{1b}",
        &"x".repeat(10_000),
    ] {
        let error = mcp.call("fetch", json!({ "id": id })).await.tool_error();
        assert!(error.len() < 1000 && !error.contains('\u{1b}'), "{error}");
    }
}
