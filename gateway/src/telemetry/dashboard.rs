//! The Grafana dashboard, `docs/operations/grafana/dashboard.json`, from the definitions of the metrics: a panel for each
//! family, and on top what is wrong at this moment and what a soak is about. What is measured is shown, and nothing else.

use mana_mcp_service::metrics::{Family, Kind, PROCESS};
use serde_json::{Value, json};

use super::metrics::{FAMILIES, PREFIX};

/// Grafana's own version of the shape.
const SCHEMA: u32 = 39;
const COLUMNS: u64 = 24;
const HEIGHT: u64 = 8;

/// The dashboard as Grafana imports it.
#[must_use]
pub fn dashboard() -> String {
    let mut page = Page::default();
    page.row("Now");
    for (title, unit, query, legend) in NOW {
        let targets = vec![target(query, legend)];
        page.panel(Panel { title, help: "", width: COLUMNS / 3, kind: "timeseries", unit, targets });
    }
    page.row("Soak");
    for (title, unit, query) in SOAK {
        page.panel(Panel { title, help: "", width: COLUMNS / 3, kind: "stat", unit, targets: vec![target(query, "")] });
    }
    let mut group = "";
    for family in &FAMILIES {
        if row_of(family.name) != group {
            group = row_of(family.name);
            page.row(group);
        }
        page.panel(panel(family));
    }
    page.row("Process");
    for (name, kind, help) in PROCESS.into_iter().filter(|(name, ..)| *name != UNLIMITED) {
        let query = query(&format!("{PREFIX}{name}"), kind, "instance");
        let (title, query) =
            if name == START_TIME { ("time since the start", format!("time() - {query}")) } else { (name, query) };
        let targets = vec![target(&query, "{{instance}}")];
        page.panel(Panel { title, help, width: COLUMNS / 4, kind: "timeseries", unit: unit_of(name), targets });
    }
    // Two spaces, as every JSON here; a value of our own making has a text.
    format!("{:#}\n", page.finish())
}

/// Shown as the time that has passed: a point in time is a large number.
const START_TIME: &str = "process_start_time_seconds";
/// Has no limit nearly everywhere, for which the figure is 0: nothing to look at.
const UNLIMITED: &str = "process_virtual_memory_max_bytes";

/// What tells whether all is well: title, unit, query and legend.
const NOW: [(&str, &str, &str, &str); 3] = [
    (
        "Alerts that fire",
        "short",
        r#"sum by (alertname, severity) (ALERTS{job=~"$job",alertstate="firing"})"#,
        "{{alertname}} ({{severity}})",
    ),
    ("Gateways that are scraped", "short", r#"sum by (job) (up{job=~"$job"})"#, "{{job}}"),
    (
        "In flight, of what may be",
        "percentunit",
        r#"max by (bound) (mana_mcp_in_flight{job=~"$job"} / mana_mcp_in_flight_limit{job=~"$job"})"#,
        "{{bound}}",
    ),
];

/// What decides about enforcing, over the time that is shown.
const SOAK: [(&str, &str, &str); 3] = [
    (
        "Would be denied",
        "percentunit",
        r#"sum(increase(mana_mcp_policy_decisions_total{job=~"$job",decision="deny",mode="log-only"}[$__range])) / sum(increase(mana_mcp_policy_decisions_total{job=~"$job",mode="log-only"}[$__range]))"#,
    ),
    (
        "Evaluated in log-only mode",
        "short",
        r#"sum(increase(mana_mcp_policy_decisions_total{job=~"$job",mode="log-only"}[$__range]))"#,
    ),
    (
        "Evaluations that failed",
        "short",
        r#"sum(increase(mana_mcp_policy_decisions_total{job=~"$job",reason="unknown"}[$__range]))"#,
    ),
];

struct Panel<'a> {
    title: &'a str,
    help: &'a str,
    width: u64,
    kind: &'static str,
    unit: &'static str,
    targets: Vec<Value>,
}

fn panel(family: &Family) -> Panel<'_> {
    let labels = family.all_labels().join(", ");
    let legend: Vec<String> = family.all_labels().iter().map(|label| format!("{{{{{label}}}}}")).collect();
    let legend = if legend.is_empty() { "{{job}}".to_owned() } else { legend.join(" ") };
    let targets = match family.kind {
        Kind::Histogram(_) => ["0.5", "0.99"].map(|quantile| quantile_of(family, quantile, &legend)).to_vec(),
        kind => vec![target(&query(family.name, kind, &labels), &legend)],
    };
    let unit = if family.kind == Kind::Counter { "ops" } else { unit_of(family.name) };
    Panel { title: short(family.name), help: family.help, width: COLUMNS / 3, kind: "timeseries", unit, targets }
}

