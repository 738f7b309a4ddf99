//! What keys are good for, and their bounds.

use mana_mcp_runtime::tool::{PolicyHint, Scope};
use serde_json::json;

use super::*;
use crate::call::testing::tool;

fn keys() -> IdempotencyKeys {
    IdempotencyKeys::new([7; 32].into())
}

fn writing() -> ToolId {
    tool(Scope::UserSpace, PolicyHint::Write)
}

fn key(text: &str) -> CallKey {
    text.parse().unwrap()
}

fn output(value: &Value) -> ToolOutput {
    value.clone().written().unwrap()
}

async fn claim(keys: &IdempotencyKeys, user: &str, text: &str, arguments: &Value) -> Claim {
    keys.claim(&UserId::for_tests(user), "home", writing(), &key(text), arguments).await
}

async fn run(keys: &IdempotencyKeys, user: &str, text: &str) -> Run {
    let Claim::Run(run) = claim(keys, user, text, &json!({})).await else { panic!("not the first") };
    run
}

#[test]
fn a_key_has_one_form_and_is_not_shown() {
    for good in ["a", "A-b_c.9", &"x".repeat(64)] {
        assert!(good.parse::<CallKey>().is_ok(), "{good}");
    }
    for bad in ["", " ", "a b", " a", "a\n", "a\0", "\u{1b}[31m", "ä", "a/b", "a:b", "a\"b", &"x".repeat(65)] {
        assert_eq!(bad.parse::<CallKey>(), Err(UnusableCallKey), "{bad}");
    }
    assert!(!format!("{:?}", key("visible")).contains("visible"));
}

#[tokio::test]
async fn the_same_call_gets_the_same_answer() {
    let keys = keys();
    let arguments = json!({ "a": 1, "b": { "c": [1, 2], "d": null } });
    let Claim::Run(first) = claim(&keys, "ada", "k", &arguments).await else { panic!() };
    first.done(&output(&json!({ "z": 1.5, "a": "é" })));
    let reordered = json!({ "b": { "d": null, "c": [1, 2] }, "a": 1 });
    let Claim::Replay(again) = claim(&keys, "ada", "k", &reordered).await else { panic!() };
    assert_eq!(again.json(), output(&json!({ "z": 1.5, "a": "é" })).json());
    for other in [json!({}), json!({ "a": "1", "b": { "c": [1, 2], "d": null } }), json!({ "a": 1 })] {
        assert!(matches!(claim(&keys, "ada", "k", &other).await, Claim::Reused), "{other}");
    }
}

#[tokio::test]
async fn users_spaces_and_tools_have_keys_of_their_own() {
    let keys = keys();
    run(&keys, "ada", "k").await.done(&output(&json!({})));
    let (ada, bob) = (UserId::for_tests("ada"), UserId::for_tests("bob"));
    let destructive = tool(Scope::UserSpace, PolicyHint::Destructive);
    let mut ids = Vec::new();
    for (user, space, tool) in [(&bob, "home", writing()), (&ada, "team", writing()), (&ada, "home", destructive)] {
        let Claim::Run(run) = keys.claim(user, space, tool, &key("k"), &json!({ "x": 1 })).await else { panic!() };
        ids.push(run.ids().supply(async { mana_mcp_runtime::decode::Id::new() }).await);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn what_was_not_carried_out_is_made_again_with_the_same_ids() {
    let keys = keys();
    let ids = async |run: &Run| run.ids().supply(async { mana_mcp_runtime::decode::Id::new() }).await;
    let first = run(&keys, "ada", "k").await;
    let id = ids(&first).await;
    drop(first);
    assert_eq!(ids(&run(&keys, "ada", "k").await).await, id);
    // Another process of the same deployment.
    assert_eq!(ids(&run(&self::keys(), "ada", "k").await).await, id);
    let foreign = IdempotencyKeys::new([8; 32].into());
    assert_ne!(ids(&run(&foreign, "ada", "k").await).await, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_runs_and_the_others_wait() {
    let keys = Arc::new(keys());
    let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let calls = (0..20).map(|n| {
        let (keys, runs) = (Arc::clone(&keys), Arc::clone(&runs));
        tokio::spawn(async move {
            match claim(&keys, "ada", "k", &json!({})).await {
                Claim::Run(run) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    // The first ones fail.
                    if runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 2 {
                        run.done(&output(&json!({ "n": n })));
                    }
                    false
                }
                Claim::Replay(_) => true,
                Claim::Done(_) | Claim::Reused => panic!(),
            }
        })
    });
    let replayed = futures::future::join_all(calls).await.into_iter().filter(|done| *done.as_ref().unwrap()).count();
    assert_eq!((runs.load(std::sync::atomic::Ordering::SeqCst), replayed), (3, 17));
}

#[tokio::test]
async fn a_long_answer_is_not_kept_but_its_ids_are() {
    let keys = keys();
    let run = run(&keys, "ada", "k").await;
    let id = run.ids().supply(async { mana_mcp_runtime::decode::Id::new() }).await;
    run.done(&output(&json!({ "text": "x".repeat(MAX_ANSWER) })));
    let Claim::Done(ids) = claim(&keys, "ada", "k", &json!({})).await else { panic!() };
    assert_eq!(*ids, [id.to_string()]);
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_for_a_day() {
    let keys = keys();
    run(&keys, "ada", "k").await.done(&output(&json!({})));
    tokio::time::advance(KEPT_FOR - Duration::from_secs(1)).await;
    assert!(matches!(claim(&keys, "ada", "k", &json!({})).await, Claim::Replay(_)));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(matches!(claim(&keys, "ada", "k", &json!({})).await, Claim::Run(_)));
    assert_eq!(lock(&keys.calls).bytes, 0);
}

#[tokio::test]
async fn a_user_pushes_out_their_own_answers_alone() {
    let keys = keys();
    run(&keys, "bob", "k").await.done(&output(&json!({})));
    let running = run(&keys, "ada", "running").await;
    for n in 0..=MAX_OF_USER {
        run(&keys, "ada", &n.to_string()).await.done(&output(&json!({})));
    }
    assert_eq!(lock(&keys.calls).users[&UserId::for_tests("ada")].records.len(), MAX_OF_USER);
    assert!(matches!(claim(&keys, "ada", "0", &json!({})).await, Claim::Run(_)));
    assert!(matches!(claim(&keys, "bob", "k", &json!({})).await, Claim::Replay(_)));
    running.done(&output(&json!({})));
    assert!(matches!(claim(&keys, "ada", "running", &json!({})).await, Claim::Replay(_)));
    // Many users: in all it is bounded too, and the greatest one pays.
    let long = output(&json!({ "text": "x".repeat(60 << 10) }));
    for user in ["a", "b", "c"] {
        for n in 0..500 {
            run(&keys, user, &n.to_string()).await.done(&long);
        }
    }
    let calls = lock(&keys.calls);
    let counted: usize = calls.users.values().flat_map(|of_user| of_user.records.values()).map(Record::bytes).sum();
    assert!(calls.bytes <= MAX_BYTES && counted == calls.bytes);
    assert_eq!(calls.users[&UserId::for_tests("bob")].records.len(), 1);
}

#[tokio::test]
async fn what_is_kept_is_sealed() {
    let keys = keys();
    run(&keys, "ada", "k").await.done(&output(&json!({ "text": "a marker in the clear" })));
    let calls = lock(&keys.calls);
    let record = &calls.users[&UserId::for_tests("ada")].records[0];
    let State::Done(sealed) = &record.state else { panic!() };
    assert!(!sealed.windows(8).any(|part| part == b"a marker"));
}
