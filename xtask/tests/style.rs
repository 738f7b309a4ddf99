//! What a test can hold of the way we write (`CONTRIBUTING.md`, "Words"): the width of prose, pronouns, and phrases
//! that make readers translate.

#![cfg(test)]

use std::path::{Path, PathBuf};

/// Prose in Markdown is wrapped there.
const WIDTH: usize = 100;
/// A user is "they".
const PRONOUNS: [&str; 4] = ["he", "his", "him", "himself"];
/// Phrases that say nothing, or say it in a way that has to be worked out; and what to write.
const PHRASES: [(&str, &str); 9] = [
    ("so many", "\"this many\", or the name of the number"),
    ("that is none", "\"an invalid …\" or \"an unknown …\""),
    ("a value of its own", "\"its own value\""),
    ("what has been read", "name the thing that was read"),
    ("is told ", "\"gets\", \"returns\" or \"is logged\""),
    ("are told ", "\"get\", \"return\" or \"are logged\""),
    ("is told.", "\"is reported\" or \"is logged\""),
    ("wanted here", "\"expected …, found …\""),
    ("whoever", "\"anyone who\", or who it is"),
];
/// These words say something else with a phrase in them.
const ALLOWED: [&str; 2] = ["is told apart", "are told apart"];
/// Folders with comments that are held to this.
const SOURCES: [&str; 6] = ["codegen", "gateway/src", "gateway/crates", "macros", "tests", "xtask/src"];
/// Pages that are generated from other texts than ours, or are texts of others.
const FOREIGN: [&str; 3] = ["docs/tools", "docs/metrics.md", "THIRD-PARTY-NOTICES.md"];
/// Generated pages, whose lines are as long as their texts.
const UNWRAPPED: &str = "docs/diagnostics";
const SKIPPED: [&str; 7] = ["target", "node_modules", ".venv", "generated", "goldens", ".git", "snapshots"];

#[test]
fn prose_is_wrapped() {
    let mut faults = Vec::new();
    for (path, text) in pages().into_iter().filter(|(path, _)| !path.starts_with(UNWRAPPED)) {
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            let start = line.trim_start();
            if start.starts_with("```") {
                is_code = !is_code;
            }
            // None of these can be wrapped, and a long word alone cannot either.
            let is_fixed = is_code || ["|", "#", "<!--"].iter().any(|mark| start.starts_with(mark));
            if !is_fixed && line.chars().count() > WIDTH && start.contains(' ') {
                faults.push(format!("{path}:{}: {} characters", number + 1, line.chars().count()));
            }
        }
    }
    assert!(faults.is_empty(), "wrap at {WIDTH} characters:\n{}", faults.join("\n"));
}

#[test]
fn a_user_is_they() {
    let faults = found(|line| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric());
        words.find(|word| PRONOUNS.contains(word)).map(|word| format!("\"{word}\": write \"they\", or who it is"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_has_to_be_translated() {
    let faults = found(|line| {
        let line = ALLOWED.iter().fold(line.to_lowercase(), |line, allowed| line.replace(allowed, ""));
        let (phrase, instead) = PHRASES.iter().find(|(phrase, _)| line.contains(phrase))?;
        Some(format!("\"{phrase}\": write {instead}"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The faults in the pages and in the comments of the sources.
fn found(fault: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, text) in pages() {
        lines
            .extend(text.lines().enumerate().map(|(number, line)| (format!("{path}:{}", number + 1), line.to_owned())));
    }
    for folder in SOURCES {
        for (path, text) in files(folder, "rs") {
            let comments = text.lines().enumerate().filter_map(|(number, line)| {
                let (_, comment) = line.split_once("//")?;
                Some((format!("{path}:{}", number + 1), comment.to_owned()))
            });
            lines.extend(comments);
        }
    }
    assert!(lines.len() > 5_000, "little was read: {} lines", lines.len());
    lines.into_iter().filter_map(|(place, line)| Some(format!("{place}: {}", fault(&line)?))).collect()
}

/// Pages that people write and read.
fn pages() -> Vec<(String, String)> {
    let mut pages = files("docs", "md");
    pages.extend(files(".github", "md"));
    let names = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"));
    pages.extend(names.map(|name| (name.clone(), std::fs::read_to_string(root().join(name)).unwrap())));
    pages.retain(|(path, _)| !FOREIGN.iter().any(|foreign| path.starts_with(foreign)));
    pages
}

/// The files with that extension below a folder of the repository, by their paths.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::from(folder)]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if SKIPPED.contains(&entry.file_name().to_str().unwrap()) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == extension) {
                let text = std::fs::read_to_string(root().join(&path)).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
