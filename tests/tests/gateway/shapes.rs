//! Every type of the catalog's language through every action, in a plain and in an encrypted table.

use mana_mcp_tests::{Backends, Gateway, Mcp, Revision};
use serde_json::{Value, json};

const MODULES: [&str; 2] = ["shapes", "sealed"];

/// A shape with a value in every field.
fn everything() -> Value {
    json!({
        "name": "Ring of gold", "code": "AB12", "count": 0, "weight": 2.5, "isRound": true,
        "owner": "2d6c7e15-4b0a-4f39-8c21-7a9e5d3b1f40", "seenOn": "2026-04-22", "seenAt": "2026-04-22T10:30:00+02:00",
        "colour": "blue", "size": "large", "remark": "thin", "ratio": 0.25, "labels": ["gold", "thin"],
        "corner": { "left": 1.5, "top": -2, "note": "upper left" }, "corners": [{ "left": 0, "top": 0 }, { "left": 1, "top": 1, "note": "" }],
        "extras": { "deep": { "list": [1, null, "x", { "y": true }] }, "number": 250 },
    })
}

async fn create(mcp: &Mcp<'_>, module: &str, arguments: Value) -> Value {
    mcp.call(&format!("{module}.create"), arguments).await.structured()["shape"].clone()
}

async fn list(mcp: &Mcp<'_>, module: &str, arguments: Value) -> Value {
    mcp.call(&format!("{module}.list"), arguments).await.structured()["shapes"].clone()
}

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_type_is_stored_and_read_back() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for module in MODULES {
        let mcp = Mcp::modern(&gateway, &token).await;
        let shape = create(&mcp, module, everything()).await;
        let mut expected = everything();
        expected["seenAt"] = "2026-04-22T08:30:00.000Z".into();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&shape[field], value, "{module} {field}");
        }
        assert_eq!((&shape["isHidden"], &shape["order"]), (&json!(false), &json!(0)), "{module}");
        // As the other revision reads it, from the log.
        let legacy = Mcp::connect(&gateway, &token, Revision::V2025).await;
        assert_eq!(list(&legacy, module, json!({})).await, json!([shape]), "{module}");
    }
}

#[tokio::test]
async fn what_is_left_out_has_its_default_or_is_absent() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for module in MODULES {
        let shape = create(&mcp, module, json!({ "name": "Dot", "count": 1 })).await;
        for (field, value) in
            [("weight", json!(250)), ("isRound", json!(false)), ("colour", json!("red")), ("labels", json!([]))]
        {
            assert_eq!(shape[field], value, "{module} {field}");
        }
        for field in ["code", "remark", "ratio", "corner", "corners", "extras"] {
            assert!(shape[field].is_null(), "{module} {field}: {shape}");
        }
        assert_eq!(shape["seenOn"], shape["createdAt"].as_str().unwrap()[..10], "{module}: today");
        assert_eq!(shape["seenAt"], shape["createdAt"], "{module}: now");
        assert_eq!(shape["owner"].as_str().unwrap().len(), 36, "{module}: a new id");
    }
}

#[tokio::test]
async fn numbers_are_written_as_short_as_they_can_be() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    for module in MODULES {
        for (sent, told) in [("250", "250"), ("250.0", "250"), ("2.5e2", "250"), ("0.1", "0.1"), ("-1.5", "-1.5")] {
            let arguments = format!(r#"{{"name":"x","count":1,"weight":{sent}}}"#);
            let answer = mcp.call_with_text(&format!("{module}.create"), &arguments).await;
            answer.structured();
            let weights = answer.text.matches(&format!("\"weight\":{told}")).count();
            // The row's and the result's own.
            assert_eq!(weights, 2, "{module} {sent}: {}", answer.text);
        }
    }
    // So they go to the log, where other programs read them.
    let stored = backends.rows(&token, "shapes", "shapes").await;
    let weights: Vec<String> = stored.iter().map(|row| row["data"]["weight"].to_string()).collect();
    assert_eq!(weights, ["250", "250", "250", "0.1", "-1.5"]);
}

#[tokio::test]
async fn lists_filter_search_sort_and_end_at_their_limit() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for module in MODULES {
        for (name, weight, colour, remark) in
            [("Ring", 2.0, "blue", "golden"), ("Ball", 250.0, "red", "round"), ("Cube", 30.5, "blue", "of GOLD")]
        {
            let shape = json!({ "name": name, "count": 1, "weight": weight, "colour": colour, "remark": remark });
            create(&mcp, module, shape).await;
        }
        let found = async |arguments| names(&list(&mcp, module, arguments).await).join(" ");
        let (all, first) =
            if module == "shapes" { ("Ball Cube Ring", "Ball Cube") } else { ("Cube Ball Ring", "Cube Ball") };
        assert_eq!(found(json!({})).await, all, "{module}");
        assert_eq!(found(json!({ "limit": 2 })).await, first, "{module}");
        assert_eq!(
            found(json!({ "text": "gold" })).await,
            "Cube Ring",
            "{module}: in name and remark, whatever the case"
        );
        assert_eq!(found(json!({ "text": "ball" })).await, "Ball", "{module}");
    }
    let blue = json!({ "colour": "blue", "anyColour": false });
    assert_eq!(names(&list(&mcp, "shapes", blue).await), ["Cube", "Ring"], "the heaviest first");
}

