//! `docs/architecture.md`, `docs/walks.md`, `docs/testing.md` and `docs/decisions/` name only paths that exist. Each decision has its
//! three sections and is listed in the index.

#![cfg(test)]

use std::path::{Path, PathBuf};

/// What paths are relative to: the repository, and in the walks of the architecture page these folders.
const BASES: [&str; 3] = ["", "gateway/src", "gateway/crates"];

#[test]
fn every_path_in_the_map_and_the_walks_exists() {
    for (name, least) in [("docs/architecture.md", 30), ("docs/walks.md", 20), ("docs/testing.md", 8)] {
        let page = read(name);
        let paths = paths(&page);
        assert!(paths.len() > least, "{name} has become short: {paths:?}");
        assert_eq!(missing(&paths, &BASES), [""; 0], "{name} names paths that do not exist");
    }
}

#[test]
fn every_path_in_a_decision_exists() {
    for name in decisions() {
        let page = read(&format!("docs/decisions/{name}"));
        assert_eq!(missing(&paths(&page), &[""]), [""; 0], "{name} names paths that do not exist");
    }
}

#[test]
fn every_decision_has_its_sections_and_is_listed() {
    let index = read("docs/decisions/README.md");
    let names = decisions();
    assert!(names.len() > 20, "there are few decisions: {names:?}");
    for name in names {
        let page = read(&format!("docs/decisions/{name}"));
        let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections, ["Context", "Decision", "Consequences"], "{name}");
        assert!(index.contains(&format!("]({name}) |")), "{name} is not in the index");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The file names of the decisions, without that of the index.
fn decisions() -> Vec<String> {
    let files = std::fs::read_dir(root().join("docs/decisions")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "README.md").collect()
}

/// The paths that a page quotes.
fn paths(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).filter(|text| is_path(text)).collect()
}

fn missing<'a>(paths: &[&'a str], bases: &[&str]) -> Vec<&'a str> {
    let exists = |path: &str| {
        let mut bases = bases.iter().map(|base| PathBuf::from(base).join(path));
        bases.any(|path| root().join(path).exists())
    };
    paths.iter().copied().filter(|path| !exists(path)).collect()
}

/// Text with a slash and without the characters that no path has, which is neither the name of an MCP method nor that of a
/// member of `_meta`.
fn is_path(text: &str) -> bool {
    let is_of_protocol = ["notifications/", "tools/", "server/", "mana/"].iter().any(|group| text.starts_with(group));
    text.contains('/') && !text.starts_with('/') && !text.contains([' ', '\n', '<', '{', '*']) && !is_of_protocol
}
