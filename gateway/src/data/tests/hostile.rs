//! Services that fail, hang or answer nonsense, and rows that nobody should have written.

use serde_json::json;

use super::{ADA, Fault, World, insert, note, titles, web_note};
use mana_mcp_runtime::{
    data::DataError,
    decode::Id,
    failure::{FailureKind, Service},
    table::Query,
};

#[tokio::test]
async fn an_unanswered_write_is_sent_again_and_seen_once() {
    for lost in [
        Fault::AnswerAfter(500, "geheim"),
        Fault::AnswerAfter(200, "{\"syncedUntil\":"),
        Fault::Hang,
        Fault::Answer(503, ""),
    ] {
        let world = World::new();
        let table = world.notes(ADA).await;
        world.gate.fail([lost]);
        table.insert(note("einmal", 1)).await.unwrap();
        assert_eq!(world.gate.pushes(), 2);
        let found = table.list(Query::new()).await.unwrap();
        assert_eq!(titles(&found.rows), ["einmal"]);
        let log = world.log(ADA, "notes").await;
        assert!(log.iter().all(|row| row.operation == log[0].operation && row.id == log[0].id));
    }
}

#[tokio::test]
async fn a_write_that_is_never_confirmed_says_so() {
    let world = World::new();
    let table = world.notes(ADA).await;
    world.gate.fail([Fault::AnswerAfter(500, "geheim"), Fault::Answer(500, "geheim"), Fault::Answer(502, "geheim")]);
    let error = table.insert(note("vielleicht", 1)).await.unwrap_err();
    assert!(matches!(error, DataError::Unconfirmed(_)), "{error:?}");
    assert!(!error.to_string().contains("geheim"));
    assert_eq!(world.gate.pushes(), 3);
    assert_eq!(titles(&table.list(Query::new()).await.unwrap().rows), ["vielleicht"]);
}

#[tokio::test]
async fn a_refused_write_is_not_sent_again() {
    for (status, text, kind) in [
        (401, "geheim", FailureKind::Unauthorized),
        (402, r#"{"error":"sync_inactive","message":"geheim"}"#, FailureKind::SubscriptionInactive),
        (400, "invalid op", FailureKind::Rejected { status: 400 }),
        (413, "geheim", FailureKind::TooLarge),
        (429, "geheim", FailureKind::Overloaded),
    ] {
        let world = World::new();
        let table = world.notes(ADA).await;
        world.gate.fail([Fault::Answer(status, text)]);
        let error = table.insert(note("nie", 1)).await.unwrap_err();
        let DataError::Backend(told) = error else { panic!("{error:?}") };
        assert_eq!((told.service, told.kind), (Service::SYNC, kind));
        assert!(!told.to_string().contains("geheim"));
        assert_eq!(world.gate.pushes(), 1);
        assert_eq!(table.count().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn answers_that_are_cut_or_of_another_shape_are_told_by_kind() {
    let world = World::new();
    let table = world.notes(ADA).await;
    for (status, text, kind) in [
        (200, "", FailureKind::Malformed),
        (200, "{\"serverChanges\":[{\"ev", FailureKind::Malformed),
        (200, "[]", FailureKind::Malformed),
        (200, "{}", FailureKind::Malformed),
        (200, r#"{"serverChanges":{},"syncedUntil":"x"}"#, FailureKind::Malformed),
        (200, r#"{"serverChanges":[],"syncedUntil":7}"#, FailureKind::Malformed),
        (200, "<html>geheim</html>", FailureKind::Malformed),
        (301, "geheim", FailureKind::Failed { status: 301 }),
        (404, "geheim", FailureKind::Rejected { status: 404 }),
        (500, "geheim", FailureKind::Failed { status: 500 }),
    ] {
        world.gate.fail([Fault::Answer(status, text)]);
        let error = table.count().await.unwrap_err();
        assert!(matches!(error, DataError::Backend(told) if told.kind == kind), "{text}: {error:?}");
        assert!(!error.to_string().contains("geheim"));
    }
    world.gate.fail([Fault::Hang]);
    let error = table.count().await.unwrap_err();
    assert!(matches!(error, DataError::Backend(told) if told.kind == FailureKind::TimedOut));
    assert_eq!(table.count().await.unwrap(), 0);
}

#[tokio::test]
async fn rows_of_another_shape_do_not_hide_their_page() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let id = Id::new().to_string();
    let sound = json!({ "eventId": "e", "table": "notes", "id": id, "op": "insert", "data": web_note("heil", 1) });
    let rows = json!([
        7, null, [], {}, { "op": "insert" }, { "op": 7, "table": "notes", "id": "x" },
        { "op": "upsert", "table": "notes", "id": "x" },
        { "op": "insert", "table": "notes", "id": "x", "data": [1] },
        { "op": "insert", "table": "another", "id": id, "data": { "title": "fremd", "updatedAt": "9" } },
        { "op": "update", "table": "notes", "id": id, "fields": { "title": null, "order": 7, "isArchived": { "at": 5 } } },
        { "op": "delete", "table": "notes", "id": "", "deletedAt": 5 },
        { "op": "update", "table": "notes", "id": id, "fields": { "order": { "value": "DEEP", "at": "2998" } } },
        sound,
        { "op": "update", "table": "notes", "id": id, "fields": { "order": { "value": 2, "at": "2999" } } },
    ]);
    let answer = json!({ "serverChanges": rows, "conflicts": null, "syncedUntil": "not a time" }).to_string();
    let answer = answer.replace("\"DEEP\"", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    world.gate.fail([Fault::Answer(200, Box::leak(answer.into_boxed_str()))]);
    let found = table.list(Query::new()).await.unwrap();
    assert_eq!((titles(&found.rows), found.rows[0].order), (vec!["heil"], 2));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let endless = format!("{{\"serverChanges\":[],\"syncedUntil\":\"x\"{}}}", " ".repeat(9 << 20));
    world.gate.fail([Fault::Answer(200, Box::leak(endless.into_boxed_str()))]);
    let error = table.count().await.unwrap_err();
    assert!(matches!(error, DataError::Backend(told) if told.kind == FailureKind::Malformed), "{error:?}");
}

#[tokio::test]
async fn rows_with_thousands_of_fields_and_depth_are_only_rows() {
    let world = World::new();
    let mut data = web_note("groß", 1);
    for index in 0..20_000 {
        data[format!("field-{index}")] = json!(index);
    }
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    data["deep"] = deep;
    world.push(ADA, vec![insert(Id::new().as_str(), data)]).await;
    assert_eq!(titles(&world.notes(ADA).await.list(Query::new()).await.unwrap().rows), ["groß"]);
}
