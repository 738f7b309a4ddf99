//! Destructive tools: what a space has opted into, from the configuration and from the policy service, and the consent of the
//! person whose data it is.

use std::time::{Duration, Instant};

use mana_mcp_tests::{
    Answer, Backends, Gateway, Launch, Mcp, Redis, Revision,
    policies::{Policies, Says},
};
use serde_json::{Value, json};

use super::{
    metrics::{Page, decisions},
    replicas::replica,
};

const TOOL: &str = "notes.delete";
const ADA: &str = "ada@example.org";

/// A client that can show forms.
fn asking(mcp: Mcp<'_>) -> Mcp<'_> {
    mcp.with_capabilities(json!({ "elicitation": {} }))
}

async fn personal_space(mcp: &Mcp<'_>) -> String {
    mcp.call("spaces.list", json!({})).await.structured()["activeSpaceId"].as_str().unwrap().to_owned()
}

/// A new note's id.
async fn note(mcp: &Mcp<'_>) -> String {
    let made = mcp.call("notes.create", json!({ "title": "Draft" })).await.structured();
    made["note"]["id"].as_str().unwrap().to_owned()
}

async fn is_there(mcp: &Mcp<'_>, id: &str) -> bool {
    let found = mcp.call("notes.search", json!({ "query": "Draft" })).await.structured();
    found["notes"].as_array().unwrap().iter().any(|note| note["id"] == id)
}

async fn consent(gateway: &Gateway, outcome: &str) -> f64 {
    Page::of(gateway).await.get("mana_mcp_consent_total", &[("outcome", outcome)])
}

/// The retry of a call of `TOOL`, as the client makes it.
async fn retry(mcp: &Mcp<'_>, arguments: &Value, state: &str, answers: Value) -> Answer {
    let params = json!({ "name": TOOL, "arguments": arguments, "requestState": state, "inputResponses": answers });
    mcp.request("tools/call", params).await
}

fn accept() -> Value {
    json!({ "consent": { "action": "accept", "content": {} } })
}

/// The question in an answer: its state.
fn asked(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let result = answer.result();
    assert_eq!(result["resultType"], "input_required", "{answer:?}");
    assert!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "mana-mcp", "{answer:?}");
    let requests = result["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 1, "{answer:?}");
    let request = &requests["consent"];
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["mode"], "form");
    assert!(request["params"]["message"].as_str().unwrap().contains(&TOOL.replace('.', "_")), "{answer:?}");
    let form = &request["params"]["requestedSchema"];
    assert_eq!((&form["type"], &form["properties"]), (&json!("object"), &json!({})), "nothing to fill in");
    result["requestState"].as_str().unwrap().to_owned()
}

/// A gateway that allows `TOOL` in Ada's personal space, her token, and a team of hers that has not opted in.
async fn allowing() -> (Backends, Gateway, String, String) {
    let backends = Backends::start().await;
    let token = backends.token(ADA).await;
    let before = backends.gateway().start().await;
    let space = personal_space(&Mcp::modern(&before, &token).await).await;
    drop(before);
    let team = backends.space(ADA, &[]).await;
    let launch = backends.gateway().env("POLICY_MODE", "enforce").env("RATE_LIMIT_PER_MINUTE", 5);
    let gateway = launch.env("POLICY_ALLOW_DESTRUCTIVE", format!("{space}:{TOOL}")).start().await;
    (backends, gateway, token, team)
}

#[tokio::test]
async fn a_destructive_tool_runs_only_in_a_space_that_allows_it() {
    let (_backends, gateway, token, team) = allowing().await;
    let ada = Mcp::modern(&gateway, &token).await;
    let id = note(&ada).await;
    // Her team has not opted in, nor has any space to another tool.
    let in_team = Mcp::modern(&gateway, &token).await.with_space(&team);
    let denied = in_team.call(TOOL, json!({ "id": id })).await.tool_error();
    assert!(denied.contains("this space has not allowed it"), "{denied}");
    ada.call("todo.delete", json!({ "id": id })).await.tool_error();
    assert!(is_there(&ada, &id).await);
    // A client that cannot ask: the opt-in alone decides, in both revisions.
    ada.call(TOOL, json!({ "id": id })).await.structured();
    assert!(!is_there(&ada, &id).await);
    let id = note(&ada).await;
    let earlier = Mcp::connect(&gateway, &token, Revision::V2025).await;
    earlier.call(TOOL, json!({ "id": id })).await.structured();
    assert!(!is_there(&ada, &id).await);
    let page = Page::of(&gateway).await;
    assert_eq!(decisions(&page, "deny", "destructive-not-allowed", "enforce"), 2.0);
    assert_eq!(consent(&gateway, "asked").await, 0.0);
}

