//! The metrics: there at zero from the start but for the durations of tools, right after calls, and
//! never with a name that a caller made up.

use std::collections::BTreeMap;

use mana_mcp_tests::{Answer, Backends, Gateway, Launch, Mcp, Program, Revision, http, post, services::Services};
use serde_json::json;

/// Every series of `/metrics`: name and labels -> value.
pub(super) struct Page(BTreeMap<String, f64>);

impl Page {
    pub(super) async fn of(gateway: &Gateway) -> Self {
        let answer = Answer::read(http().get(gateway.url("/metrics")).send().await.unwrap()).await;
        assert_eq!(answer.status, 200);
        let series = answer.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Self(series.collect())
    }

    /// The value of the one series of `name` that has all these labels.
    pub(super) fn get(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let found: Vec<_> = self
            .0
            .iter()
            .filter(|(series, _)| {
                series.split('{').next() == Some(name) && labels.iter().all(|label| series.contains(label))
            })
            .collect();
        assert_eq!(found.len(), 1, "{name}{labels:?}: {found:?}");
        *found[0].1
    }
}

fn invocations(page: &Page, tool: &str, outcome: &str) -> f64 {
    page.get("mana_mcp_tool_invocations_total", &[("tool", tool), ("outcome", outcome), ("service", "mana-mcp")])
}

pub(super) fn decisions(page: &Page, decision: &str, reason: &str, mode: &str) -> f64 {
    let labels = [("decision", decision), ("reason", reason), ("mode", mode), ("service", "mana-mcp")];
    page.get("mana_mcp_policy_decisions_total", &labels)
}

const DECISIONS: [(&str, &str); 5] = [
    ("deny", "admin-scope-not-invokable"),
    ("deny", "destructive-not-allowed"),
    ("deny", "rate-limit-exceeded"),
    ("flagged", "injection-marker"),
    ("allow", "clean"),
];

#[tokio::test]
async fn every_series_is_there_at_zero_from_the_start() {
    let gateway = Gateway::start().await;
    let page = Page::of(&gateway).await;
    for tool in Program::Fixture.tool_names() {
        for outcome in ["success", "handler-error", "input-invalid"] {
            assert_eq!(invocations(&page, &tool, outcome), 0.0, "{tool} {outcome}");
        }
    }
    for (decision, reason) in DECISIONS {
        for mode in ["log-only", "enforce"] {
            assert_eq!(decisions(&page, decision, reason, mode), 0.0, "{decision} {reason} {mode}");
        }
    }
    for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "start_time_seconds"] {
        assert!(page.get(&format!("mana_mcp_process_{name}"), &[("service", "mana-mcp")]) >= 0.0, "{name}");
    }
}

#[tokio::test]
async fn calls_are_counted_once_by_tool_and_outcome() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for _ in 0..3 {
        mcp.call("habits.list", json!({})).await.structured();
    }
    mcp.call("habits.list", json!({ "nope": 1 })).await.tool_error();
    mcp.call("todo.complete", json!({ "id": "5a1d8b2e-6a55-4f0e-8a2b-6c9e2f1d3b02" })).await.tool_error();
    mcp.call("no.such.tool", json!({})).await;
    let page = Page::of(&gateway).await;
    assert_eq!(invocations(&page, "habits.list", "success"), 3.0);
    assert_eq!(invocations(&page, "habits.list", "input-invalid"), 1.0);
    assert_eq!(invocations(&page, "habits.list", "handler-error"), 0.0);
    assert_eq!(invocations(&page, "todo.complete", "handler-error"), 1.0);
    let duration = |name: &str, tool, outcome| {
        page.get(&format!("mana_mcp_tool_duration_seconds_{name}"), &[("tool", tool), ("outcome", outcome)])
    };
    assert_eq!(duration("count", "habits.list", "success"), 3.0);
    assert!((0.0..3.0).contains(&duration("sum", "habits.list", "success")));
    assert_eq!(duration("count", "todo.complete", "handler-error"), 1.0);
    assert_eq!(decisions(&page, "allow", "clean", "log-only"), 4.0, "calls that were valid");
}

#[tokio::test]
async fn no_user_space_session_or_invented_name_is_a_label() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let space = mcp.call("spaces.list", json!({})).await.structured()["activeSpaceId"].as_str().unwrap().to_owned();
    mcp.call("invented.tool", json!({})).await;
    mcp.request("invented/method", json!({})).await;
    http().get(gateway.url("/invented-path")).send().await.unwrap();
    let page = http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for word in ["ada", &space, mcp.session(), "invented"] {
        assert!(!page.contains(word), "{word} is in:\n{page}");
    }
}

