//! Keys as clients use them, over HTTP.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::oauth::testing::{Answer, Gateway};

async fn token(gateway: &Gateway) -> String {
    gateway.entry_code("me@localhost").await;
    let standalone = gateway.running.standalone().unwrap();
    standalone.issue_token("me@localhost", Duration::from_secs(600)).unwrap()
}

async fn call(gateway: &Gateway, token: &str, tool: &str, arguments: Value, key: &Value) -> Answer {
    let meta = json!({ "mana/idempotencyKey": key });
    gateway.call_with("/mcp", token, tool, json!({ "arguments": arguments }), meta).await
}

async fn create(gateway: &Gateway, token: &str, title: &str, key: &str) -> Value {
    call(gateway, token, "habits.create", json!({ "title": title }), &key.into()).await.json()["result"].take()
}

async fn habits(gateway: &Gateway, token: &str) -> Vec<Value> {
    let listed = gateway.call("/mcp", token, "habits.list", json!({})).await.json();
    listed["result"]["structuredContent"]["habits"].as_array().unwrap().clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_call_is_carried_out_once() {
    let gateway = Gateway::with(&[("POLICY_MODE", "enforce"), ("RATE_LIMIT_PER_MINUTE", "2")]).await;
    let token = token(&gateway).await;
    let first = create(&gateway, &token, "Read", "k-1").await;
    assert!(first["_meta"].get("mana/replayed").is_none(), "{first}");
    // Replays take no place in the window.
    for _ in 0..5 {
        let again = create(&gateway, &token, "Read", "k-1").await;
        assert_eq!(again["structuredContent"], first["structuredContent"]);
        assert_eq!(again["_meta"]["mana/replayed"], true);
    }
    let reused = create(&gateway, &token, "Write", "k-1").await;
    assert!(reused["isError"] == true && text(&reused).starts_with("idempotency_key_reused"), "{reused}");
    assert_ne!(create(&gateway, &token, "Write", "k-2").await["isError"], true);
    let limited = create(&gateway, &token, "Run", "k-3").await;
    assert_eq!(limited["isError"], true);
    assert_eq!(habits(&gateway, &token).await.len(), 2);
}

#[tokio::test]
async fn many_at_once_make_one_row() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    let made = futures::future::join_all((0..20).map(|_| create(&gateway, &token, "Read", "k"))).await;
    assert!(made.iter().all(|one| one["structuredContent"] == made[0]["structuredContent"]), "{made:?}");
    assert_eq!(habits(&gateway, &token).await.len(), 1);
}

#[tokio::test]
async fn many_at_once_at_two_gateways_make_one_row() {
    let gateway = Gateway::start().await;
    let another = gateway.another().await;
    let token = token(&gateway).await;
    let calls = [&gateway, &another].into_iter().cycle().take(20).map(|at| create(at, &token, "Read", "k"));
    let made = futures::future::join_all(calls).await;
    let id = |one: &Value| one["structuredContent"]["habit"]["id"].as_str().unwrap().to_owned();
    assert!(made.iter().all(|one| id(one) == id(&made[0])), "{made:?}");
    for at in [&gateway, &another] {
        assert_eq!(habits(at, &token).await.len(), 1);
    }
}

#[tokio::test]
async fn a_key_is_that_of_the_call_within_a_call() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    let through = async |arguments: Value| {
        let arguments = json!({ "tool": "habits_create", "arguments": arguments });
        call(&gateway, &token, "catalog.call", arguments, &"k".into()).await.json()["result"].take()
    };
    let first = through(json!({ "title": "Read" })).await;
    assert!(first["isError"] != true && first["_meta"].get("mana/replayed").is_none(), "{first}");
    for again in [through(json!({ "title": "Read" })).await, create(&gateway, &token, "Read", "k").await] {
        assert_eq!(again["structuredContent"], first["structuredContent"]);
        assert_eq!(again["_meta"]["mana/replayed"], true);
    }
    for reused in [through(json!({ "title": "Write" })).await, create(&gateway, &token, "Write", "k").await] {
        assert!(text(&reused).starts_with("idempotency_key_reused"), "{reused}");
    }
    // Among the arguments, of either call, it is an argument that there is not.
    for name in ["mana/idempotencyKey", "idempotencyKey", "_meta"] {
        let key = json!({ "mana/idempotencyKey": "x" });
        for arguments in [
            json!({ "tool": "habits.create", "arguments": { "title": "Run" }, name: key }),
            json!({ "tool": "habits.create", "arguments": { "title": "Run", name: key } }),
        ] {
            let refused = gateway.call("/mcp", &token, "catalog.call", arguments).await.json();
            assert_eq!(refused["result"]["isError"], true, "{refused}");
        }
    }
    assert_eq!(habits(&gateway, &token).await.len(), 1);
}

