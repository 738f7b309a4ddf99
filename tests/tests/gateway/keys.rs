//! A tool that tells the shape of rows alone fetches no key: it works for users whose key nobody but they have.

use mana_mcp_tests::{Backends, Gateway, Mcp, Program, Vault, http};
use serde_json::{Value, json};

/// How often the gateway asked for a key, by whatever way.
async fn key_requests(gateway: &Gateway) -> f64 {
    let page = http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let counts = page.lines().filter(|line| line.starts_with("mana_mcp_backend_calls_total{"));
    let of_keys = counts.filter(|line| line.contains("encryption-vault"));
    let counts: Vec<f64> = of_keys.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert!(!counts.is_empty(), "the series has another name");
    counts.iter().sum()
}

#[tokio::test]
async fn tasks_of_a_user_without_a_key_here_are_counted_and_not_listed() {
    let backends = Backends::of(Program::Examples).await;
    let token = backends.token("ada@example.org").await;
    let mut vault = Vault::open(&backends, &token, 1).await.unwrap();
    let task = |id: &str, title: Value, is_completed: bool| {
        let data = json!({
            "id": id, "title": title, "isCompleted": is_completed, "priority": "medium", "order": 0,
            "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        });
        json!({ "table": "tasks", "id": id, "op": "insert", "data": data })
    };
    let mut sealed = |title: &str| vault.seal(&json!(title)).unwrap();
    let tasks = vec![task("a", sealed("Rake"), true), task("b", sealed("Dig"), false), task("c", sealed("Sow"), false)];
    backends.push(&token, "todo", tasks).await;
    let no_key = json!({ "status": 200, "text": json!({ "zeroKnowledge": true }).to_string() });
    let fault = |path: &str| json!({ "path": path, "times": 1_000_000, "instead": { "answer": no_key } });
    backends
        .auth_faults(json!([fault("/api/v1/me/encryption-vault/key"), fault("/api/v1/me/encryption-vault/init")]))
        .await;
    let gateway = backends.gateway().start().await;
    let ada = Mcp::modern(&gateway, &token).await;

    let counted = ada.call("todo.getStats", json!({})).await.structured();
    assert_eq!((&counted["total"], &counted["open"], &counted["completed"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(key_requests(&gateway).await, 0.0, "a count needs no key");

    let refused = ada.call("todo.list", json!({})).await.tool_error();
    assert!(refused.contains("zero-knowledge"), "{refused}");
    assert!(key_requests(&gateway).await > 0.0, "titles need one");
}