#[tokio::test]
async fn an_evaluation_is_counted_under_its_mode_and_none_where_it_is_off() {
    for (mode, counted) in [("off", 0.0), ("log-only", 1.0), ("enforce", 1.0)] {
        let gateway = Launch::new().env("POLICY_MODE", mode).start().await;
        let mcp = Mcp::user(&gateway, "ada@example.org").await;
        mcp.call("habits.list", json!({})).await.structured();
        let page = Page::of(&gateway).await;
        let total: f64 = ["log-only", "enforce"].iter().map(|mode| decisions(&page, "allow", "clean", mode)).sum();
        assert_eq!(total, counted, "{mode}");
        if counted > 0.0 {
            assert_eq!(decisions(&page, "allow", "clean", mode), 1.0, "{mode}");
        }
        assert_eq!(invocations(&page, "habits.list", "success"), 1.0, "{mode}");
    }
}

#[tokio::test]
async fn metrics_can_be_switched_off() {
    let gateway = Launch::new().env("METRICS", "off").env("POLICY_MODE", "log-only").start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    ada.call("habits.list", json!({})).await.structured();
    for (route, status) in [("/metrics", 404), ("/health", 200), ("/ready", 200)] {
        assert_eq!(http().get(gateway.url(route)).send().await.unwrap().status(), status, "{route}");
    }
}

#[tokio::test]
async fn sessions_are_counted_by_what_became_of_them() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let ada = Mcp::connect(&gateway, &token, Revision::V2025).await;
    let bob = Mcp::connect(&gateway, &gateway.token("bob@example.org").await, Revision::V2025).await;
    let session = ada.session().to_owned();
    let bob = bob.with_session(&session);
    assert_eq!(bob.call("spaces.list", json!({})).await.status, 403);
    assert_eq!(ada.end().await.status, 204);
    assert_eq!(ada.call("spaces.list", json!({})).await.status, 404);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let without = Answer::read(post(&gateway, &token).json(&body).send().await.unwrap()).await;
    assert_eq!(without.status, 400);
    let page = Page::of(&gateway).await;
    assert_eq!(page.get("mana_mcp_sessions_opened_total", &[]), 2.0);
    assert_eq!(page.get("mana_mcp_sessions_ended_total", &[]), 1.0);
    for reason in ["missing", "unknown", "foreign"] {
        assert_eq!(page.get("mana_mcp_sessions_refused_total", &[("reason", reason)]), 1.0, "{reason}");
    }
}

#[tokio::test]
async fn what_is_asked_of_the_services_is_counted_by_route_and_outcome() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let ada = Mcp::modern(&gateway, &backends.token("ada@example.org").await).await;
    ada.call("notes.create", json!({ "title": "A note" })).await.structured();
    for _ in 0..2 {
        ada.call("notes.search", json!({})).await.structured();
    }
    let fault = json!({ "answer": { "status": 402, "text": "off" } });
    backends.sync_faults(json!([{ "path": "/sync/notes/pull", "instead": fault }])).await;
    ada.call("notes.search", json!({})).await.tool_error();
    let fault = json!({ "answer": { "status": 200, "text": "no JSON" } });
    backends.sync_faults(json!([{ "path": "/sync/notes/pull", "instead": fault }])).await;
    ada.call("notes.search", json!({})).await.tool_error();

    let page = Page::of(&gateway).await;
    let calls = |backend: &str, route: &str, outcome: &str| {
        let labels = [("backend", backend), ("route", route), ("outcome", outcome)];
        page.get("mana_mcp_backend_calls_total", &labels)
    };
    assert_eq!(calls("identity", "/api/auth/jwks", "success"), 1.0);
    assert_eq!(calls("identity", "/api/auth/organization/list", "success"), 1.0);
    assert_eq!(calls("sync", "/sync/{app}/pull", "success"), 3.0, "one of which could not be read");
    assert_eq!(calls("sync", "/sync/{app}/pull", "subscription_inactive"), 1.0);
    assert_eq!(calls("sync", "/sync/{app}", "success"), 1.0);
    assert_eq!(page.get("mana_mcp_backend_malformed_answers_total", &[("backend", "sync")]), 1.0);
    let pulls = [("backend", "sync"), ("route", "/sync/{app}/pull")];
    assert_eq!(page.get("mana_mcp_backend_duration_seconds_count", &pulls), 4.0);
    for key in ["signing", "master"] {
        let fetches = page.get("mana_mcp_key_fetches_total", &[("key", key), ("outcome", "success")]);
        assert_eq!(fetches, 1.0, "{key}");
    }
    for cache in ["tokens", "spaces", "master-keys"] {
        let lookups = |result| page.get("mana_mcp_cache_lookups_total", &[("cache", cache), ("result", result)]);
        assert_eq!((lookups("miss"), lookups("hit")), (1.0, 4.0), "{cache}");
        assert!(page.get("mana_mcp_cache_capacity", &[("cache", cache)]) > 0.0);
    }
    assert_eq!(page.get("mana_mcp_replicas", &[]), 1.0);
    assert_eq!(page.get("mana_mcp_replica_pulls_total", &[]), 4.0);
    let (bytes, budget) = (page.get("mana_mcp_replica_bytes", &[]), page.get("mana_mcp_replica_budget_bytes", &[]));
    assert!(0.0 < bytes && bytes < budget, "{bytes} of {budget}");
}