#[tokio::test]
async fn a_person_who_can_be_asked_is_asked_and_the_answer_holds() {
    let (_backends, gateway, token, _) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let id = note(&ada).await;
    let arguments = json!({ "id": id });
    for (action, outcome, text) in [("decline", "declined", "declined"), ("cancel", "cancelled", "dismissed")] {
        let state = asked(&ada.call(TOOL, arguments.clone()).await);
        let answer = retry(&ada, &arguments, &state, json!({ "consent": { "action": action } })).await;
        assert!(answer.tool_error().contains(text), "{answer:?}");
        assert_eq!(consent(&gateway, outcome).await, 1.0);
    }
    assert!(is_there(&ada, &id).await);
    let state = asked(&ada.call(TOOL, arguments.clone()).await);
    // A user who is asked something else as well: answers to no question are left alone.
    let mut answers = accept();
    answers["other"] = json!({ "action": "decline" });
    assert_eq!(retry(&ada, &arguments, &state, answers).await.structured(), json!({ "ok": true }));
    assert!(!is_there(&ada, &id).await);
    assert_eq!((consent(&gateway, "asked").await, consent(&gateway, "accepted").await), (3.0, 1.0));
    // Each question took a place of the five, and no answer did.
    asked(&ada.call(TOOL, arguments.clone()).await);
    asked(&ada.call(TOOL, arguments.clone()).await);
    assert!(ada.call(TOOL, arguments).await.tool_error().contains("called too often"));
}

#[tokio::test]
async fn arguments_and_policy_come_before_the_question() {
    let (_backends, gateway, token, team) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    assert!(ada.call(TOOL, json!({ "id": 7 })).await.tool_error().contains("id"));
    let in_team = asking(Mcp::modern(&gateway, &token).await.with_space(&team));
    let id = note(&ada).await;
    assert!(in_team.call(TOOL, json!({ "id": id })).await.tool_error().contains("not allowed"));
    assert_eq!(consent(&gateway, "asked").await, 0.0);
}

#[tokio::test]
async fn only_a_client_that_shows_forms_is_asked_to() {
    let (_backends, gateway, token, _) = allowing().await;
    for capabilities in [json!({ "elicitation": { "url": {} } }), json!({ "sampling": {}, "roots": {} })] {
        let ada = Mcp::modern(&gateway, &token).await.with_capabilities(capabilities);
        let id = note(&ada).await;
        ada.call(TOOL, json!({ "id": id })).await.structured();
    }
    assert_eq!(consent(&gateway, "asked").await, 0.0);
}

#[tokio::test]
async fn a_state_that_is_not_the_calls_is_refused() {
    let (backends, gateway, token, team) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let (id, other) = (note(&ada).await, note(&ada).await);
    let arguments = json!({ "id": id });
    let state = asked(&ada.call(TOOL, arguments.clone()).await);
    let refused = |answer: Answer| {
        assert_eq!((answer.status.as_u16(), answer.error_code()), (200, -32602), "{answer:?}");
        assert!(answer.text.contains("requestState"), "{answer:?}");
    };
    let mut bent = state.clone().into_bytes();
    let middle = bent.len() / 2;
    bent[middle] = if bent[middle] == b'A' { b'B' } else { b'A' };
    for forged in [String::from_utf8(bent).unwrap(), format!("{state}A"), String::new(), "x".repeat(100_000)] {
        refused(retry(&ada, &arguments, &forged, accept()).await);
        refused(retry(&ada, &arguments, &forged, json!({})).await);
    }
    // Other arguments, another tool, another space, another user.
    refused(retry(&ada, &json!({ "id": other }), &state, accept()).await);
    let for_another_tool =
        json!({ "name": "todo.delete", "arguments": arguments, "requestState": state, "inputResponses": accept() });
    refused(ada.request("tools/call", for_another_tool).await);
    refused(retry(&asking(Mcp::modern(&gateway, &token).await.with_space(&team)), &arguments, &state, accept()).await);
    let bob = asking(Mcp::modern(&gateway, &backends.token("bob@example.org").await).await);
    refused(retry(&bob, &arguments, &state, accept()).await);
    // A tool that never asks.
    let not_asking = json!({ "name": "spaces.list", "arguments": {}, "requestState": state });
    refused(ada.request("tools/call", not_asking).await);
    assert!(is_there(&ada, &id).await && is_there(&ada, &other).await);
    // It is good for one use, also by two at once.
    let (one, two) =
        futures::join!(retry(&ada, &arguments, &state, accept()), retry(&ada, &arguments, &state, accept()));
    let (ran, not) = if one.message().get("error").is_none() { (one, two) } else { (two, one) };
    ran.structured();
    refused(not);
    refused(retry(&ada, &arguments, &state, accept()).await);
    assert!(!is_there(&ada, &id).await && is_there(&ada, &other).await);
}

