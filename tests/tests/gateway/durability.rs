//! A write that was answered is there after `kill -9`, once; and what must be encrypted is nowhere on disk in plain text.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use mana_mcp_tests::{Gateway, Launch, Mcp};
use serde_json::{Value, json};

/// A thousand writes, half of them encrypted, over this many callers at a time.
const WRITES: usize = 1000;
const CALLERS: usize = 32;

const ENCRYPTED: &str = "marker-of-an-encrypted-field";
const PLAIN: &str = "marker-of-a-plain-field";

fn write(index: usize) -> (&'static str, Value) {
    if index.is_multiple_of(2) {
        ("todo.create", json!({ "title": format!("{ENCRYPTED}-{index}"), "description": ENCRYPTED }))
    } else {
        ("habits.create", json!({ "title": format!("{PLAIN}-{index}") }))
    }
}

/// Every file below `folder` that holds `marker`.
fn files_with(folder: &Path, marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, marker));
        } else if std::fs::read(&path).unwrap().windows(marker.len()).any(|window| window == marker.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn every_answered_write_survives_a_kill_in_the_middle_of_a_thousand() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mcp = Mcp::modern(&gateway, &token).await;
    let caller = async || {
        let mut written = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= WRITES {
                return written;
            }
            let (tool, arguments) = write(index);
            let body = mcp.body("tools/call", json!({ "name": tool, "arguments": arguments }));
            let Ok(response) = mcp.builder("tools/call", Some(tool)).json(&body).send().await else { return written };
            let Ok(text) = response.text().await else { return written };
            let message: Value = serde_json::from_str(&text).unwrap();
            assert_ne!(message["result"]["isError"], true, "{text}");
            let title = arguments["title"].as_str().unwrap().to_owned();
            assert!(text.contains(&title), "{text}");
            written.push(title);
            answered.fetch_add(1, Ordering::Relaxed);
        }
    };
    let killer = async {
        while answered.load(Ordering::Relaxed) < WRITES / 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let killed = std::process::Command::new("kill").args(["-KILL", &gateway.pid().to_string()]).status().unwrap();
        assert!(killed.success());
    };
    let (written, ()) = futures::join!(futures::future::join_all((0..CALLERS).map(|_| caller())), killer);
    let written: Vec<String> = written.concat();
    assert!((WRITES / 3..WRITES).contains(&written.len()), "{} answers: not in the middle", written.len());

    drop(mcp);
    let ended = gateway.ended().await;
    assert_eq!(files_with(ended.data(), ENCRYPTED), Vec::<String>::new(), "after the kill");
    assert!(!files_with(ended.data(), PLAIN).is_empty(), "the search finds what is not encrypted");
    assert!(!ended.log.contains(ENCRYPTED) && !ended.log.contains(PLAIN), "content in the log:\n{}", ended.log);

    let gateway = ended.restart().await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let mut stored = BTreeMap::<String, usize>::new();
    let mut ids = BTreeSet::new();
    for (tool, list) in [("habits.list", "habits"), ("todo.list", "tasks")] {
        for row in mcp.rows(tool, json!({}), list).await {
            // A field that could not be read would be missing.
            *stored.entry(row["title"].as_str().unwrap().to_owned()).or_default() += 1;
            assert!(ids.insert(row["id"].as_str().unwrap().to_owned()), "an id stands twice in {tool}");
        }
    }
    let lost: Vec<&String> = written.iter().filter(|title| !stored.contains_key(*title)).collect();
    assert!(lost.is_empty(), "answered, and lost: {lost:?}");
    let twice: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "stored twice: {twice:?}");
    // What was under way may be there or not; nothing else is.
    assert!(stored.len() <= written.len() + CALLERS, "{} rows for {} answers", stored.len(), written.len());

    // The gateway goes on where it stood.
    mcp.call("todo.create", json!({ "title": format!("{ENCRYPTED}-after") })).await.structured();
    let ended = gateway.stop().await;
    assert_eq!(files_with(ended.data(), ENCRYPTED), Vec::<String>::new(), "after a stop");
}

#[tokio::test]
async fn a_backup_amid_writes_has_what_was_answered_and_opens_by_itself() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let add = async |title: String| drop(mcp.call("todo.create", json!({ "title": title })).await.structured());
    for index in 0..20 {
        add(format!("before {index}")).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let arguments = ["backup", copy.to_str().unwrap()];
    let writing = async {
        for index in 0..50 {
            add(format!("meanwhile {index}")).await;
        }
    };
    let (output, ()) = futures::join!(gateway.command(&arguments), writing);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");

    let restored = Launch::over(&copy).start().await;
    let copied = Mcp::modern(&restored, &token).await.rows("todo.list", json!({ "limit": 100 }), "tasks").await;
    let titles: BTreeSet<&str> = copied.iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert!((0..20).all(|index| titles.contains(format!("before {index}").as_str())), "{titles:?}");
    assert!((20..=70).contains(&titles.len()), "{titles:?}");
    assert_eq!(files_with(&copy, "meanwhile"), Vec::<String>::new(), "what is encrypted stays so");

    let again = gateway.command(&arguments).await;
    assert_eq!(again.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&again.stderr);
    assert!(complaint.contains("is there already"), "{complaint}");
}

#[tokio::test]
async fn what_is_encrypted_stands_on_disk_in_the_wire_format_and_nowhere_in_plain_text() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let secret = "zinnober-und-umbra";
    for (tool, arguments) in [
        ("todo.create", json!({ "title": secret, "description": secret })),
        ("notes.create", json!({ "title": secret, "content": secret })),
        ("notes.search", json!({ "query": secret })),
        ("journal.add", json!({ "title": secret, "content": secret })),
        // A refused call leaves no trace either.
        ("notes.create", json!({ "title": secret.repeat(50), "content": secret })),
        ("todo.create", json!({ "title": [secret], "description": { "inner": secret } })),
    ] {
        let answer = mcp.call(tool, arguments).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    drop(mcp);
    let ended = gateway.kill().await;
    assert_eq!(files_with(ended.data(), secret), Vec::<String>::new());
    assert!(!files_with(ended.data(), "enc:1:").is_empty(), "the values are there, encrypted");
    assert!(!ended.log.contains(secret), "{}", ended.log);
}
