//! The three metric families: there at zero from the start, right after calls, and never with a name that a caller made up.

use std::collections::BTreeMap;

use mana_mcp_tests::{Answer, Gateway, Launch, Mcp, http};
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
    for tool in super::tools::TOOLS {
        for outcome in ["success", "handler-error", "input-invalid"] {
            assert_eq!(invocations(&page, tool, outcome), 0.0, "{tool} {outcome}");
        }
        let labels = [("tool", tool), ("outcome", "success")];
        assert_eq!(page.get("mana_mcp_tool_duration_seconds_count", &labels), 0.0, "{tool}");
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
    let mcp = Mcp::connect(&gateway, &token, mana_mcp_tests::Revision::V2025).await;
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
