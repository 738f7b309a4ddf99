//! Files that take names from each other in a circle: none of them can be read first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::modules::Arrows;

/// Each circle: its arrows, with the names that are taken.
pub(super) fn circles(arrows: &Arrows, root: &Path) -> Vec<String> {
    let mut circles = BTreeSet::new();
    for file in arrows.keys() {
        let reached = reached(arrows, file);
        if reached.contains(file) {
            let back = |other: &&PathBuf| self::reached(arrows, other).contains(file);
            circles.insert(reached.iter().filter(back).cloned().collect::<BTreeSet<_>>());
        }
    }
    circles.iter().map(|files| shown(arrows, files, root)).collect()
}

/// The files that a file takes something from, those that these take something from, and so on.
fn reached(arrows: &Arrows, file: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
    while let Some(file) = next.pop() {
        for other in arrows.get(file).into_iter().flat_map(|others| others.keys()) {
            if reached.insert(other.clone()) {
                next.push(other);
            }
        }
    }
    reached
}

fn shown(arrows: &Arrows, files: &BTreeSet<PathBuf>, root: &Path) -> String {
    let short = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let mut lines = format!("a circle of {} files:", files.len());
    for file in files {
        for (other, names) in arrows.get(file).into_iter().flatten().filter(|(other, _)| files.contains(*other)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            lines += &format!("\n         {} takes from {}: {}", short(file), short(other), names.join(", "));
        }
    }
    lines
}