#[tokio::test]
async fn a_question_and_its_answer_are_one_evaluation_and_a_spent_state_is_none() {
    let (_backends, gateway, token, _) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let arguments = json!({ "id": note(&ada).await });
    let evaluations = async || decisions(&Page::of(&gateway).await, "allow", "clean", "enforce");
    let before = evaluations().await;
    let state = asked(&ada.call(TOOL, arguments.clone()).await);
    retry(&ada, &arguments, &state, accept()).await.structured();
    for _ in 0..20 {
        assert_eq!(retry(&ada, &arguments, &state, accept()).await.error_code(), -32602);
    }
    assert_eq!(evaluations().await - before, 1.0);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_again() {
    let (_backends, gateway, token, _) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let arguments = json!({ "id": note(&ada).await });
    let state = asked(&ada.call(TOOL, arguments.clone()).await);
    for answers in [json!({}), json!({ "consent": { "action": "perhaps" } })] {
        asked(&retry(&ada, &arguments, &state, answers).await);
    }
    assert_eq!(consent(&gateway, "invalid").await, 2.0);
    for (member, value) in [("requestState", json!(7)), ("inputResponses", json!([]))] {
        let mut params = json!({ "name": TOOL, "arguments": arguments });
        params[member] = value;
        assert_eq!(ada.request("tools/call", params).await.error_code(), -32602);
    }
    retry(&ada, &arguments, &state, accept()).await.structured();
}

#[tokio::test]
async fn a_question_of_one_gateway_is_answered_at_another_once() {
    let (backends, redis) = (Backends::start().await, Redis::start().await);
    let token = backends.token(ADA).await;
    let first = replica(&backends, &redis).start().await;
    let space = personal_space(&Mcp::modern(&first, &token).await).await;
    drop(first);
    let launch = || replica(&backends, &redis).env("POLICY_ALLOW_DESTRUCTIVE", format!("{space}:{TOOL}"));
    let (one, two, three) = futures::join!(launch().start(), launch().start(), launch().start());
    let at = async |gateway| asking(Mcp::modern(gateway, &token).await);
    let (one, two, three) = (at(&one).await, at(&two).await, at(&three).await);
    let arguments = json!({ "id": note(&one).await });
    let state = asked(&one.call(TOOL, arguments.clone()).await);
    retry(&two, &arguments, &state, accept()).await.structured();
    for again in [&one, &two, &three] {
        assert_eq!(retry(again, &arguments, &state, accept()).await.error_code(), -32602);
    }
}

/// A gateway in the enforcing mode that asks this policy service.
async fn asking_policies(backends: &Backends, policies: &Policies) -> Gateway {
    let launch: Launch = backends.gateway().env("POLICY_MODE", "enforce");
    policies.configure(launch).start().await
}

#[tokio::test]
async fn what_the_policy_service_allows_may_run() {
    let backends = Backends::start().await;
    let token = backends.token(ADA).await;
    let plain = backends.gateway().start().await;
    let space = personal_space(&Mcp::modern(&plain, &token).await).await;
    let tools = [TOOL, "todo.list", "no.such.tool"].map(str::to_owned).to_vec();
    let policies = Policies::start(Says::Allows { space, tools }).await;
    let gateway = asking_policies(&backends, &policies).await;
    let ada = Mcp::modern(&gateway, &token).await;
    for _ in 0..2 {
        let id = note(&ada).await;
        ada.call(TOOL, json!({ "id": id })).await.structured();
        ada.call("todo.delete", json!({ "id": id })).await.tool_error();
    }
    assert_eq!(policies.asked(), 1, "an answer is kept, and other tools need none");
    let log = gateway.log();
    for name in ["todo.list", "no.such.tool"] {
        assert_eq!(log.matches(name).count(), 1, "{name} is logged once:\n{log}");
    }
    let page = Page::of(&gateway).await;
    assert_eq!(page.get("mana_mcp_policy_lookups_total", &[("outcome", "answered")]), 1.0);
    assert_eq!(page.get("mana_mcp_policy_lookups_total", &[("outcome", "kept")]), 3.0);
    assert_eq!(page.get("mana_mcp_policy_lookups_total", &[("outcome", "failed")]), 0.0);
}

#[tokio::test]
async fn a_policy_service_that_does_not_say_allows_nothing_and_holds_nobody_for_long() {
    let backends = Backends::start().await;
    let token = backends.token(ADA).await;
    let huge = format!("{{\"allowDestructive\":[\"{TOOL}\",\"{}\"]}}", "x".repeat(1 << 20));
    for says in [
        Says::Allows { space: "another".to_owned(), tools: vec![TOOL.to_owned()] },
        Says::Text("<html>".to_owned()),
        Says::Text("{}".to_owned()),
        Says::Text(huge),
        Says::Status(403),
        Says::Status(500),
        Says::Nothing,
    ] {
        let policies = Policies::start(says.clone()).await;
        let gateway = asking_policies(&backends, &policies).await;
        let ada = Mcp::modern(&gateway, &token).await;
        let id = note(&ada).await;
        let asked = Instant::now();
        let denied = ada.call(TOOL, json!({ "id": id })).await.tool_error();
        assert!(denied.contains("not allowed"), "{says:?}: {denied}");
        assert!(asked.elapsed() < Duration::from_secs(6), "{says:?} took {:?}", asked.elapsed());
        ada.call("notes.search", json!({ "query": "Draft" })).await.structured();
        assert!(policies.asked() > 0, "{says:?}");
        // One that is gone says nothing either; the answer of before is not kept where it was none.
        drop(policies);
        ada.call(TOOL, json!({ "id": id })).await.tool_error();
        assert_eq!(decisions(&Page::of(&gateway).await, "deny", "destructive-not-allowed", "enforce"), 2.0);
    }
}

#[tokio::test]
async fn names_that_mean_nothing_are_told_at_the_start() {
    let launch = Launch::new().env("POLICY_ALLOW_DESTRUCTIVE", "a:todo.list,b:no.such.tool");
    let gateway = launch.start().await;
    for name in ["todo.list", "no.such.tool"] {
        gateway.printed(name).await;
    }
}

#[tokio::test]
async fn a_dry_run_shows_what_would_change_and_asks_nobody() {
    let (_backends, gateway, token, team) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let id = note(&ada).await;
    let dry_run = async |mcp: &Mcp<'_>, tool: &str| {
        let params = json!({ "name": tool, "arguments": { "id": id }, "_meta": { "mana/dryRun": true } });
        mcp.request("tools/call", params).await
    };
    let result = dry_run(&ada, TOOL).await.result();
    let removed = json!({ "change": "remove", "table": "notes", "id": id, "label": "Draft" });
    assert_eq!(result["_meta"]["mana/dryRun"], json!({ "changes": [removed], "total": 1 }), "{result}");
    assert!(is_there(&ada, &id).await);
    assert_eq!(consent(&gateway, "asked").await, 0.0);
    // A space that does not allow the tool does not allow its dry run.
    let in_team = Mcp::modern(&gateway, &token).await.with_space(&team);
    assert!(dry_run(&in_team, TOOL).await.tool_error().contains("this space has not allowed it"));
    // Any other value is an error, and the call is not carried out.
    for wrong in [json!("true"), json!(1), json!(null), json!({})] {
        let params = json!({ "name": TOOL, "arguments": { "id": id }, "_meta": { "mana/dryRun": wrong } });
        assert_eq!(ada.request("tools/call", params).await.error_code(), -32602);
    }
    assert!(is_there(&ada, &id).await);
}

#[tokio::test]
async fn the_question_names_the_row_and_what_becomes_of_it() {
    let (_backends, gateway, token, _) = allowing().await;
    let ada = asking(Mcp::modern(&gateway, &token).await);
    let id = note(&ada).await;
    let answer = ada.call(TOOL, json!({ "id": id })).await;
    asked(&answer);
    let message = answer.result()["inputRequests"]["consent"]["params"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(r#": removes the note "Draft". Accept to let it run."#), "{message}");
    // For a row that is not there, the question shows the arguments.
    let answer = ada.call(TOOL, json!({ "id": "no-such-note" })).await;
    let message = answer.result()["inputRequests"]["consent"]["params"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(r#"{"id":"no-such-note"}"#), "{message}");
}
