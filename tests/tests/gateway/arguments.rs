//! Arguments that do not fit, by mistake or on purpose: refused with every problem named, nothing stored, nothing broken.

use mana_mcp_tests::{Gateway, Mcp, Revision};
use serde_json::{Value, json};

const ID: &str = "5a1d8b2e-6a55-4f0e-8a2b-6c9e2f1d3b02";

#[tokio::test]
async fn every_problem_of_a_call_is_named_at_once_with_its_path() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let arguments = json!({ "color": "red", "targetPerDay": -1, "icon": 7, "colour": "#00ff00" });
        let answer = mcp.call("habits.create", arguments).await;
        assert_eq!(answer.status, 200, "a problem for the model to mend is a tool's answer: {answer:?}");
        let text = answer.tool_error();
        for part in ["title", "/color", "/targetPerDay", "/icon", "colour", "-1", "red"] {
            assert!(text.contains(part), "{part} is not named in: {text}");
        }
    }
}

#[tokio::test]
async fn wrong_missing_unknown_and_out_of_range_arguments_are_refused() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let cases: [(&str, Value, &[&str]); 28] = [
        ("habits.create", json!({}), &["title"]),
        ("habits.create", json!({ "title": "" }), &["/title"]),
        ("habits.create", json!({ "title": null }), &["/title"]),
        ("habits.create", json!({ "title": "é".repeat(121) }), &["/title", "120"]),
        ("habits.create", json!({ "title": "a\u{0}b" }), &["/title"]),
        ("habits.create", json!({ "title": "x", "color": "#12345" }), &["/color"]),
        ("habits.create", json!({ "title": "x", "color": "#123456\n" }), &["/color"]),
        ("habits.create", json!({ "title": "x", "icon": "" }), &["/icon"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": 0 }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": 1.5 }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": "3" }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": true }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": 9_007_199_254_740_992_u64 }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "targetPerDay": 1e300 }), &["/targetPerDay"]),
        ("habits.create", json!({ "title": "x", "__proto__": {}, "constructor": 1 }), &["__proto__", "constructor"]),
        ("habits.list", json!({ "includeArchived": "false" }), &["/includeArchived"]),
        ("habits.update", json!({ "title": "x" }), &["id"]),
        ("habits.update", json!({ "id": "not/an/id" }), &["/id", "not/an/id"]),
        ("habits.update", json!({ "id": ID, "isArchived": true }), &["isArchived"]),
        ("spaces.list", json!({ "all": true }), &["all"]),
        ("todo.create", json!({ "title": "x", "priority": "highest" }), &["/priority", "urgent"]),
        ("todo.create", json!({ "title": "x", "dueDate": "tomorrow" }), &["/dueDate"]),
        ("todo.create", json!({ "title": "x", "dueDate": "2026-02-30T00:00:00Z" }), &["/dueDate"]),
        ("todo.list", json!({ "limit": 0 }), &["/limit"]),
        ("todo.list", json!({ "limit": 501 }), &["/limit", "500"]),
        ("notes.search", json!({ "query": "q".repeat(501) }), &["/query", "500"]),
        ("journal.add", json!({ "content": "x", "mood": "happy" }), &["/mood", "dankbar"]),
        (
            "journal.add",
            json!({ "content": "x", "tags": ["ok", 3], "entryDate": "2026-13-01" }),
            &["/tags/1", "/entryDate"],
        ),
    ];
    for (tool, arguments, parts) in cases {
        let answer = mcp.call(tool, arguments.clone()).await;
        assert_eq!(answer.status, 200, "{tool} {arguments}: {answer:?}");
        let text = answer.tool_error();
        for part in parts {
            assert!(text.contains(part), "{tool} {arguments}: {part} is not named in: {text}");
        }
    }
    for (tool, list) in [("habits.list", "habits"), ("todo.list", "tasks"), ("notes.search", "notes")] {
        assert_eq!(mcp.call(tool, json!({})).await.structured()[list], json!([]), "a refused call stores nothing");
    }
}

#[tokio::test]
async fn an_id_is_any_text_that_a_row_may_have_and_nothing_else() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for sound in ["habit-coffee", "invoice-tx-42", "a_b:c.d", "x", &"x".repeat(128)] {
        let text = mcp.call("habits.archive", json!({ "id": sound })).await.tool_error();
        assert!(text.contains("no such habit") && text.contains(sound), "{text}");
    }
    for unsound in ["", "a/b", "a b", "a\u{0}", "a\n", "ä", "%2e", "\u{202e}a", &"x".repeat(129)] {
        let text = mcp.call("habits.archive", json!({ "id": unsound })).await.tool_error();
        assert!(text.contains("/id: expected an id (1 to 128 letters, digits and `_ - : .`)"), "{unsound:?}: {text}");
    }
}

