//! Calls of services: what is asked, what is read of the answer, what an agent gets, and what follows the writes.

use std::time::Duration;

use super::{
    super::{Operation, Service},
    world::World,
    *,
};
use crate::{
    failure::FailureKind,
    service::{ServiceAnswer, ServiceFailure},
};

static EVENTS: Service =
    Service { name: "mana_events", summary: "Events.", setting: "MANA_EVENTS_URL", sends_token: true };

static TEXTS: Type = Type::List(&Type::Text);
static EVENT: Type = Type::Object(&[
    Member { name: "id", ty: Type::Required(&Type::Id) },
    Member { name: "at", ty: Type::Timestamp },
    Member { name: "kind", ty: Type::Enum(&["art", "sport"]) },
    Member { name: "lat", ty: Type::Double },
    Member { name: "free", ty: Type::Bool },
    Member { name: "tags", ty: Type::List(&Type::Text) },
    Member { name: "more", ty: Type::Json },
    Member { name: "names", ty: Type::Map(&Type::Text) },
]);

/// A query and an answer with everything.
pub(super) static READ: Operation = Operation {
    service: &EVENTS,
    name: "feed",
    method: "GET",
    path: "/api/v1/feed",
    request: Type::Object(&[
        Member { name: "q", ty: Type::Text },
        Member { name: "tags", ty: TEXTS },
        Member { name: "limit", ty: Type::Int },
        Member { name: "near", ty: Type::Double },
        Member { name: "from", ty: Type::Timestamp },
        Member { name: "isFree", ty: Type::Bool },
    ]),
    response: Type::Object(&[
        Member { name: "events", ty: Type::Required(&Type::List(&EVENT)) },
        Member { name: "total", ty: Type::Int },
    ]),
    errors: &[(404, "There is no such feed.")],
    timeout_seconds: 20,
    is_safe: true,
};

static ACT: Operation = Operation {
    service: &EVENTS,
    name: "act",
    method: "POST",
    path: "/api/{space}/feed/{id}/action",
    request: Type::Object(&[
        Member { name: "space", ty: Type::Text },
        Member { name: "id", ty: Type::Id },
        Member { name: "action", ty: Type::Text },
        Member { name: "note", ty: Type::Object(&[Member { name: "text", ty: Type::Text }]) },
    ]),
    response: Type::Object(&[Member { name: "ok", ty: Type::Bool }]),
    errors: &[],
    timeout_seconds: 20,
    is_safe: true,
};

/// One that costs.
pub(super) static DRAW: Operation = Operation {
    service: &EVENTS,
    name: "draw",
    method: "POST",
    path: "/draw",
    request: Type::Object(&[Member { name: "prompt", ty: Type::Text }]),
    response: Type::Object(&[]),
    errors: &[(402, "Too few credits for a picture.")],
    timeout_seconds: 180,
    is_safe: false,
};

fn act(id: &str) -> Value {
    Value::object([("space", text("a")), ("id", text(id)), ("action", text("save"))])
}

async fn ask(world: &World, operation: &'static Operation, with: Value) -> Result<Value, ToolError> {
    world.steps(json!({})).call(operation, with).await
}

