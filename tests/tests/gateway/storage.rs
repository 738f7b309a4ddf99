//! A data folder that is damaged, read-only or full: said plainly, with the right status, and nothing that was answered
//! is lost.

use std::{
    os::unix::fs::{FileExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mana_mcp_tests::{Answer, Gateway, Launch, Mcp, http};
use serde_json::json;

/// The files of the data folder, largest first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort_by_key(|path| std::cmp::Reverse(std::fs::metadata(path).unwrap().len()));
    files
}

#[tokio::test]
async fn nobody_else_can_read_the_data_folder() {
    let gateway = Gateway::start().await;
    gateway.token("ada@example.org").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(gateway.data()), 0o700);
    for file in files(gateway.data()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_command_beside_the_gateway_takes_no_write_with_it() {
    let gateway = Gateway::start().await;
    // Each is a process that opens the database and closes it again.
    let token = gateway.token("ada@example.org").await;
    let ada = Mcp::modern(&gateway, &token).await;
    for title in ["one", "two"] {
        ada.call("habits.create", json!({ "title": title })).await.structured();
        gateway.token("bob@example.org").await;
    }
    ada.call("habits.create", json!({ "title": "three" })).await.structured();
    // By its lock on the database others know that it is there (proc_locks(5)); without, the last one removes the journal.
    let inode = std::fs::metadata(gateway.data().join("mana.sqlite")).unwrap().ino();
    let (pid, file) = (format!(" {} ", gateway.pid()), format!(":{inode} "));
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.lines().any(|lock| lock.contains(&pid) && lock.contains(&file)), "{pid}{file}in\n{locks}");
    let again = gateway.kill().await.restart().await;
    let listed = Mcp::modern(&again, &token).await.call("habits.list", json!({})).await.structured();
    assert_eq!(listed["habits"].as_array().unwrap().len(), 3, "{listed}");
}

#[tokio::test]
async fn a_damaged_database_is_named_and_left_as_it_is() {
    let gateway = Gateway::start().await;
    Mcp::user(&gateway, "ada@example.org").await.call("habits.create", json!({ "title": "x" })).await.structured();
    let ended = gateway.stop().await;
    let database = files(ended.data()).remove(0);
    let whole = std::fs::read(&database).unwrap();
    let mut scrambled = whole.clone();
    for byte in &mut scrambled[100..4096] {
        *byte = !*byte;
    }
    let damages: [(&str, Vec<u8>); 3] = [
        ("no database", b"this is a shopping list, not a database\n".repeat(200)),
        ("a scrambled first page", scrambled),
        ("cut off", whole[..whole.len() / 2 + 1].to_vec()),
    ];
    for (what, bytes) in damages {
        for file in files(ended.data()) {
            std::fs::remove_file(file).unwrap();
        }
        std::fs::write(&database, &bytes).unwrap();
        let refused = Launch::over(ended.data()).refused().await;
        let name = database.file_name().unwrap().to_str().unwrap();
        assert!(refused.log.contains(name), "{what}: the file is not named in:\n{}", refused.log);
        let damaged = ["damaged", "corrupt", "malformed", "not a database"];
        assert!(damaged.iter().any(|word| refused.log.contains(word)), "{what}: {}", refused.log);
        assert_eq!(std::fs::read(&database).unwrap(), bytes, "{what}: evidence is not overwritten");
    }
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_or_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("occupied");
    std::fs::write(&file, "x").unwrap();
    for path in [file.as_path(), Path::new("/proc/mana-mcp")] {
        let refused = Launch::over(path).refused().await;
        assert!(refused.log.contains(path.to_str().unwrap()), "{}", refused.log);
        assert!(refused.log.contains("DATA_DIR"), "what to do: {}", refused.log);
    }
}

#[tokio::test]
async fn a_read_only_data_folder_is_named_whether_new_or_used() {
    let empty = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    gateway.token("ada@example.org").await;
    let used = gateway.stop().await;
    for folder in [empty.path(), used.data()] {
        let restore: Vec<(PathBuf, u32)> = files(folder).into_iter().map(|file| (file, 0o600)).collect();
        for (file, _) in &restore {
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o400)).unwrap();
        }
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o500)).unwrap();
        let refused = Launch::over(folder).without_override().refused().await;
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).unwrap();
        for (file, mode) in restore {
            std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
        }
        assert!(refused.log.contains(folder.to_str().unwrap()), "{}", refused.log);
        assert!(refused.log.contains("writ") || refused.log.contains("read-only"), "{}", refused.log);
    }
    used.restart().await.stop().await;
}