/// Counters as rates, gauges as they are; over all instances.
fn query(name: &str, kind: Kind, by: &str) -> String {
    let by = if by.is_empty() { "job" } else { by };
    match kind {
        Kind::Counter => format!(r#"sum by ({by}) (rate({name}{{job=~"$job"}}[$__rate_interval]))"#),
        Kind::Gauge | Kind::Histogram(_) => format!(r#"sum by ({by}) ({name}{{job=~"$job"}})"#),
    }
}

fn quantile_of(family: &Family, quantile: &str, legend: &str) -> Value {
    let by: Vec<&str> = family.all_labels().into_iter().chain(["le"]).collect();
    let (name, by) = (family.name, by.join(", "));
    let rate = format!(r#"sum by ({by}) (rate({name}_bucket{{job=~"$job"}}[$__rate_interval]))"#);
    target(
        &format!("histogram_quantile({quantile}, {rate})"),
        &format!("{legend} p{}", quantile.trim_start_matches("0.")),
    )
}

fn target(query: &str, legend: &str) -> Value {
    json!({ "expr": query, "legendFormat": legend })
}

/// Where a family's panel stands; families of one part of the gateway are defined together.
fn row_of(name: &str) -> &'static str {
    match short(name).split('_').next() {
        Some("info" | "policy" | "consent") => "Policy",
        Some("tool") => "Tools",
        Some("sessions") => "Sessions",
        Some("auth" | "space") => "Authentication",
        Some("backend" | "circuit") => "Services",
        Some("cache" | "key") => "Caches and keys",
        Some("replica" | "replicas") => "Replicas",
        _ => "Bounds and faults",
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// Grafana's name of the unit that a metric's name ends with.
fn unit_of(name: &str) -> &'static str {
    let name = name.strip_suffix("_total").unwrap_or(name);
    match name.rsplit('_').next() {
        Some("seconds") => "s",
        Some("bytes") => "bytes",
        _ => "short",
    }
}

/// Panels from left to right, and from top to bottom.
#[derive(Default)]
struct Page {
    panels: Vec<Value>,
    x: u64,
    y: u64,
}

impl Page {
    fn row(&mut self, title: &str) {
        self.end_line();
        let place = json!({ "x": 0, "y": self.y, "w": COLUMNS, "h": 1 });
        self.panels.push(json!({ "id": self.next_id(), "type": "row", "title": title, "collapsed": false, "gridPos": place, "panels": [] }));
        self.y += 1;
    }

    fn panel(&mut self, panel: Panel<'_>) {
        let Panel { title, help, width, kind, unit, mut targets } = panel;
        if self.x + width > COLUMNS {
            self.end_line();
        }
        for (target, id) in targets.iter_mut().zip(["A", "B"]) {
            target["refId"] = id.into();
        }
        let place = json!({ "x": self.x, "y": self.y, "w": width, "h": HEIGHT });
        self.panels.push(json!({
            "id": self.next_id(),
            "type": kind,
            "title": title,
            "description": help,
            "datasource": { "type": "prometheus", "uid": "${datasource}" },
            "gridPos": place,
            "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
            "targets": targets,
        }));
        self.x += width;
    }

    fn end_line(&mut self) {
        if self.x > 0 {
            (self.x, self.y) = (0, self.y + HEIGHT);
        }
    }

    fn next_id(&self) -> usize {
        self.panels.len() + 1
    }

    fn finish(self) -> Value {
        json!({
            "uid": "mana-mcp",
            "title": "mana-mcp",
            "description": "@generated by `cargo xtask docs` from the gateway's definitions. Do not edit.",
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": true,
            "time": { "from": "now-7d", "to": "now" },
            "refresh": "1m",
            "templating": { "list": [
                { "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus" },
                {
                    "name": "job",
                    "label": "Job",
                    "type": "query",
                    "datasource": { "type": "prometheus", "uid": "${datasource}" },
                    "query": "label_values(mana_mcp_process_start_time_seconds, job)",
                    "refresh": 2,
                    "multi": true,
                    "includeAll": true,
                },
            ] },
            "panels": self.panels,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_lie_side_by_side_and_never_on_each_other() {
        let dashboard: Value = serde_json::from_str(&dashboard()).unwrap();
        let mut taken = std::collections::BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(place("x") + place("w") <= COLUMNS, "{panel}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "two panels at {x}, {y}: {panel}");
                }
            }
        }
    }

    #[test]
    fn times_are_shown_in_their_own_unit_and_no_panel_is_of_a_limit_that_nobody_has() {
        let dashboard = dashboard();
        assert!(!dashboard.contains("dateTime") && !dashboard.contains(UNLIMITED), "{dashboard}");
        let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let start = panels.iter().find(|panel| panel["title"] == "time since the start").unwrap();
        assert_eq!(start["fieldConfig"]["defaults"]["unit"], "s");
        assert!(start["targets"][0]["expr"].as_str().unwrap().starts_with("time() - "), "{start}");
        let first: Vec<_> = panels.iter().take(4).map(|panel| panel["title"].as_str().unwrap()).collect();
        assert_eq!(first, ["Now", "Alerts that fire", "Gateways that are scraped", "In flight, of what may be"]);
    }

    #[test]
    fn each_row_comes_once() {
        let dashboard: Value = serde_json::from_str(&dashboard()).unwrap();
        let rows = dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] == "row");
        let titles: Vec<_> = rows.map(|row| row["title"].as_str().unwrap()).collect();
        let distinct: std::collections::BTreeSet<_> = titles.iter().collect();
        assert_eq!(distinct.len(), titles.len(), "{titles:?}");
    }
}
