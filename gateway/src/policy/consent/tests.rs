//! What a state is good for, and that it is good for nothing else.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::{
    auth::SpaceAccess,
    call::testing::{CATALOG, tool},
    policy::{
        Mode, Stop,
        question::shown,
        testing::{CountedGate, access, counted, gate},
    },
};
use mana_mcp_runtime::{
    decode::JsonObject,
    steps::{ChangeKind, Plan, PlannedChange},
    tool::{CatalogTool, PolicyHint, Scope, ToolId},
};

fn consent() -> (Consent, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new(&CATALOG).unwrap());
    (Consent::new(Sealer::new([[7; 32].into()]), None, &metrics), metrics)
}

fn destructive() -> ToolId {
    tool(Scope::UserSpace, PolicyHint::Destructive)
}

fn candidate<'a>(tool: ToolId, access: &'a SpaceAccess, arguments: &'a Value) -> Candidate<'a> {
    Candidate { tool, via: None, access, arguments, now: Instant::now(), is_dry: false }
}

fn reply(state: &str, answer: Answer) -> Reply {
    Reply { state: state.to_owned(), answer }
}

#[tokio::test]
async fn a_state_is_good_for_its_own_call_once() {
    let (consent, metrics) = consent();
    let (tool, access, arguments) =
        (destructive(), access("ada", "home").await, json!({ "id": 1, "more": { "a": 1, "b": [] } }));
    let call = candidate(tool, &access, &arguments);
    let state = consent.ask(&call).state;
    // The same arguments, in another order.
    let reordered = json!({ "more": { "b": [], "a": 1 }, "id": 1 });
    let call = Candidate { arguments: &reordered, ..call };
    let accepted = reply(&state, Answer::Accepted);
    // Two at once are both proven; one is used.
    let first = consent.prove(Some(&accepted), &call).unwrap().unwrap();
    let second = consent.prove(Some(&accepted), &call).unwrap().unwrap();
    assert_eq!(consent.redeem(first, tool.name()).await, Ok(Ok(())));
    assert_eq!(consent.redeem(second, tool.name()).await, Err(ForeignState));
    for (outcome, count) in [("asked", 1), ("accepted", 1), ("invalid", 1), ("declined", 0)] {
        assert_eq!(
            counted(&metrics.render(), &["mana_mcp_consent_total", &format!("\"{outcome}\"")]),
            count,
            "{outcome}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_uses_the_state_up() {
    let (consent, metrics) = consent();
    let (tool, access, arguments) = (destructive(), access("ada", "home").await, json!({}));
    let call = candidate(tool, &access, &arguments);
    for (answer, refusal, outcome) in [
        (Answer::Declined, Refusal::Declined { tool: tool.name() }, "declined"),
        (Answer::Cancelled, Refusal::Cancelled { tool: tool.name() }, "cancelled"),
    ] {
        let state = consent.ask(&call).state;
        let proven = consent.prove(Some(&reply(&state, answer)), &call).unwrap().unwrap();
        assert_eq!(consent.redeem(proven, tool.name()).await, Ok(Err(refusal)));
        assert!(refusal.to_string().contains("did not run"), "{refusal}");
        assert_eq!(counted(&metrics.render(), &["mana_mcp_consent_total", outcome]), 1);
        let changed_mind = consent.prove(Some(&reply(&state, Answer::Accepted)), &call).unwrap().unwrap();
        assert_eq!(consent.redeem(changed_mind, tool.name()).await, Err(ForeignState));
    }
}

#[tokio::test]
async fn a_state_of_another_call_user_space_or_deployment_is_refused() {
    let (consent, metrics) = consent();
    let (tool, ada, arguments) = (destructive(), access("ada", "home").await, json!({ "id": 1 }));
    let call = candidate(tool, &ada, &arguments);
    let state = consent.ask(&call).state;
    let (bob, team) = (access("bob", "home").await, access("ada", "team").await);
    let other_tool = CATALOG.find("user.wipe").unwrap();
    let (other, text, none) = (json!({ "id": 2 }), json!({ "id": "1" }), json!({}));
    let others = [
        Candidate { access: &bob, ..call },
        Candidate { access: &team, ..call },
        Candidate { tool: other_tool, ..call },
        Candidate { via: Some(CatalogTool::Call), ..call },
        Candidate { arguments: &other, ..call },
        Candidate { arguments: &text, ..call },
        Candidate { arguments: &none, ..call },
    ];
    for (place, other) in others.iter().enumerate() {
        for answer in [Answer::Accepted, Answer::Unusable] {
            assert_eq!(consent.prove(Some(&reply(&state, answer)), other).unwrap_err(), ForeignState, "{place}");
        }
    }
    let mut bent = state.clone().into_bytes();
    bent[10] = if bent[10] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    let metrics_of_other = Arc::new(Metrics::new(&CATALOG).unwrap());
    let elsewhere = Consent::new(Sealer::new([[8; 32].into()]), None, &metrics_of_other).ask(&call).state;
    let long = format!("{state}{}", "A".repeat(1_000_000));
    for forged in ["", "x", "rs1..", &bent, &state[..state.len() - 1], &elsewhere, &long] {
        assert_eq!(
            consent.prove(Some(&reply(forged, Answer::Accepted)), &call).unwrap_err(),
            ForeignState,
            "{forged:.40}"
        );
    }
    assert_eq!(counted(&metrics.render(), &["mana_mcp_consent_total", "invalid"]), 14 + 7);
    // Nor is that of a call through `catalog.call` good for the direct one.
    let through = Candidate { via: Some(CatalogTool::Call), ..call };
    let state_of_through = consent.ask(&through).state;
    let accepted = reply(&state_of_through, Answer::Accepted);
    assert_eq!(consent.prove(Some(&accepted), &call).unwrap_err(), ForeignState);
    assert!(consent.prove(Some(&accepted), &through).unwrap().is_some());
    // After all that it still is its own call's.
    assert!(consent.prove(Some(&reply(&state, Answer::Accepted)), &call).unwrap().is_some());
}

#[tokio::test]
async fn an_expired_state_and_an_answer_that_does_not_fit_ask_anew() {
    let (mut consent, _) = consent();
    let (tool, access, arguments) = (destructive(), access("ada", "home").await, json!({}));
    let call = candidate(tool, &access, &arguments);
    let state = consent.ask(&call).state;
    assert!(consent.prove(Some(&reply(&state, Answer::Unusable)), &call).unwrap().is_none());
    assert!(consent.prove(Some(&reply(&state, Answer::Accepted)), &call).unwrap().is_some());
    consent.valid_for = Duration::ZERO;
    let expired = consent.ask(&call).state;
    assert!(consent.prove(Some(&reply(&expired, Answer::Accepted)), &call).unwrap().is_none());
    assert!(consent.prove(None, &call).unwrap().is_none());
}

#[tokio::test]
async fn the_question_shows_what_the_agent_asked_for_and_is_short() {
    let (consent, _) = consent();
    let (tool, access) = (destructive(), access("ada", "team").await);
    let arguments = json!({ "id": "5a1d\u{7}8b2e" });
    let message = consent.ask(&candidate(tool, &access, &arguments)).message;
    for part in [tool.name(), "team", "5a1d", "for good"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let trick = "Old drafts\" with nothing in it\u{202e}\u{200b}";
    assert_eq!(shown(trick), "Old drafts\" with nothing in it");
    assert!(
        message.ends_with("The space is named \"team\"."),
        "nothing comes after a name that anybody gave: {message}"
    );
    let arguments = json!({ "text": "ä\n".repeat(10_000) });
    let message = consent.ask(&candidate(tool, &access, &arguments)).message;
    assert!(message.chars().count() < 400 && !message.contains('\n'), "{message}");
}

async fn admit(gate: &CountedGate, call: Candidate<'_>, person: Person, reply: Option<Reply>) -> Result<(), Stop> {
    gate.admit(call, Consenting { person, reply }).await.map(drop)
}

#[tokio::test]
async fn a_question_takes_the_place_and_its_answer_no_other() {
    // In this mode what no space allows runs with the person's consent.
    let (gate, metrics) = gate(Mode::LogOnly, 1, None);
    let (tool, access, arguments) = (destructive(), access("ada", "home").await, json!({}));
    let call = candidate(tool, &access, &arguments);
    let Err(Stop::Ask(question)) = admit(&gate, call, Person::Reachable, None).await else {
        panic!("nobody was asked")
    };
    let accepted = || Some(reply(&question.state, Answer::Accepted));
    // The client need not say again that it can ask.
    admit(&gate, call, Person::Unreachable, accepted()).await.unwrap();
    assert_eq!(admit(&gate, call, Person::Reachable, accepted()).await, Err(Stop::ForeignState(ForeignState)));
    let unusable = Some(reply(&question.state, Answer::Unusable));
    assert!(matches!(admit(&gate, call, Person::Reachable, unusable).await, Err(Stop::Ask(_))));
    // Where nobody can be asked it does not run; what is not destructive needs no consent.
    assert!(matches!(admit(&gate, call, Person::Unreachable, None).await, Err(Stop::Denied(_))));
    let read = crate::call::testing::tool(Scope::UserSpace, PolicyHint::Read);
    let reading = Candidate { tool: read, ..call };
    admit(&gate, reading, Person::Reachable, None).await.unwrap();
    let Err(Stop::ForeignState(_)) = admit(&gate, reading, Person::Reachable, Some(reply("x", Answer::Accepted))).await
    else {
        panic!("a state that nobody gave is refused")
    };
    assert_eq!(counted(&metrics.render(), &["mana_mcp_consent_total", "\"accepted\""]), 1);
}

#[tokio::test]
async fn where_the_policy_is_off_nobody_is_asked() {
    let (gate, metrics) = gate(Mode::Off, 1, None);
    let (tool, access, arguments) = (destructive(), access("ada", "home").await, json!({}));
    let call = candidate(tool, &access, &arguments);
    admit(&gate, call, Person::Reachable, None).await.unwrap();
    admit(&gate, call, Person::Reachable, Some(reply("x", Answer::Declined))).await.unwrap();
    assert_eq!(counted(&metrics.render(), &["mana_mcp_consent_total", "asked"]), 0);
}

#[tokio::test]
async fn a_question_names_what_will_change_and_nothing_passes_for_the_question() {
    let (consent, _) = consent();
    let (tool, access, arguments) = (destructive(), access("ada", "home").await, json!({ "id": 1 }));
    let question = consent.ask(&candidate(tool, &access, &arguments));
    let state = question.state.clone();
    let change = |change, label: Option<&str>| PlannedChange {
        change,
        table: "tasks",
        noun: "task",
        id: "t1".to_owned(),
        label: label.map(str::to_owned),
        before: JsonObject::from_iter([("title".to_owned(), json!("Old")), ("order".to_owned(), json!(1))]),
        after: JsonObject::from_iter([("title".to_owned(), json!("New\"")), ("order".to_owned(), json!(1))]),
    };
    let plan = |changes: Vec<PlannedChange>, total| Plan { changes, total };
    let removed = change(ChangeKind::Remove, Some("Buy a present\". Accept nothing.\u{202e}\n"));
    let about = question.clone().about(tool, access.space(), &plan(vec![removed], 1));
    assert_eq!(about.state, state);
    let expected =
        "A tool (`user.destroy`): removes the task \"Buy a present'. Accept nothing.\". Accept to let it run.";
    assert!(about.message.starts_with(expected), "{}", about.message);
    // An update shows old and new values; of many rows, the first few are named.
    let changes = plan(vec![change(ChangeKind::Update, None), change(ChangeKind::Delete, Some(" "))], 9);
    let about = question.clone().about(tool, access.space(), &changes);
    let expected =
        "changes the task \"t1\" (title from \"Old\" to \"New'\"); deletes the task \"t1\"; 7 more rows. Accept";
    assert!(about.message.contains(expected), "{}", about.message);
    // A call that changes nothing shows what it was called with.
    assert_eq!(question.clone().about(tool, access.space(), &plan(Vec::new(), 0)).message, question.message);
}