#[tokio::test]
async fn a_query_has_scalars_and_repeats_what_is_in_lists() {
    let world = World::new();
    world.answer(200, r#"{"events":[]}"#);
    world.answer(200, r#"{"events":[]}"#);
    let with = Value::object([
        ("q", text("a&b=c #ä/\u{1}+ \r\nX: y")),
        ("tags", Value::list([text("x,y"), Value::Null, text("z")])),
        ("limit", Value::Int(-5)),
        ("near", Value::Double(2.0)),
        ("from", Value::Timestamp("2026-01-02T03:04:05.000Z".parse().unwrap())),
        ("isFree", Value::Bool(true)),
        ("unknown", text("never sent")),
    ]);
    ask(&world, &READ, with).await.unwrap();
    ask(&world, &READ, Value::Null).await.unwrap();
    let query = "q=a%26b%3Dc%20%23%C3%A4%2F%01%2B%20%0D%0AX%3A%20y&tags=x%2Cy&tags=z&limit=-5&near=2\
                 &from=2026-01-02T03%3A04%3A05.000Z&isFree=true";
    assert_eq!(world.asked(), [(format!("GET /api/v1/feed?{query}"), None), ("GET /api/v1/feed".to_owned(), None)]);
}

#[tokio::test]
async fn members_of_the_path_stand_in_it_alone_and_nothing_undescribed_is_sent() {
    let world = World::new();
    world.answer(200, "{}");
    let with = Value::object([
        ("space", text("a b?c#d%2e;é")),
        ("id", text("e-1")),
        ("action", text("save")),
        ("note", Value::object([("text", Value::Null), ("other", text("x"))])),
        ("token", text("x")),
    ]);
    ask(&world, &ACT, with).await.unwrap();
    let (target, body) = world.asked().remove(0);
    assert_eq!(target, "POST /api/a%20b%3Fc%23d%252e%3B%C3%A9/feed/e-1/action");
    assert_eq!(body.unwrap(), r#"{"action":"save","note":{}}"#);
}

#[tokio::test]
async fn no_text_leads_to_another_place() {
    let world = World::new();
    for hostile in ["", ".", "..", "...", "a/b", "../admin", "a\\b", "%\u{0}", "a\nb", "/", "//evil.example"] {
        let error = ask(&world, &ACT, act(hostile)).await.unwrap_err();
        assert_eq!(step_error(error), StepError::NotASegment { member: "id" }, "{hostile:?}");
    }
    let absent = Value::object([("space", text("a"))]);
    assert_eq!(step_error(ask(&world, &ACT, absent).await.unwrap_err()), StepError::NotASegment { member: "id" });
    let large = Value::object([("prompt", text(&"x".repeat(5 << 20)))]);
    assert!(matches!(step_error(ask(&world, &DRAW, large).await.unwrap_err()), StepError::TooLargeToSend { .. }));
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_answer_is_what_the_operation_describes() {
    let world = World::new();
    let event = json!({
        "id": "e-1", "at": "2026-01-02T03:04:05Z", "kind": null, "lat": 3, "tags": ["a", null, "b"], "secret": "x",
        "more": { "a": null, "b": [1, null] }, "names": { "x": null, "y": "z" },
    });
    world.answer(200, json!({ "events": [event, null], "total": null, "next": {} }).to_string());
    let read = ask(&world, &READ, Value::Null).await.unwrap();
    assert_eq!(
        json_of(&read),
        json!({ "events": [{
            "id": "e-1", "at": "2026-01-02T03:04:05.000Z", "lat": 3.0, "tags": ["a", "b"], "more": { "b": [1] },
            "names": { "y": "z" },
        }] })
    );
    // Where nothing must be there, nothing need be there.
    for body in ["", " \n", "{}"] {
        world.answer(204, body);
        assert_eq!(json_of(&ask(&world, &ACT, act("e")).await.unwrap()), json!({}));
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error_without_its_words() {
    let world = World::new();
    let deep = format!(r#"{{"events":[{{"id":"e","more":{}{}}}]}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let wrong = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"events":null}"#,
        r#"{"events":{}}"#,
        r#"{"events":[{}]}"#,
        r#"{"events":[{"id":null}]}"#,
        r#"{"events":[{"id":7}]}"#,
        r#"{"events":[{"id":"e","at":"soon"}]}"#,
        r#"{"events":[{"id":"e","kind":"secret"}]}"#,
        r#"{"events":[{"id":"e","lat":"3"}]}"#,
        r#"{"events":[{"id":"e","tags":[["a"]]}]}"#,
        r#"{"events":[{"id":"e","names":{"a":1}}]}"#,
        r#"{"events":[],"total":1.5}"#,
        r#"{"events":[]"#,
        r#"{"events":[]} trailing"#,
        "<html>secret</html>",
        "\u{1f}\u{8b}secret",
        &deep,
    ];
    for body in wrong {
        world.answer(200, body);
        let error = ask(&world, &READ, Value::Null).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "The service `mana_events` gave an answer that the gateway does not understand. Tell the user; calling again \
             will not help.",
            "{body:.100}"
        );
    }
}

#[tokio::test]
async fn every_failure_says_what_an_agent_can_do_and_nothing_of_the_services_words() {
    let world = World::new();
    let hopeless = "Tell the user; calling again will not help.";
    let refused = format!("The service `mana_events` refused the request (status 400). {hopeless}");
    let plan =
        format!("The service `mana_events` does not let this user do that: it may need another plan. {hopeless}");
    let odd = "The service `mana_events` failed. Call again in a moment.".to_owned();
    let cases: [(u16, String); 9] = [
        (400, refused),
        (401, "The service `mana_events` did not accept the access token. Get a new token and call again.".to_owned()),
        (
            402,
            "The user has too few credits for this. Tell the user; calling again will not help before they have more."
                .to_owned(),
        ),
        (403, plan),
        (404, "There is no such feed.".to_owned()),
        (413, "The request is larger than the service `mana_events` takes. Send less at once.".to_owned()),
        (429, "The service `mana_events` takes no more requests just now. Call again in a minute.".to_owned()),
        (302, odd.clone()),
        (500, odd),
    ];
    for (status, text) in cases {
        world.answer(status, r#"{"error":"secret words"}"#);
        let error = ask(&world, &READ, Value::Null).await.unwrap_err();
        assert_eq!(error.to_string(), text, "{status}");
        assert_eq!(error.is_of_the_token(), status == 401);
    }
    for (asked, shown) in [(0, 1), (1500, 2), (7_200_000, 60)] {
        let retry_after = Some(Duration::from_millis(asked));
        world.will(Ok(ServiceAnswer { status: 429, retry_after, body: Vec::new() }));
        let text = ask(&world, &READ, Value::Null).await.unwrap_err().to_string();
        assert!(text.ends_with(&format!("Wait {shown} s before you call again.")), "{text}");
    }
    world.answer(402, "");
    assert_eq!(ask(&world, &DRAW, Value::Null).await.unwrap_err().to_string(), "Too few credits for a picture.");
    world.will(Err(ServiceFailure::NotConfigured));
    let text = ask(&world, &READ, Value::Null).await.unwrap_err().to_string();
    assert!(text.contains("MANA_EVENTS_URL is not set"), "{text}");
}

#[tokio::test]
async fn what_may_have_been_done_is_not_to_be_repeated_blindly() {
    let world = World::new();
    let open = "It may have been done nevertheless: look before you call again.";
    for (kind, is_open) in [
        (FailureKind::TimedOut, true),
        (FailureKind::Closed, true),
        (FailureKind::AnswerTooLarge, true),
        (FailureKind::Malformed, true),
        (FailureKind::Failed { status: 500 }, true),
        (FailureKind::Unreachable, false),
        (FailureKind::Suspended, false),
        (FailureKind::Busy, false),
        (FailureKind::Overloaded, false),
    ] {
        for operation in [&DRAW, &READ] {
            world.will(Err(ServiceFailure::Other(kind)));
            let text = ask(&world, operation, Value::Null).await.unwrap_err().to_string();
            assert_eq!(text.ends_with(open), is_open && !operation.is_safe, "{kind:?}: {text}");
        }
    }
}

/// A call that writes and then tells the service.
async fn written(world: &World, then: &[&str]) -> ToolOutput {
    let context = world.context("user.write", json!({}));
    let mut steps = Steps::new(&context);
    steps.insert(&BLOCKS, &[], vec![("order", Given::Value(Value::Int(1)))]).await.unwrap();
    for id in then {
        assert_eq!(steps.call(&ACT, act(id)).await.unwrap(), Value::Null);
    }
    assert_eq!(world.asked().len(), 0, "not before everything is stored");
    let output = steps.finish(Value::object([("ok", Value::Bool(true))]), &ANY).await.unwrap();
    context.add_notes(output).unwrap()
}

#[tokio::test]
async fn what_can_be_repeated_follows_the_writes_and_its_failure_is_a_note() {
    let world = World::new();
    world.answer(200, "{}");
    world.will(Err(ServiceFailure::Other(FailureKind::TimedOut)));
    world.answer(401, "");
    world.answer(200, "{}");
    let made = output(&written(&world, &["a", "b", "c", "d"]).await);
    assert_eq!((world.pushes(), world.asked().len()), (1, 4));
    let after = |what: &str| {
        format!("Everything is stored, but one thing was not done after it: {what} Do not repeat the call.")
    };
    let notices = [
        after("The service `mana_events` did not answer in time."),
        after("The service `mana_events` did not accept the access token."),
    ];
    assert_eq!(made, json!({ "ok": true, "notices": notices }));
}

#[tokio::test]
async fn nothing_follows_writes_that_failed() {
    let world = World::new();
    let mut steps = world.steps(json!({}));
    steps.insert(&BLOCKS, &[], vec![("order", Given::Value(Value::Int(1)))]).await.unwrap();
    let made = steps.call_each(&ACT, vec![act("a"), act("b")]).await.unwrap();
    assert_eq!(made, Value::list([Value::Null, Value::Null]));
    world.refuse(0);
    steps.finish(Value::Null, &ANY).await.unwrap_err();
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn several_calls_stop_at_the_first_failure() {
    let world = World::new();
    for _ in 0..5 {
        world.answer(200, r#"{"events":[]}"#);
    }
    let answers = world.steps(json!({})).call_each(&READ, vec![Value::Null; 5]).await.unwrap();
    assert_eq!(answers.items().len(), 5);
    world.answer(200, "{}");
    world.answer(402, "");
    let error = world.steps(json!({})).call_each(&DRAW, vec![Value::Null; 5]).await.unwrap_err();
    assert_eq!(error.to_string(), "Too few credits for a picture.");
    // One after the other: none is under way that nobody waits for.
    assert_eq!(world.asked().len(), 7);
}
