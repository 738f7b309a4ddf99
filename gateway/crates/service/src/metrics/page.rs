//! The parts of a reference page of metrics that follow from their definitions.

use std::fmt::Write as _;

use metrics::Unit;

use super::{
    families::{Family, Kind},
    process::PROCESS,
};

/// A table of the families, and of what the process itself shows under that prefix.
#[must_use]
pub fn table(families: &[Family], prefix: &str) -> String {
    let mut page = "| name | kind | unit | series | tells |\n| --- | --- | --- | --- | --- |\n".to_owned();
    // Writing to a string does not fail.
    for family in families {
        let Family { name, help, .. } = family;
        let (kind, unit, cost) = (kind_name(family.kind), unit_name(family.unit), family.cost());
        let cost = family.by.map_or_else(|| cost.to_string(), |by| format!("{cost} a {by}"));
        let link = if has_more(family) { format!("[`{name}`](#{name})") } else { format!("`{name}`") };
        let _ = writeln!(page, "| {link} | {kind} | {unit} | {cost} | {help} |");
    }
    for (name, kind, help) in PROCESS {
        let _ = writeln!(page, "| `{prefix}{name}` | {} | - | 1 | {help} |", kind_name(kind));
    }
    page
}

/// A section for each family that has labels or buckets. `open` says in words which values a label has beside those that are
/// defined.
#[must_use]
pub fn sections(families: &[Family], open: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut page = String::new();
    for family in families.iter().filter(|family| has_more(family)) {
        describe(&mut page, family, &open);
    }
    page
}

/// Whether there is more to say than fits the table.
fn has_more(family: &Family) -> bool {
    !family.labels.is_empty() || matches!(family.kind, Kind::Histogram(_))
}

fn describe(page: &mut String, family: &Family, open: impl Fn(&str) -> Option<&'static str>) {
    let _ = write!(page, "\n## {}\n\n{}\n", family.name, family.help);
    if !family.labels.is_empty() {
        page.push_str("\n| label | values |\n| --- | --- |\n");
    }
    for label in family.all_labels() {
        let mut values: Vec<String> = family.values(label).into_iter().map(|value| format!("`{value}`")).collect();
        values.extend(open(label).map(str::to_owned));
        let _ = writeln!(page, "| `{label}` | {} |", values.join(", "));
    }
    if let Kind::Histogram(buckets) = family.kind {
        let bounds: Vec<String> = buckets.bounds.iter().map(ToString::to_string).collect();
        let _ = write!(page, "\nBuckets: {}; {}.\n", bounds.join(", "), buckets.reason);
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "-",
        unit => unit.as_str(),
    }
}
