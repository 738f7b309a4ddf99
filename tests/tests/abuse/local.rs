//! Other users of the machine, and texts of others on its terminals.

use std::{
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

use mana_mcp_tests::{Gateway, Launch, Mcp, Program};
use serde_json::json;

#[tokio::test]
async fn a_data_folder_that_others_may_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for mode in [0o777, 0o722, 0o770] {
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(mode)).unwrap();
        let ended = Launch::over(&data).refused().await;
        assert!(ended.log.contains("other users may write"), "{mode:o}: {}", ended.log);
    }
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    Launch::over(&data).start().await.stop().await;
}

#[tokio::test]
async fn links_in_the_data_folder_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    for file in ["mana.key", "mana.sqlite"] {
        let data = folder.path().join(format!("data-{file}"));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(&target, [7; 32]).unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&target, data.join(file)).unwrap();
        let ended = Launch::over(&data).refused().await;
        assert!(ended.log.contains("is a link"), "{file}: {}", ended.log);
        let mode = std::fs::metadata(&target).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, std::fs::read(&target).unwrap()), (0o644, vec![7; 32]), "{file}: the target was changed");
    }
}

/// Runs `mana-mcp call` against the gateway.
fn call(gateway: &Gateway, arguments: &[&str], input: &str) -> (String, String) {
    let mut command = Command::new(Program::Fixture.path());
    command.arg("call").args(arguments).env_clear().env("DATA_DIR", gateway.data());
    command.env("PORT", gateway.address.port().to_string());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn what_others_stored_moves_no_cursor_and_the_token_may_come_by_standard_input() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let title = "a\u{9b}2J\u{9d}x\u{7f}\u{202e}b\u{1b}[31m";
    ada.call("habits.create", json!({ "title": title })).await.structured();
    let (shown, complaints) = call(&gateway, &["habits.list", "--token", "-"], &format!("{}\n", ada.token()));
    assert!(shown.contains(r"a\u009b2J\u009dx\u007f\u202eb\u001b[31m"), "{shown}{complaints}");
    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read["habits"][0]["title"], title);
}

#[tokio::test]
async fn a_destructive_tool_needs_an_opt_in_where_nothing_is_set() {
    let gateway = Gateway::start().await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let habit = ada.call("habits.create", json!({ "title": "x" })).await.structured()["habit"].clone();
    let text = ada.call("habits.delete", json!({ "id": habit["id"] })).await.tool_error();
    assert!(text.contains("has not allowed it"), "{text}");
    assert_eq!(ada.call("habits.list", json!({})).await.structured()["habits"], json!([habit]));
}
