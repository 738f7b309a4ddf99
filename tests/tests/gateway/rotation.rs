//! Keys and tokens that change while calls run: no call meets a wrong answer for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use mana_mcp_tests::{Backends, Gateway, Mcp, Vault};
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const WORKERS: usize = 3;
/// A little more than the time within which the gateway does not ask again: keys that change faster than that are refused,
/// so that strangers cannot make it ask at their pace.
const BETWEEN_ROTATIONS: Duration = Duration::from_millis(5200);

/// Runs `work` by several workers until `rotate` is over.
async fn under_load<W: Future<Output = ()>>(work: impl Fn(usize) -> W, rotate: impl Future<Output = ()>) -> usize {
    let is_over = AtomicBool::new(false);
    let worker = async |worker: usize| {
        let mut number = 0;
        while !is_over.load(Ordering::SeqCst) {
            work(1000 * number + worker).await;
            number += 1;
        }
        number
    };
    let rotating = async {
        rotate.await;
        is_over.store(true, Ordering::SeqCst);
    };
    let (worked, ()) = futures::join!(join_all((0..WORKERS).map(worker)), rotating);
    worked.into_iter().sum()
}

#[tokio::test]
async fn signing_keys_and_tokens_change_under_load() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    // Tokens live for a few seconds, and are changed before they end.
    let renewed = async || backends.short_token(ADA, 6).await;
    let token = Mutex::new(renewed().await);
    let held = || token.lock().unwrap().clone();
    let stored = Mutex::new(BTreeSet::new());
    let work = async |number: usize| {
        let mcp = Mcp::modern(&gateway, &held()).await;
        let before = stored.lock().unwrap().clone();
        let listed = Value::from(mcp.rows("habits.list", json!({}), "habits").await);
        let titles: BTreeSet<String> = column(&listed, "title").into_iter().collect();
        assert!(titles.is_superset(&before), "{before:?} of {titles:?}");
        let title = format!("Habit {number}");
        mcp.call("habits.create", json!({ "title": title })).await.structured();
        stored.lock().unwrap().insert(title);
    };
    let rotate = async {
        for _ in 0..2 {
            backends.rotate(json!("signingKey")).await;
            for _ in 0..BETWEEN_ROTATIONS.as_millis() / 400 {
                *token.lock().unwrap() = renewed().await;
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
        }
    };
    let calls = under_load(work, rotate).await;
    assert!(calls > 20, "{calls} calls are no load");
    // Tokens of keys that are withdrawn end with them.
    let former = renewed().await;
    backends.rotate(json!("onlySigningKey")).await;
    let refused = Mcp::modern(&gateway, &former).await.call("habits.list", json!({})).await;
    assert!(refused.status == 401 || refused.tool_error().contains("new token"), "{refused:?}");
    let present = renewed().await;
    Mcp::modern(&gateway, &present).await.call("habits.list", json!({})).await.structured();
}