#[tokio::test]
async fn an_update_changes_what_is_given_unless_its_condition_holds() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for (module, locked) in [("shapes", json!({ "colour": "green" })), ("sealed", json!({ "isHidden": true }))] {
        let before = create(&mcp, module, everything()).await;
        let update = async |changes: Value| {
            let mut arguments = changes;
            arguments["id"] = before["id"].clone();
            let updated = mcp.call(&format!("{module}.update"), arguments).await.structured();
            assert_eq!(updated, json!({ "id": before["id"] }), "{module}");
            list(&mcp, module, json!({ "includeHidden": true })).await[0].clone()
        };
        let after = update(
            json!({ "weight": 250, "clear": ["remark", "ratio"], "labels": [], "corner": { "left": 9, "top": 9 } }),
        )
        .await;
        for (field, value) in before.as_object().unwrap() {
            match field.as_str() {
                "weight" => assert_eq!(after[field], 250, "{module}"),
                "labels" => assert_eq!(after[field], json!([]), "{module}"),
                "corner" => assert_eq!(after[field], json!({ "left": 9, "top": 9 }), "{module}: replaced as a whole"),
                "remark" | "ratio" => assert!(after[field].is_null(), "{module} {field}: {after}"),
                "seenAt" | "updatedAt" => assert!(after[field].as_str() > value.as_str(), "{module} {field}"),
                _ => assert_eq!(&after[field], value, "{module} {field}"),
            }
        }
        let locked = update(locked).await;
        assert_eq!(update(json!({ "name": "Another", "weight": 1 })).await, locked, "{module}: it stays as it is");
    }
}

#[tokio::test]
async fn a_soft_delete_can_be_taken_back_by_another_program_and_a_hard_one_cannot() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    for (module, table) in [("shapes", "shapes"), ("sealed", "sealedShapes")] {
        for (tool, comes_back) in [("remove", true), ("delete", false)] {
            let id = create(&mcp, module, json!({ "name": tool, "count": 1 })).await["id"].clone();
            let removed = mcp.call(&format!("{module}.{tool}"), json!({ "id": id })).await.structured();
            assert_eq!(removed, json!({ "ok": true }));
            assert_eq!(list(&mcp, module, json!({})).await, json!([]), "{module}.{tool}");
            // A second one finds nothing.
            mcp.call(&format!("{module}.{tool}"), json!({ "id": id })).await.tool_error();
            let restored = json!({ "deletedAt": { "value": null, "at": "2999-01-01T00:00:00.000Z" } });
            let change = json!({ "table": table, "id": id, "op": "update", "fields": restored });
            backends.push(&token, module, vec![change]).await;
            let shown = names(&list(&mcp, module, json!({})).await).concat();
            assert_eq!(shown, if comes_back { tool } else { "" }, "{module}.{tool}");
            if comes_back {
                mcp.call(&format!("{module}.delete"), json!({ "id": id })).await.structured();
            }
        }
    }
}

#[tokio::test]
async fn encrypted_fields_of_every_type_are_encrypted_in_the_log() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    for module in MODULES {
        create(&mcp, module, everything()).await;
    }
    let (plain, sealed) =
        (backends.rows(&token, "shapes", "shapes").await, backends.rows(&token, "sealed", "sealedShapes").await);
    for field in everything().as_object().unwrap().keys() {
        let stored = sealed[0]["data"][field].as_str().unwrap_or_else(|| panic!("{field}: {}", sealed[0]));
        assert!(stored.starts_with("enc:1:"), "{field}: {stored}");
        assert!(!plain[0]["data"][field].to_string().contains("enc:1:"), "{field}: {}", plain[0]);
    }
    for field in ["order", "isHidden"] {
        assert_eq!(sealed[0]["data"][field], plain[0]["data"][field], "{field}");
    }
}

#[tokio::test]
async fn arguments_of_every_type_that_do_not_fit_are_refused_by_name() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for module in MODULES {
        for (field, wrong) in [
            ("name", json!("")),
            ("code", json!("ab12")),
            ("count", json!(1001)),
            ("count", json!(1.5)),
            ("weight", json!(-2)),
            ("weight", json!("250")),
            ("isRound", json!("true")),
            ("owner", json!("nobody")),
            ("seenOn", json!("2026-02-30")),
            ("seenAt", json!("2026-02-28")),
            ("colour", json!("pink")),
            ("size", json!("medium")),
            ("remark", json!(7)),
            ("ratio", json!(-0.5)),
            ("labels", json!(["a", "a"])),
            ("labels", json!(["a", "b", "c", "d"])),
            ("labels/1", json!(["a", ""])),
            ("corner", json!({ "left": 1 })),
            ("corner", json!({ "left": 1, "top": 1, "z": 1 })),
            ("corners/0/left", json!([{ "left": "far", "top": 1 }])),
            ("extras", json!([])),
        ] {
            let mut arguments = json!({ "name": "x", "count": 1 });
            arguments[field.split('/').next().unwrap()] = wrong.clone();
            let text = mcp.call(&format!("{module}.create"), arguments).await.tool_error();
            let named = field.rsplit('/').next().unwrap();
            assert!(text.contains(field.split('/').next().unwrap()) && text.contains(named), "{field} {wrong}: {text}");
        }
        assert_eq!(
            list(&mcp, module, json!({ "includeHidden": true })).await,
            json!([]),
            "{module}: nothing was stored"
        );
    }
}