#[tokio::test]
async fn what_is_under_way_and_what_is_shed_is_seen() {
    let services = Services::held().await;
    let gateway = services.gateway().env("MANA_MCP_MAX_IN_FLIGHT", 1).start().await;
    let ada = Mcp::modern(&gateway, &services.token("ada")).await;
    let bob = Mcp::modern(&gateway, &services.token("bob")).await;
    let held = ada.call("spaces.list", json!({}));
    let meanwhile = async {
        services.waiting(1).await;
        assert_eq!(bob.call("spaces.list", json!({})).await.status, 503);
        assert_eq!(ada.call("spaces.list", json!({})).await.status, 429);
        let page = Page::of(&gateway).await;
        let (used, limit) = ("mana_mcp_in_flight", "mana_mcp_in_flight_limit");
        assert_eq!(page.get(used, &[("bound", "requests")]), 1.0);
        assert_eq!(page.get(limit, &[("bound", "requests")]), 1.0);
        assert_eq!(page.get(used, &[("bound", "identity")]), 1.0);
        assert_eq!(page.get(used, &[("bound", "sync")]), 0.0);
        assert!(page.get(used, &[("bound", "connections")]) >= 2.0);
        assert_eq!(page.get("mana_mcp_shed_total", &[("bound", "requests")]), 1.0);
        assert_eq!(page.get("mana_mcp_shed_total", &[("bound", "user-requests")]), 1.0);
        services.release();
    };
    let (answer, ()) = futures::join!(held, meanwhile);
    answer.structured();
    assert_eq!(Page::of(&gateway).await.get("mana_mcp_in_flight", &[("bound", "requests")]), 0.0);
}

#[tokio::test]
async fn refused_callers_are_counted_by_reason() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let none = http().post(gateway.url("/mcp")).send().await.unwrap();
    assert_eq!(none.status(), 401);
    assert_eq!(post(&gateway, "no-token").send().await.unwrap().status(), 401);
    let mut claims = services.claims("ada");
    claims["exp"] = 1.into();
    let expired = services.sign(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" }), &claims);
    assert_eq!(post(&gateway, &expired).send().await.unwrap().status(), 401);
    let page = Page::of(&gateway).await;
    for reason in ["missing", "malformed", "expired"] {
        assert_eq!(page.get("mana_mcp_auth_failures_total", &[("reason", reason)]), 1.0, "{reason}");
    }
}

#[tokio::test]
async fn whatever_happens_only_durations_of_tools_come_and_nothing_goes() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().env("POLICY_MODE", "enforce").env("RATE_LIMIT_PER_MINUTE", 2).start().await;
    let names = async || Page::of(&gateway).await.0.into_keys().collect::<Vec<_>>();
    let before = names().await;
    let token = backends.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for tool in Program::Fixture.tool_names().into_iter().chain(["invented.tool".to_owned()]) {
            for arguments in [json!({}), json!({ "title": "One", "content": "Two" }), json!({ "invented": 1 })] {
                mcp.call(&tool, arguments).await;
            }
        }
        mcp.request("invented/method", json!({})).await;
    }
    backends.sync_faults(json!([{ "times": 4, "instead": "close" }])).await;
    Mcp::modern(&gateway, &backends.token("bob@example.org").await).await.call("todo.list", json!({})).await;
    http().get(gateway.url("/invented")).send().await.unwrap();
    let (durations, others): (Vec<_>, Vec<_>) =
        names().await.into_iter().partition(|series| series.starts_with("mana_mcp_tool_duration_seconds"));
    assert_eq!(others, before, "a tool's durations begin with its first call, all else is there from the start");
    let tools: Vec<String> = Program::Fixture.tool_names().iter().map(|tool| format!("tool=\"{tool}\"")).collect();
    assert!(durations.iter().any(|series| series.contains("tool=\"habits.list\"")), "{durations:?}");
    for series in durations {
        assert!(tools.iter().any(|tool| series.contains(tool)), "{series}");
    }
}