fn column(rows: &Value, field: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

/// The rows of the tasks' log, folded: each task's title as it is stored, and when it was written.
async fn titles(backends: &Backends, token: &str) -> BTreeMap<String, (String, String)> {
    let mut titles = BTreeMap::<String, (String, String)>::new();
    for row in backends.rows(token, "todo", "tasks").await {
        let (at, title) = match row["op"].as_str().unwrap() {
            "insert" => (&row["data"]["updatedAt"], &row["data"]["title"]),
            _ => (&row["fields"]["title"]["at"], &row["fields"]["title"]["value"]),
        };
        let (at, title) = (at.as_str().unwrap().to_owned(), title.as_str().unwrap().to_owned());
        let standing = titles.entry(row["id"].as_str().unwrap().to_owned()).or_default();
        if at >= standing.0 {
            *standing = (at, title);
        }
    }
    titles
}

/// Encrypts under the present key what is under a former one, as the client does that changed the key.
async fn encrypt_anew(backends: &Backends, token: &str, space: &str, former: &[Vault], present: &mut Vault) {
    for (id, (at, stored)) in titles(backends, token).await {
        if present.text(&stored).is_ok() {
            continue;
        }
        let title = former.iter().find_map(|vault| vault.text(&stored).ok()).expect("under one of the keys");
        // A later string is a later time.
        let field = json!({ "value": present.seal(&json!(title)).unwrap(), "at": format!("{at}0") });
        let change =
            json!({ "table": "tasks", "id": id, "op": "update", "spaceId": space, "fields": { "title": field } });
        backends.push(token, "todo", vec![change]).await;
    }
}

async fn personal_space(gateway: &Gateway, token: &str) -> String {
    let listed = Mcp::modern(gateway, token).await.call("spaces.list", json!({})).await.structured();
    listed["activeSpaceId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_master_key_changes_under_load() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    let token = backends.token(ADA).await;
    let space = personal_space(&gateway, &token).await;
    // Titles by id; what is being written may show before it is confirmed.
    let (rotated, made_after) = (AtomicU32::new(0), Mutex::new(Vec::<(u32, String)>::new()));
    let (stored, begun) = (Mutex::new(BTreeMap::<String, String>::new()), Mutex::new(BTreeSet::<String>::new()));
    let list = async || {
        let mcp = Mcp::modern(&gateway, &token).await;
        let before = stored.lock().unwrap().clone();
        let listed = Value::from(mcp.rows("todo.list", json!({ "limit": 500 }), "tasks").await);
        // A task whose title does not open is shown without it.
        let text = |task: &Value, name: &str| task[name].as_str().map(str::to_owned);
        let tasks = listed.as_array().unwrap().iter();
        let shown: BTreeMap<String, String> =
            tasks.clone().filter_map(|task| Some((text(task, "id")?, text(task, "title")?))).collect();
        let unreadable: Vec<String> =
            tasks.filter(|task| task.get("title").is_none()).filter_map(|task| text(task, "id")).collect();
        // Nothing is lost, and nothing is read as something else.
        for (id, title) in &before {
            assert!(shown.get(id) == Some(title) || unreadable.contains(id), "{title} is lost: {listed}");
        }
        assert!(shown.values().all(|title| begun.lock().unwrap().contains(title)), "{listed}");
        (shown, unreadable)
    };
    let work = async |number: usize| {
        let mcp = Mcp::modern(&gateway, &token).await;
        if stored.lock().unwrap().len() < 450 {
            let title = format!("Task {number}");
            let rotations = rotated.load(Ordering::SeqCst);
            begun.lock().unwrap().insert(title.clone());
            let made = mcp.call("todo.create", json!({ "title": title })).await.structured();
            let id = made["task"]["id"].as_str().unwrap().to_owned();
            made_after.lock().unwrap().push((rotations, id.clone()));
            stored.lock().unwrap().insert(id, title);
        }
        list().await;
    };
    let keys = Mutex::new(vec![Vault::open(&backends, &token, 0).await.unwrap()]);
    let rotate = async {
        for number in 1..=2 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let former = std::mem::take(&mut *keys.lock().unwrap());
            backends.rotate(json!({ "masterKey": ADA })).await;
            rotated.store(number, Ordering::SeqCst);
            let mut present = Vault::open(&backends, &token, number).await.unwrap();
            encrypt_anew(&backends, &token, &space, &former, &mut present).await;
            tokio::time::sleep(BETWEEN_ROTATIONS).await;
            // What was begun after the rotation was never under a former key.
            let fresh = made_after.lock().unwrap().clone();
            let under = titles(&backends, &token).await;
            let fresh: Vec<_> = fresh.iter().filter(|(rotations, _)| *rotations == number).collect();
            assert!(!fresh.is_empty());
            for (_, id) in fresh {
                assert!(present.text(&under[id].1).is_ok(), "{id} was written under a key that is gone");
            }
            // Calls that were under way at the rotation may have written under the former key.
            encrypt_anew(&backends, &token, &space, &former, &mut present).await;
            keys.lock().unwrap().extend(former.into_iter().chain([present]));
        }
    };
    let calls = under_load(work, rotate).await;
    assert!(calls > 20, "{calls} calls are no load");
    let (shown, unreadable) = list().await;
    assert_eq!((shown, unreadable), (stored.lock().unwrap().clone(), Vec::new()));
}
