//! How long is measured, and how a figure is shown.

use std::time::Duration;

use anyhow::{Context, Result};

pub(crate) const CONNECTIONS: usize = 16;
pub(crate) const ROUND: Duration = Duration::from_secs(2);
pub(crate) const ROUNDS: usize = 7;

/// Prints a line of the table.
pub(crate) fn row(what: &str, measured: &str, wanted: &str) {
    println!("{what:<52}{measured:>14}{wanted:>14}");
}

/// The middle one.
pub(crate) fn median<T: Copy + PartialOrd>(mut values: Vec<T>) -> Result<T> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied().context("nothing was measured")
}

/// Resident memory of a process in KiB.
pub(crate) fn resident(pid: u32) -> Result<i64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

pub(crate) fn mebibytes(kib: i64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
