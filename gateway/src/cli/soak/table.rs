//! The report for people.

use super::super::style;
use mana_mcp_soak::{ReasonLine, Report, Share, Sources, ToolLine, Trend, Verdict};

/// All of it; coloured for a terminal alone.
pub(super) fn of(report: &Report, coloured: bool) -> String {
    let mut sections = vec![head(report, coloured), reasons(report, coloured), tools(report, coloured)];
    sections.extend(worst(report, coloured));
    sections.push(budget(report));
    if !report.notes.is_empty() {
        sections.push(listed("Note: ", &report.notes));
    }
    sections.push(verdict(report, coloured));
    sections.retain(|section| !section.is_empty());
    sections.join("\n\n")
}

fn head(report: &Report, coloured: bool) -> String {
    let source = match report.counters {
        Sources::Prometheus => "Prometheus",
        Sources::Scrapes => "saved scrapes",
    };
    let title = style::heading(&format!("Soak from {} to {}", minute(report.from), minute(report.to)), coloured);
    let gateways = counted(report.instances, "gateway");
    let restarts = counted(report.restarts, "restart");
    format!(
        "{title}\n{gateways}, {restarts}; counters from {source}, {} of the window covered; audit log {}",
        Share::of(report.covered.as_secs_f64(), (report.to.duration_since(report.from)).as_secs_f64()),
        report.users.map_or_else(|| "not given".to_owned(), |users| format!("with {}", counted(users, "user"))),
    )
}

fn reasons(report: &Report, coloured: bool) -> String {
    let seen: Vec<&ReasonLine> = report.reasons.iter().filter(|line| line.calls > 0).collect();
    if seen.is_empty() {
        return String::new();
    }
    let rows = seen.into_iter().map(|line| {
        let charged = if line.is_charged { "charged" } else { "" };
        [
            line.reason.to_string(),
            line.decision.to_string(),
            line.calls.to_string(),
            line.rate.to_string(),
            trend(line.trend).to_owned(),
            sparkline(&line.slots),
            charged.to_owned(),
        ]
    });
    let heads = ["REASON", "DECISION", "CALLS", "RATE", "TREND", "OVER TIME", "BUDGET"];
    table(heads, [false, false, true, true, false, false, false], rows.collect(), coloured)
}

fn tools(report: &Report, coloured: bool) -> String {
    if report.tools.is_empty() {
        return String::new();
    }
    let known = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let rows = report.tools.iter().map(|line: &ToolLine| {
        let reasons: Vec<_> = line.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        [
            line.tool.to_string(),
            (line.succeeded + line.failed + line.invalid).to_string(),
            line.failed.to_string(),
            line.invalid.to_string(),
            known(line.evaluated),
            known(line.would_be_denied),
            line.rate.map_or_else(|| "?".to_owned(), |rate| rate.to_string()),
            reasons.join(", "),
        ]
    });
    // The counters of calls have no mode; the three columns of the audit log are of log-only mode.
    let heads = ["TOOL", "CALLS (ANY MODE)", "FAILED", "INVALID", "EVALUATED", "WOULD BE DENIED", "RATE", "WHY"];
    table(heads, [false, true, true, true, true, true, true, false], rows.collect(), coloured)
}

fn worst(report: &Report, coloured: bool) -> Option<String> {
    let windows = report.worst.as_ref().filter(|windows| !windows.is_empty())?;
    let rows = windows.iter().map(|window| {
        [
            window.user.to_string(),
            minute(window.from),
            window.calls.to_string(),
            window.would_be_denied.to_string(),
            format!("{}, {}", window.tool, window.reason),
        ]
    });
    let heads = ["USER (HASH)", "HOUR FROM", "CALLS", "WOULD BE DENIED", "MOSTLY"];
    Some(table(heads, [false, false, true, true, false], rows.collect(), coloured))
}

fn budget(report: &Report) -> String {
    format!(
        "Of {} evaluations {} would be denied ({}); {} are charged to the budget ({} of {}).",
        report.evaluated, report.would_be_denied, report.rate, report.charged, report.charged_rate, report.budget
    )
}

fn verdict(report: &Report, coloured: bool) -> String {
    let (text, colour) = match &report.verdict {
        Verdict::Enforce => ("enforce", "32"),
        Verdict::Wait(_) => ("wait", "33"),
        Verdict::DoNot(_) => ("do not enforce", "31"),
    };
    let text = if coloured { format!("\x1b[1;{colour}m{text}\x1b[0m") } else { text.to_owned() };
    let because = listed("  - ", &report.because);
    let next = match &report.verdict {
        Verdict::Enforce => "  Set POLICY_MODE=enforce and start the gateways again.".to_owned(),
        _ => because,
    };
    format!("Verdict: {text}\n{next}")
}

fn listed(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n")
}

fn trend(trend: Trend) -> &'static str {
    match trend {
        Trend::Rising => "rising",
        Trend::Falling => "falling",
        Trend::Steady => "steady",
        Trend::Burst => "burst",
        Trend::Unclear => "unclear",
    }
}

/// A column for each part of the window, as high as its count against the greatest; nothing is a blank.
fn sparkline(slots: &[u64]) -> String {
    const COLUMNS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let greatest = slots.iter().copied().max().unwrap_or(0).max(1);
    let column = |count: u64| {
        // Something is never shown as nothing.
        let height = count.saturating_mul(8).div_ceil(greatest).min(8);
        usize::try_from(height).ok().and_then(|height| COLUMNS.get(height)).copied().unwrap_or(' ')
    };
    slots.iter().map(|count| column(*count)).collect()
}

fn minute(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Columns as wide as their widest cell; numbers to the right.
fn table<const N: usize>(heads: [&str; N], right: [bool; N], rows: Vec<[String; N]>, coloured: bool) -> String {
    let heads = heads.map(str::to_owned);
    let mut widths = [0; N];
    for row in rows.iter().chain([&heads]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).zip(right).map(|((cell, width), is_right)| {
            if is_right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = style::heading(&line(&heads), coloured);
    std::iter::once(heading).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}