#[tokio::test]
async fn a_date_or_time_is_stored_as_it_was_given_and_others_are_refused_with_the_three_forms() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for sound in ["2026-12-24", "2026-12-24T09:00", "2026-12-24T09:00:00.5", "2026-12-24T09:00:00+01:00"] {
        let task = json!({ "title": "x", "dueDate": sound });
        assert_eq!(mcp.call("todo.create", task).await.structured()["task"]["dueDate"], sound);
    }
    for unsound in ["2026-02-30", "2026-13-01", "24.12.2026", "2026-12-24 09:00", "2026-12-24T25:00", ""] {
        let text = mcp.call("todo.create", json!({ "title": "x", "dueDate": unsound })).await.tool_error();
        for part in ["/dueDate", "a day (2026-12-24)", "(2026-12-24T09:00)", "(2026-12-24T09:00:00Z)"] {
            assert!(text.contains(part), "{unsound}: {part} is not named in: {text}");
        }
    }
    let listed = mcp.call("todo.list", json!({})).await.structured();
    let due: Vec<_> = listed["tasks"].as_array().unwrap().iter().map(|task| task["dueDate"].clone()).collect();
    assert_eq!(due.len(), 4, "a refused call stores nothing");
    assert!(due.contains(&json!("2026-12-24T09:00")), "{due:?}");
}

#[tokio::test]
async fn what_the_schemas_allow_at_their_limits_is_accepted() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let accepted = [
        ("habits.create", json!({ "title": "👍".repeat(120), "targetPerDay": 9_007_199_254_740_991_u64 })),
        ("habits.create", json!({ "title": "x", "targetPerDay": 3.0, "color": "#ABCDEF" })),
        ("todo.create", json!({ "title": "ß".repeat(500), "description": "\u{1}\n\t\u{7f}" })),
        ("todo.create", json!({ "title": "x", "dueDate": "2026-05-01T09:00:00.123456789-05:30" })),
        ("todo.list", json!({ "limit": 500.0 })),
        ("notes.create", json!({ "title": "x", "content": "👍".repeat(200_000) })),
        ("notes.search", json!({ "query": "", "limit": 1 })),
        ("journal.add", json!({ "content": "x", "title": null, "mood": null, "tags": [] })),
    ];
    for (tool, arguments) in accepted {
        let answer = mcp.call(tool, arguments).await;
        assert_ne!(answer.result()["isError"], true, "{tool}: {:.300}", answer.text);
    }
    assert_eq!(
        mcp.call("habits.create", json!({ "title": "x", "targetPerDay": 3.0 })).await.structured()["habit"]["targetPerDay"],
        json!(3)
    );
    let text = mcp.call("notes.create", json!({ "title": "x", "content": "👍".repeat(200_001) })).await.tool_error();
    assert!(text.contains("/content") && text.len() < 1000, "code points are counted: {text:.300}");
}

#[tokio::test]
async fn a_refusal_never_repeats_what_an_encrypted_field_held() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let secret = "ultramarin";
    for (tool, arguments) in [
        ("todo.create", json!({ "title": secret.repeat(60) })),
        ("todo.create", json!({ "title": { "inner": secret } })),
        ("notes.create", json!({ "title": [secret] })),
        ("notes.create", json!({ "title": "x", "content": [secret] })),
        ("journal.add", json!({ "content": { secret: 1 } })),
    ] {
        let answer = mcp.call(tool, arguments).await;
        answer.tool_error();
        assert!(!answer.text.contains(secret), "{tool}: {}", answer.text);
    }
    let log = gateway.stop().await.log;
    assert!(!log.contains(secret), "{log}");
}

#[tokio::test]
async fn texts_that_json_allows_and_unicode_does_not_are_refused() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let hostile = [
        r#"{"title":"\ud800"}"#.to_owned(),
        r#"{"title":"\udc00\ud800"}"#.to_owned(),
        r#"{"title":"x","targetPerDay":1e400}"#.to_owned(),
        r#"{"title":"x","targetPerDay":-1e400}"#.to_owned(),
        format!(r#"{{"title":"x","targetPerDay":{}}}"#, "9".repeat(5000)),
        format!(r#"{{"title":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        format!(r#"{{"title":{}1{}}}"#, r#"{"a":"#.repeat(50_000), "}".repeat(50_000)),
        format!(r#"{{"title":"x",{}"z":1}}"#, (0..5000).map(|n| format!("\"k{n}\":0,")).collect::<String>()),
    ];
    for arguments in hostile {
        let answer = mcp.call_with_text("habits.create", &arguments).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 400), "{arguments:.60}: {answer:?}");
        let message = answer.message();
        let refused = message["error"]["code"].is_i64() || message["result"]["isError"] == true;
        assert!(refused, "{arguments:.60}: {message}");
        assert!(answer.text.len() < 10_000, "a refusal is short: {}", answer.text.len());
    }
    assert_eq!(mcp.call("habits.list", json!({})).await.structured()["habits"], json!([]));
}

#[tokio::test]
async fn texts_beyond_the_body_limit_are_413_and_the_gateway_goes_on() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let answer = mcp.call("notes.create", json!({ "title": "x", "content": "y".repeat(10 << 20) })).await;
    assert_eq!(answer.status, 413, "{:.300}", answer.text);
    assert!(!answer.text.contains("yyyy"));
    assert_eq!(mcp.call("notes.search", json!({})).await.structured()["notes"], json!([]));
}

#[tokio::test]
async fn arguments_that_are_no_object_are_invalid_params() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for arguments in ["[1]", "\"x\"", "3", "true"] {
            let answer = mcp.call_with_text("habits.list", arguments).await;
            assert_eq!(answer.error_code(), -32602, "{revision:?} {arguments}: {answer:?}");
            assert_ne!(answer.status, 404, "{answer:?}");
        }
    }
}
