//! What becomes of files of settings, and what does not.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{
    file::Change,
    hosts::{Aim, Entry, Folders, Host, Way},
    one_lines, shell_line,
};

const PLACE: [&str; 2] = ["mcpServers", "mana"];

fn entry() -> Value {
    json!({ "url": "http://127.0.0.1:3069/mcp" })
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn an_entry_is_added_and_the_rest_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    let former = "{\n\t\"z\": 1.50, \"mcpServers\": { \"other\": { \"url\": \"x\" } }, \"a\": [] }";
    fs::write(&path, former).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let change = Change::plan(&path, &PLACE, Some(entry())).unwrap();
    assert!(change.to_string().contains("+   \"url\": \"http://127.0.0.1:3069/mcp\""), "{change}");
    assert_eq!(fs::read_to_string(&path).unwrap(), former, "a plan writes nothing");
    let backup = change.write().unwrap().unwrap();
    assert_eq!(fs::read_to_string(backup).unwrap(), former);
    let written: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let expected = json!({ "z": 1.5, "mcpServers": { "other": { "url": "x" }, "mana": entry() }, "a": [] });
    assert_eq!(written.to_string(), expected.to_string());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

    // Again: nothing to do.
    let again = Change::plan(&path, &PLACE, Some(entry())).unwrap();
    assert!(again.write().unwrap().is_none() && again.to_string().contains("already"));
    assert_eq!(names(folder.path()), 2);

    let change = Change::plan(&path, &PLACE, None).unwrap();
    assert!(change.to_string().contains("-   \"url\""), "{change}");
    change.write().unwrap();
    let written: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written["mcpServers"], json!({ "other": { "url": "x" } }));
    assert!(Change::plan(&path, &PLACE, None).unwrap().write().unwrap().is_none());
}

#[test]
fn a_file_that_is_not_there_is_made_for_its_user_alone() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("new/mcp.json");
    assert!(Change::plan(&path, &PLACE, None).unwrap().write().unwrap().is_none());
    assert!(!path.exists());
    assert!(Change::plan(&path, &PLACE, Some(entry())).unwrap().write().unwrap().is_none());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_not_certain_is_left_as_it_is() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    for broken in [
        "{ \"mcpServers\": ",
        "{ // a comment\n }",
        "{ \"a\": 1, }",
        "[]",
        "null",
        "{ \"mcpServers\": [] }",
        "{ \"mcpServers\": null }",
        "{ \"mcpServers\": {}, \"mcpServers\": {} }",
    ] {
        fs::write(&path, broken).unwrap();
        assert!(Change::plan(&path, &PLACE, Some(entry())).is_err(), "{broken}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(Change::plan(&path, &PLACE, Some(entry())).is_err());

    fs::write(&path, "{}").unwrap();
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();
    let refused = Change::plan(&link, &PLACE, Some(entry())).unwrap_err();
    assert!(refused.to_string().contains("is a link"), "{refused}");
    symlink(folder.path().join("nowhere"), folder.path().join("dangling")).unwrap();
    assert!(Change::plan(&folder.path().join("dangling"), &PLACE, Some(entry())).is_err());
    assert!(Change::plan(folder.path(), &PLACE, Some(entry())).is_err());

    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let refused = Change::plan(&path, &PLACE, Some(entry())).unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    assert_eq!(names(folder.path()), 3);
}

#[test]
fn a_file_that_changes_meanwhile_is_left_as_it_is() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    fs::write(&path, "{}").unwrap();
    let change = Change::plan(&path, &PLACE, Some(entry())).unwrap();
    fs::write(&path, "{\"a\":1}").unwrap();
    assert!(change.write().is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}");
    assert_eq!(names(folder.path()), 1);
}

#[test]
fn each_host_has_its_own_way() {
    let folders = Folders { home: "/home/ada".into(), config: "/home/ada/.config".into() };
    let entry = Entry {
        url: "http://127.0.0.1:3069/mcp?space=team".parse().unwrap(),
        space: Some("team".to_owned()),
        program: "/usr/bin/mana-mcp".into(),
        data_dir: Some("/srv/mana".into()),
    };
    let way = |host: Host, aim| host.way(aim, &entry, &folders);
    let line = |host, aim| match way(host, aim) {
        Way::Command(command) => shell_line(&command),
        Way::File { path, place, entry } => format!("{} {place:?} {entry}", path.display()),
    };
    for (host, added, removed) in [
        (
            Host::ClaudeCode,
            "claude mcp add --scope user --transport http mana 'http://127.0.0.1:3069/mcp?space=team'",
            "claude mcp remove --scope user mana",
        ),
        (Host::Codex, "codex mcp add mana --url 'http://127.0.0.1:3069/mcp?space=team'", "codex mcp remove mana"),
        (
            Host::Gemini,
            "gemini mcp add --scope user --transport http mana 'http://127.0.0.1:3069/mcp?space=team'",
            "gemini mcp remove --scope user mana",
        ),
    ] {
        assert_eq!((line(host, Aim::Add), line(host, Aim::Remove)), (added.to_owned(), removed.to_owned()));
    }
    assert!(line(Host::Vscode, Aim::Add).starts_with("code --add-mcp '{\"name\":\"mana\",\"type\":\"http\""));
    let Way::File { path, entry, .. } = way(Host::ClaudeDesktop, Aim::Add) else { panic!("a command") };
    if cfg!(not(target_os = "macos")) {
        assert_eq!(path, PathBuf::from("/home/ada/.config/Claude/claude_desktop_config.json"));
    }
    let expected = json!({
        "command": "/usr/bin/mana-mcp",
        "args": ["stdio", "--data-dir", "/srv/mana", "--space", "team"],
    });
    assert_eq!(entry, expected);
    let Way::File { path, place, entry } = way(Host::Cursor, Aim::Add) else { panic!("a command") };
    assert_eq!((path, place), (PathBuf::from("/home/ada/.cursor/mcp.json"), vec!["mcpServers", "mana"]));
    assert_eq!(entry, json!({ "url": "http://127.0.0.1:3069/mcp?space=team" }));
}

#[test]
fn words_of_a_command_are_quoted_for_a_shell() {
    let words = ["a b", "it's", "", "plain-1./:", "$HOME", "{\"a\":1}"].map(str::to_owned);
    assert_eq!(shell_line(&words), r#"'a b' 'it'\''s' '' plain-1./: '$HOME' '{"a":1}'"#);
}

#[test]
fn every_host_has_one_line() {
    let lines = one_lines(&"http://127.0.0.1:3069/mcp".parse().unwrap());
    assert_eq!(lines.len(), 7);
    assert!(lines.iter().all(|(_, line)| !line.is_empty() && !line.contains("Bearer") && line.lines().count() == 1));
    assert!(lines.contains(&("Cursor", "mana-mcp connect cursor".to_owned())));
}
