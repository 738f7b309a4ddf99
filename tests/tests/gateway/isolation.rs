//! Two users, two spaces: neither sees or touches the other's rows, sessions or spaces.

use mana_mcp_tests::{Gateway, Mcp, Revision};
use serde_json::{Value, json};

async fn space_of(mcp: &Mcp<'_>) -> String {
    mcp.call("spaces.list", json!({})).await.structured()["activeSpaceId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn neither_user_sees_or_touches_the_others_rows() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let bob = Mcp::user(&gateway, "bob@example.org").await;
    assert_ne!(space_of(&ada).await, space_of(&bob).await);
    let habit = ada.call("habits.create", json!({ "title": "Ada's habit" })).await.structured()["habit"].clone();
    let task = ada.call("todo.create", json!({ "title": "Ada's task" })).await.structured()["task"].clone();
    let note = ada.call("notes.create", json!({ "title": "Ada's note" })).await.structured()["note"].clone();

    for (tool, list) in [("habits.list", "habits"), ("todo.list", "tasks"), ("notes.search", "notes")] {
        assert_eq!(bob.call(tool, json!({})).await.structured(), json!({ list: [], "total": 0 }), "{tool}");
        assert_eq!(ada.call(tool, json!({})).await.structured()[list].as_array().unwrap().len(), 1, "{tool}");
    }
    let attempts = [
        ("habits.update", json!({ "id": habit["id"], "title": "Bob's" })),
        ("habits.archive", json!({ "id": habit["id"] })),
        ("habits.delete", json!({ "id": habit["id"] })),
        ("todo.complete", json!({ "id": task["id"] })),
        ("todo.delete", json!({ "id": task["id"] })),
        ("notes.delete", json!({ "id": note["id"] })),
    ];
    for (tool, arguments) in attempts {
        let text = bob.call(tool, arguments).await.tool_error();
        assert!(!text.contains("Ada"), "{tool}: {text}");
    }
    assert_eq!(ada.call("habits.list", json!({})).await.structured()["habits"], json!([habit]));
    assert_eq!(ada.call("todo.list", json!({})).await.structured()["tasks"], json!([task]));
    assert_eq!(ada.call("notes.search", json!({})).await.structured()["notes"], json!([note]));
    // A second person's first row is their first: nobody else's are counted.
    assert_eq!(bob.call("habits.create", json!({ "title": "Bob's" })).await.structured()["habit"]["order"], 0);
}

#[tokio::test]
async fn a_foreign_or_unknown_space_is_403_for_every_tool() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let foreign = space_of(&Mcp::user(&gateway, "bob@example.org").await).await;
    for revision in Revision::ALL {
        for space in [foreign.as_str(), "no-such-space", "../x", ""] {
            let mcp = Mcp::connect(&gateway, &token, revision).await.with_space(space);
            let listed = mcp.request("tools/list", json!({})).await.result();
            for tool in listed["tools"].as_array().unwrap() {
                let tool = tool["name"].as_str().unwrap();
                // Whether the arguments fit does not matter: the space comes first.
                let stray = json!({ "title": "Stray" });
                let answer = match tool {
                    "catalog_call" => mcp.call(tool, json!({ "tool": "todo.create", "arguments": stray })).await,
                    "catalog_read" => mcp.call(tool, json!({ "tool": "todo.list" })).await,
                    _ => mcp.call(tool, stray).await,
                };
                assert_eq!(answer.status, 403, "{revision:?} {space:?} {tool}: {answer:?}");
                assert!(!answer.text.contains("Stray"), "{answer:?}");
            }
        }
    }
    let ada = Mcp::modern(&gateway, &token).await;
    assert_eq!(ada.call("habits.list", json!({})).await.structured()["habits"], json!([]), "nothing was written");
}

#[tokio::test]
async fn sessions_serve_their_owner_alone() {
    let gateway = Gateway::start().await;
    let ada = Mcp::connect(&gateway, &gateway.token("ada@example.org").await, Revision::V2025).await;
    let bob = Mcp::connect(&gateway, &gateway.token("bob@example.org").await, Revision::V2025).await;
    let session = ada.session().to_owned();
    let thief = bob.with_session(&session);
    let used = [
        thief.call("habits.list", json!({})).await,
        thief.request("tools/list", json!({})).await,
        thief.request("ping", json!({})).await,
        thief.notify("notifications/initialized").await,
        thief.end().await,
    ];
    for answer in used {
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    // The owner's session is none the worse for it.
    assert_eq!(ada.call("habits.list", json!({})).await.structured(), json!({ "habits": [], "total": 0 }));
    // And a second token of the owner's is still the owner.
    let other = Mcp::connect(&gateway, &gateway.token("ada@example.org").await, Revision::V2025).await;
    assert_eq!(other.with_session(&session).request("ping", json!({})).await.result(), json!({}));
}

#[tokio::test]
async fn encrypted_fields_of_two_users_are_under_two_keys() {
    let gateway = Gateway::start().await;
    for email in ["ada@example.org", "bob@example.org"] {
        let mcp = Mcp::user(&gateway, email).await;
        mcp.call("notes.create", json!({ "title": "Same words" })).await.structured();
        let found = mcp.call("notes.search", json!({ "query": "same" })).await.structured();
        assert_eq!(found["notes"].as_array().unwrap().len(), 1, "{email}");
        assert_eq!(found.get("unreadable"), None::<&Value>, "{email}");
    }
}
