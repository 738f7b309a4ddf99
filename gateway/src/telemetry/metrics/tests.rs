//! What the definitions promise, held against the text that is served.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use mana_mcp_runtime::failure::FailureKind;
use mana_mcp_service::metrics::{Exposition, Family, Kind, PROCESS, Reading, Unit};

use super::*;
use crate::{backend::Route, call::testing::CATALOG};

/// What the series of one gateway may cost a store, beside those of its tools.
const BUDGET: usize = 500;
/// What each tool may cost: a catalog of 125 tools stays below 4,000 series, a scrape of half a MiB.
const TOOL_BUDGET: usize = 28;

fn series_of(page: &str) -> BTreeSet<&str> {
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.rsplit_once(' ').unwrap().0).collect()
}

#[test]
fn every_series_exists_at_zero() {
    let page = Metrics::new(&CATALOG).unwrap().render();
    for family in FAMILIES.iter().filter(|family| family.by.is_none()) {
        for values in family.series() {
            let labels: Vec<String> =
                family.labels.iter().zip(values).map(|(name, value)| format!(",{name}=\"{value}\"")).collect();
            let suffix = if matches!(family.kind, Kind::Histogram(_)) { "_count" } else { "" };
            let line = format!("\n{}{suffix}{{service=\"mana-mcp\"{}}} 0\n", family.name, labels.concat());
            assert!(page.contains(&line), "{line} is missing in\n{page}");
        }
    }
    for line in [
        "mana_mcp_policy_decisions_total{service=\"mana-mcp\",decision=\"deny\",reason=\"rate-limit-exceeded\",mode=\"log-only\"} 0",
        "mana_mcp_policy_decisions_total{service=\"mana-mcp\",decision=\"deny\",reason=\"unknown\",mode=\"enforce\"} 0",
        "mana_mcp_tool_invocations_total{service=\"mana-mcp\",tool=\"user.read\",outcome=\"input-invalid\"} 0",
        "mana_mcp_backend_calls_total{service=\"mana-mcp\",backend=\"sync\",route=\"/sync/{app}/pull\",outcome=\"success\"} 0",
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
}

#[test]
fn there_are_no_more_series_than_the_definitions_say_and_they_are_within_the_budget() {
    let metrics = Metrics::new(&CATALOG).unwrap();
    for tool in CATALOG.tools() {
        for outcome in HandlerOutcome::ALL {
            metrics.tool_duration(*tool, *outcome, Duration::ZERO);
        }
    }
    // Each histogram shows all its buckets, also those that nothing fell into.
    let page = metrics.render();
    let cost =
        |by_tool| FAMILIES.iter().filter(|family| family.by.is_some() == by_tool).map(Family::cost).sum::<usize>();
    let (fixed, of_tool) = (cost(false) + PROCESS.len(), cost(true));
    assert_eq!(series_of(&page).len(), fixed + CATALOG.tools().len() * of_tool, "{page}");
    assert!(fixed <= BUDGET && of_tool <= TOOL_BUDGET, "{fixed} series, {of_tool} for each tool");
}

#[test]
fn durations_of_a_tool_begin_with_its_first_call() {
    let metrics = Metrics::new(&CATALOG).unwrap();
    let shown = || metrics.render().lines().filter(|line| line.contains("tool_duration_seconds_count")).count();
    assert_eq!(shown(), 0);
    metrics.tool_duration(CATALOG.tools()[0], HandlerOutcome::Success, Duration::ZERO);
    assert_eq!(shown(), HandlerOutcome::ALL.len());
}

#[test]
fn names_follow_the_rules_of_the_format() {
    let mut names = BTreeSet::new();
    for family in FAMILIES {
        let Family { name, kind, unit, help, labels, .. } = family;
        assert!(names.insert(name), "{name} stands twice");
        assert!(name.starts_with(PREFIX), "{name}");
        assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
        let suffix = match unit {
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
            _ => "",
        };
        assert!(name.ends_with(suffix), "{name} is in {unit:?}");
        assert!(help.ends_with('.'), "{help}");
        assert!(!labels.contains(&SERVICE_LABEL.0), "{name} would lose the label of every series");
        if let Kind::Histogram(buckets) = kind {
            assert!(buckets.bounds.is_sorted_by(|one, next| one < next), "{name}");
        }
    }
}

#[test]
fn the_process_shows_what_is_declared() {
    let page = Metrics::new(&CATALOG).unwrap().render();
    let shown: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .filter(|name| name.starts_with("mana_mcp_process_"))
        .collect();
    let declared: BTreeSet<String> = PROCESS.iter().map(|(name, ..)| format!("{PREFIX}{name}")).collect();
    assert_eq!(shown, declared.iter().map(String::as_str).collect());
}

#[test]
fn a_call_is_counted_once() {
    let metrics = Metrics::new(&CATALOG).unwrap();
    let tool = CATALOG.tools()[0];
    metrics.tool_invocation(tool, Outcome::Success);
    metrics.tool_duration(tool, HandlerOutcome::Success, Duration::from_millis(3));
    metrics.policy_decision(Reason::Clean, Mode::LogOnly);
    metrics.auth_failure(AuthRefusal::Unavailable);
    let page = metrics.render();
    assert!(page.contains(&format!("tool=\"{}\",outcome=\"success\"}} 1", tool.name())));
    assert!(page.contains("decision=\"allow\",reason=\"clean\",mode=\"log-only\"} 1"));
    assert!(page.contains(&format!("tool=\"{}\",outcome=\"success\",le=\"0.01\"}} 1", tool.name())));
    assert!(page.contains("reason=\"unavailable\"} 1"));
}

#[test]
fn readings_are_taken_when_they_are_asked_for() {
    let now = Arc::new(AtomicU64::new(3));
    let read = {
        let now = Arc::clone(&now);
        move || now.load(Ordering::Relaxed)
    };
    let readings = vec![Reading::gauge(&REPLICAS, (), read.clone()), Reading::counter(&REPLICA_PULLS, (), read)];
    let exposition = Exposition::new(Arc::clone(Metrics::new(&CATALOG).unwrap().registry()), readings);
    for value in [3, 5] {
        now.store(value, Ordering::Relaxed);
        let page = exposition.render();
        assert!(page.contains(&format!("mana_mcp_replicas{{service=\"mana-mcp\"}} {value}\n")), "{page}");
        assert!(page.contains(&format!("mana_mcp_replica_pulls_total{{service=\"mana-mcp\"}} {value}\n")), "{page}");
    }
}

#[test]
fn every_failure_of_a_service_has_its_series() {
    let metrics = Metrics::new(&CATALOG).unwrap();
    let meter = metrics.backends();
    let kinds = [FailureKind::Rejected { status: 404 }, FailureKind::Failed { status: 503 }, FailureKind::Busy];
    let pull = Route::all_own().find(|route| route.template() == "/sync/{app}/pull").unwrap();
    for kind in kinds {
        meter.called(pull, Some(kind), None);
    }
    let page = metrics.render();
    for kind in kinds {
        assert!(page.contains(&format!("route=\"/sync/{{app}}/pull\",outcome=\"{}\"}} 1", kind.name())), "{page}");
    }
    assert!(page.contains("mana_mcp_shed_total{service=\"mana-mcp\",bound=\"sync\"} 1"), "{page}");
}

/// What each operation of a service of the catalog may cost.
const OPERATION_BUDGET: usize = 32;

#[test]
fn operations_of_the_catalogs_services_have_their_series_from_zero() {
    let catalog = &crate::call::testing::services::CATALOG;
    let page = Metrics::new(catalog).unwrap().render();
    for line in [
        "mana_mcp_backend_calls_total{service=\"mana-mcp\",backend=\"fake\",route=\"/v1/draw\",outcome=\"timed_out\"} 0",
        "mana_mcp_backend_duration_seconds_count{service=\"mana-mcp\",backend=\"stranger\",route=\"/open\"} 0",
        "mana_mcp_backend_malformed_answers_total{service=\"mana-mcp\",backend=\"stranger\"} 0",
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
    let of_operation = series_of(&page).into_iter().filter(|series| series.contains("route=\"/v1/draw\"")).count();
    assert!(of_operation <= OPERATION_BUDGET, "{of_operation}");
}