#[tokio::test]
async fn another_process_makes_no_second_row_and_undoes_nothing() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    let made = create(&gateway, &token, "Read", "k").await;
    let id = made["structuredContent"]["habit"]["id"].as_str().unwrap();
    let renamed = gateway.call("/mcp", &token, "habits.update", json!({ "id": id, "title": "Renamed" })).await.json();
    assert_ne!(renamed["result"]["isError"], true, "{renamed}");
    let again = create(&gateway.another().await, &token, "Read", "k").await;
    assert_eq!(again["structuredContent"]["habit"]["id"], id);
    let habits = habits(&gateway, &token).await;
    assert_eq!((habits.len(), &habits[0]["title"]), (1, &json!("Renamed")));
}

#[tokio::test]
async fn failures_are_not_kept() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    let invalid = call(&gateway, &token, "habits.create", json!({}), &"k".into()).await.json();
    assert_eq!(invalid["result"]["isError"], true);
    let missing = json!({ "id": "00000000-0000-4000-8000-000000000000", "title": "x" });
    let unknown = call(&gateway, &token, "habits.update", missing, &"k".into()).await.json();
    assert_eq!(unknown["result"]["isError"], true);
    assert_ne!(create(&gateway, &token, "Read", "k").await["isError"], true);
    // Nor is what was denied, or never came to its tool.
    let strict = Gateway::with(&[("POLICY_MODE", "enforce"), ("RATE_LIMIT_PER_MINUTE", "1")]).await;
    let token = self::token(&strict).await;
    let id = create(&strict, &token, "Read", "a").await["structuredContent"]["habit"]["id"].clone();
    assert_eq!(create(&strict, &token, "Write", "b").await["isError"], true);
    let delete = async || call(&strict, &token, "habits.delete", json!({ "id": id }), &"b".into()).await.json();
    for _ in 0..2 {
        let denied = delete().await["result"].take();
        assert!(denied["isError"] == true && denied["_meta"].get("mana/replayed").is_none(), "{denied}");
    }
    let forged = format!("{token}x");
    let unknown = call(&strict, &forged, "habits.create", json!({ "title": "Read" }), &"a".into()).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(create(&strict, &token, "Read", "a").await["_meta"]["mana/replayed"], true);
}

#[tokio::test]
async fn a_key_without_its_form_is_refused() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    for key in [
        json!(""),
        json!("a b"),
        json!("a\n"),
        json!("\0"),
        json!("x".repeat(65)),
        json!(7),
        json!(null),
        json!({}),
        json!(["k"]),
    ] {
        let refused = call(&gateway, &token, "habits.create", json!({ "title": "Read" }), &key).await;
        assert_eq!(refused.json()["error"]["code"], -32602, "{key}");
    }
    assert!(habits(&gateway, &token).await.is_empty());
}

#[tokio::test]
async fn members_alone_are_told_and_reads_are_made_again() {
    let gateway = Gateway::start().await;
    let token = token(&gateway).await;
    create(&gateway, &token, "Read", "k").await;
    let other = gateway.running.standalone().unwrap().issue_token("eve@example.org", Duration::from_secs(60)).unwrap();
    let hers = create(&gateway, &other, "Read", "k").await;
    assert!(hers["_meta"].get("mana/replayed").is_none(), "{hers}");
    let space = gateway.call("/mcp", &token, "spaces.list", json!({})).await.json();
    let space = space["result"]["_meta"]["mana/space"].as_str().unwrap().to_owned();
    let meta = json!({ "mana/idempotencyKey": "k" });
    let params = json!({ "arguments": { "title": "Read" } });
    let path = format!("/mcp?space={space}");
    let foreign = gateway.call_with(&path, &other, "habits.create", params, meta).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);

    let list = async || call(&gateway, &token, "habits.list", json!({}), &"l".into()).await.json();
    let before = list().await;
    create(&gateway, &token, "Write", "k2").await;
    assert_ne!(list().await["result"]["structuredContent"], before["result"]["structuredContent"]);
}

#[tokio::test]
async fn consent_is_asked_for_once_and_a_no_is_not_a_yes() {
    let gateway = Gateway::with(&[("POLICY_MODE", "log-only")]).await;
    let token = token(&gateway).await;
    let id = create(&gateway, &token, "Read", "c").await["structuredContent"]["habit"]["id"].clone();
    let meta = json!({ "mana/idempotencyKey": "d" });
    let delete = async |more: Value| {
        let mut params = json!({ "arguments": { "id": id } });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gateway.call_with("/mcp", &token, "habits.delete", params, meta.clone()).await.json()["result"].take()
    };
    let answered = async |action: &str| {
        let asked = delete(json!({})).await;
        assert_eq!(asked["resultType"], "input_required", "{asked}");
        let answers = json!({ "consent": { "action": action } });
        delete(json!({ "requestState": asked["requestState"], "inputResponses": answers })).await
    };
    assert_eq!(answered("decline").await["isError"], true);
    assert_eq!(habits(&gateway, &token).await.len(), 1);
    let deleted = answered("accept").await;
    assert_ne!(deleted["isError"], true, "{deleted}");
    assert_eq!(delete(json!({})).await["_meta"]["mana/replayed"], true);
}
