//! What is generated, and what is found stale.

use super::*;
use crate::published::tests::Repository;

fn generated(root: &Path, reason: Option<&str>) -> anyhow::Result<Result<BTreeMap<String, String>, Vec<Judged>>> {
    let output = mana_mcp_codegen::compile(&workspace::sources(root)?).unwrap();
    files(root, &Published::read(root, None)?, output, reason)
}

fn write(root: &Path, reason: Option<&str>) -> BTreeMap<String, String> {
    let files = generated(root, reason).unwrap().unwrap();
    assert!(sync::sync(root, &folders(), &files, Mode::Write, "cargo xtask gen").unwrap().is_in_sync());
    files
}

/// The same as `cargo xtask gen --check`.
#[test]
fn the_committed_files_are_those_that_the_catalog_makes() {
    let root = workspace::root().unwrap();
    let mut files = generated(&root, None).unwrap().unwrap();
    files.extend(fixture::files(&root, Format::Full).unwrap().unwrap());
    let outcome = sync::sync(&root, &folders(), &files, Mode::Check, "cargo xtask gen").unwrap();
    assert!(outcome.is_in_sync(), "run `cargo xtask gen`: {outcome:?}");
}

/// Reviews collapse what is generated.
#[test]
fn every_generated_folder_is_marked_as_generated() {
    let attributes = std::fs::read_to_string(workspace::root().unwrap().join(".gitattributes")).unwrap();
    for folder in folders() {
        let line = format!("{folder}/** linguist-generated");
        assert!(attributes.lines().any(|one| one == line), "`{line}` is not in .gitattributes");
    }
}

#[test]
fn a_breaking_change_is_published_with_a_reason_only() {
    let repository = Repository::new();
    let root = repository.root();
    repository.git(&["init", "--quiet"]);
    write(root, None);
    repository.commit();
    assert!(generated(root, Some("no reason")).is_err());

    repository.module("books", "look", 100);
    let breaking = generated(root, None).unwrap().unwrap_err();
    let places: Vec<_> = breaking.iter().map(|one| (one.change.tool.as_str(), one.change.at.as_str())).collect();
    assert_eq!(places, [("books.look", "input/title")]);

    let lock = "catalog/lock/books.json";
    assert!(write(root, Some("long titles say nothing"))[lock].contains("long titles say nothing"));
    // Once accepted it passes, before it is committed and afterwards, and the reason is kept.
    for _ in 0..2 {
        assert!(write(root, None)[lock].contains("long titles say nothing"));
        assert!(generated(root, Some("once more")).is_err());
        repository.commit();
    }
}

#[test]
fn a_module_that_is_gone_is_a_breaking_change_and_keeps_its_lock() {
    let repository = Repository::new();
    let root = repository.root();
    repository.git(&["init", "--quiet"]);
    repository.module("shop", "find", 10);
    write(root, None);
    repository.commit();
    std::fs::remove_file(repository.path("catalog/shop.yaml")).unwrap();
    assert_eq!(generated(root, None).unwrap().unwrap_err().len(), 1);
    write(root, Some("nobody shops"));
    repository.commit();
    assert!(write(root, None)["catalog/lock/shop.json"].contains("nobody shops"));

    // One that was never committed goes without a trace.
    repository.module("trial", "find", 10);
    write(root, None);
    assert!(repository.path("catalog/lock/trial.json").exists());
    std::fs::remove_file(repository.path("catalog/trial.yaml")).unwrap();
    write(root, None);
    assert!(!repository.path("catalog/lock/trial.json").exists());
}

/// A lock that was deleted comes back as it was, and hides no change.
#[test]
fn a_lost_lock_is_written_anew() {
    let repository = Repository::new();
    let root = repository.root();
    repository.git(&["init", "--quiet"]);
    let first = write(root, None);
    repository.commit();
    std::fs::remove_dir_all(repository.path(LOCKS)).unwrap();
    let files = generated(root, None).unwrap().unwrap();
    let checked = sync::sync(root, &folders(), &files, Mode::Check, "cargo xtask gen").unwrap();
    assert_eq!(checked.stale, ["catalog/lock/books.json"]);
    assert_eq!(files["catalog/lock/books.json"], first["catalog/lock/books.json"]);
    repository.module("books", "find", 500);
    assert_eq!(generated(root, None).unwrap().unwrap_err()[0].change.tool, "books.look");
}

#[test]
fn a_reason_says_something_in_one_line() {
    assert!(reason("  ").is_err() && reason("two\nlines").is_err());
    assert_eq!(reason(" because ").unwrap(), "because");
}

/// What another command begins with: it brings the files up to date, and refuses what `gen` refuses.
#[test]
fn a_refresh_writes_what_gen_writes() {
    let repository = Repository::new();
    let root = repository.root();
    for file in ["habits.yaml", "crypto.yaml"] {
        let path = format!("tests/fixture/catalog/{file}");
        repository.write(&path, &std::fs::read_to_string(workspace::root().unwrap().join(&path)).unwrap());
    }
    assert!(refresh(root).unwrap());
    let written = |path: &str| std::fs::read_to_string(repository.path(&format!("{CODE}/{path}"))).unwrap();
    let (books, own) = (written("books.rs"), generated(root, None).unwrap().unwrap());
    assert_eq!(own[&format!("{CODE}/books.rs")], books);
    repository.write("catalog/books.yaml", "module: books");
    assert!(!refresh(root).unwrap());
}