#[tokio::test]
async fn a_full_disk_fails_writes_clearly_and_keeps_what_was_answered() {
    let gateway = Launch::new().limit_file_kib(2048).start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let mut kept = 0;
    let text = loop {
        let answer =
            mcp.call("notes.create", json!({ "title": format!("n{kept}"), "content": "x".repeat(150_000) })).await;
        if answer.message()["result"]["isError"] == true {
            break answer.tool_error();
        }
        answer.structured();
        kept += 1;
        assert!(kept < 100, "the limit is never reached");
    };
    assert!(kept > 0, "nothing fitted");
    for internal in ["SQLITE", "disk I/O", "rusqlite", "sql"] {
        assert!(!text.contains(internal), "the service's own words: {text}");
    }
    assert!(text.contains("no room left") && text.contains("nothing was stored"), "not clear: {text}");
    assert_eq!(http().get(gateway.url("/health")).send().await.unwrap().status(), 200);
    let log = gateway.printed("no room left").await;
    assert!(log.contains(gateway.data().to_str().unwrap()), "the operator is not told where: {log}");
    let found = mcp.rows("notes.search", json!({ "limit": 100 }), "notes").await;
    assert_eq!(found.len(), kept, "what was written is still read");

    drop(mcp);
    let gateway = gateway.stop().await.restart().await;
    let mcp = Mcp::modern(&gateway, &token).await;
    assert_eq!(mcp.rows("notes.search", json!({ "limit": 100 }), "notes").await.len(), kept);
    mcp.call("notes.create", json!({ "title": "room again" })).await.structured();
}

/// Readiness is looked at every few seconds.
async fn becomes_unready(gateway: &Gateway) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let ready = Answer::read(http().get(gateway.url("/ready")).send().await.unwrap()).await;
        if ready.status == 503 {
            assert_eq!(ready.message()["services"]["sync"], "failed", "{ready:?}");
            return;
        }
        assert!(Instant::now() < deadline, "still ready: {ready:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn damage_that_comes_while_it_runs_is_told_to_agent_and_operator() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    for _ in 0..20 {
        let note = json!({ "title": "n", "content": "x".repeat(50_000) });
        mcp.call("notes.create", note).await.structured();
    }
    // A second opening moves the journal into the database, where the damage is then read.
    let gateway = gateway.stop().await.restart().await;
    let token = gateway.token("ada@example.org").await;
    let database = gateway.data().join("mana.sqlite");
    // Rows stand in the second half; users and spaces were first.
    let half = std::fs::metadata(&database).unwrap().len() / 2;
    let file = std::fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.write_all_at(&vec![0xa5; usize::try_from(half).unwrap()], half).unwrap();

    let answer = Mcp::modern(&gateway, &token).await.call("notes.search", json!({})).await;
    let text = if answer.status == 200 { answer.tool_error() } else { answer.text.clone() };
    assert!(text.contains("service failed") && !text.contains("malformed"), "{text}");
    let log = gateway.printed("is damaged or no SQLite database").await;
    assert!(log.contains("Restore it from a backup"), "{log}");
    becomes_unready(&gateway).await;
}

#[tokio::test]
async fn a_disk_without_room_for_a_start_is_named() {
    let refused = Launch::new().limit_file_kib(1).refused().await;
    assert!(
        refused.log.contains("DATA_DIR") || refused.log.contains(refused.data().to_str().unwrap()),
        "{}",
        refused.log
    );
}
