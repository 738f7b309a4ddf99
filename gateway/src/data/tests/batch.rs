//! A call's writes as one unit of work.

use std::{sync::Arc, time::Duration};

use mana_mcp_runtime::{
    data::{Added, DataError},
    decode::{Decode, Decoder, Rules, Timestamp, Uuid, Value},
    log::Operation,
    rows::Record,
    table::Query,
    tool::{PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolSpec},
};
use serde_json::json;

use super::{ADA, Calls, Fault, Habit, Note, NotePatch, World, habit, note, titles};

#[tokio::test]
async fn a_write_sees_what_its_batch_has_written_and_shows_both_states() {
    let world = World::new();
    let calls = world.notes(ADA).await;
    let row = note("first", 1);
    let context = calls.context();
    let mut batch = context.batch();
    batch.insert(&row).await.unwrap();
    let patch = NotePatch { order: Some(2), ..NotePatch::default() };
    batch.update::<Note>(&row.id, &patch).await.unwrap();
    assert_eq!(calls.count().await.unwrap(), 0, "nothing is stored before the commit");
    let writes: Vec<_> = batch.writes().collect();
    let order = |row: &mana_mcp_runtime::rows::StoredRow| row.get("order").unwrap().to_value();
    assert!(writes[0].before().is_none());
    assert_eq!((order(&writes[0].after()), order(writes[1].before().unwrap())), (json!(1), json!(1)));
    assert_eq!(order(&writes[1].after()), json!(2));
    assert_eq!((writes[1].table().table, &*writes[1].change().id), ("notes", row.id.as_str()));
    batch.commit().await.unwrap();
    let found = calls.list(Query::new()).await.unwrap().rows;
    assert_eq!((found[0].title.as_str(), found[0].order), ("first", 2));
    assert_eq!(world.gate.pushes(), 1);

    // What the batch has deleted is not there any more, for the batch.
    let mut batch = context.batch();
    batch.soft_delete::<Note>(&row.id).await.unwrap();
    assert!(matches!(batch.update::<Note>(&row.id, &patch).await, Err(DataError::NotFound { .. })));
    batch.commit().await.unwrap();
}

#[tokio::test]
async fn places_are_claimed_once_a_call_and_before_they_are_asked_for() {
    let world = World::new();
    let calls = world.notes(ADA).await;
    let context = calls.context();
    let mut batch = context.batch();
    let unclaimed = batch.next_place::<Note>().await.unwrap_err();
    assert_eq!(unclaimed, DataError::UnclaimedPlace { noun: "note" });
    // Named twice, claimed once.
    batch.claim_places(&[Note::TABLE, Habit::TABLE, Note::TABLE]).await.unwrap();
    assert_eq!(batch.next_place::<Note>().await.unwrap(), 0.0);
    batch.insert(&note("a", 0)).await.unwrap();
    assert_eq!((batch.next_place::<Note>().await.unwrap(), batch.next_place::<Habit>().await.unwrap()), (1.0, 0.0));
    // Another batch of the call would wait for this one.
    assert_eq!(context.batch().claim_places(&[Note::TABLE]).await, Err(DataError::ClaimedTwice));
    batch.commit().await.unwrap();
    // The next call has them.
    let next = calls.context();
    let mut batch = next.batch();
    batch.claim_places(&[Note::TABLE]).await.unwrap();
    assert_eq!(batch.next_place::<Note>().await.unwrap(), 1.0);
}

/// A batch with a row in each of two apps, the notes first.
async fn two_apps(calls: &Calls<Note>) -> mana_mcp_runtime::table::Batch {
    let mut batch = calls.context().batch();
    batch.insert(&note("a", 0)).await.unwrap();
    batch.insert(&habit("b")).await.unwrap();
    batch
}

#[tokio::test]
async fn a_commit_of_two_apps_goes_on_when_nobody_waits_for_it() {
    let world = World::new();
    let calls = world.notes(ADA).await;
    let batch = two_apps(&calls).await;
    // The second push hangs at first, and is sent again.
    world.gate.fail([Fault::None, Fault::Hang]);
    tokio::time::timeout(Duration::from_millis(100), batch.commit()).await.unwrap_err();
    let stored = async {
        while world.log(ADA, "habits").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored).await.unwrap();
    assert_eq!(titles(&calls.list(Query::new()).await.unwrap().rows), ["a"]);
}

#[tokio::test]
async fn what_became_of_a_part_is_said() {
    let refused = || Fault::Answer(400, "");
    let lost = || Fault::AnswerAfter(500, "");
    for (faults, added, rows) in [
        // The second push is refused; the first one's row is deleted.
        (vec![Fault::None, refused()], Added::Removed, 0),
        // So it is where the second one may be stored, and is.
        (vec![Fault::None, lost(), lost(), lost()], Added::Removed, 0),
        // The deletion fails too.
        (vec![Fault::None, refused(), refused()], Added::MayRemain, 1),
    ] {
        let world = World::new();
        let calls = world.notes(ADA).await;
        let batch = two_apps(&calls).await;
        world.gate.fail(faults);
        let error = batch.commit().await.unwrap_err();
        let DataError::StoredInPart { added: told, changed, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*told, *changed), (added, false));
        let habits: Calls<Habit> = world.table(ADA, None).await;
        assert_eq!((calls.count().await.unwrap(), habits.count().await.unwrap()), (rows, 0), "{error}");
        assert!(error.to_string().starts_with("Only a part of this call could be stored"), "{error}");
    }

    // Changes of rows that were there stay.
    let world = World::new();
    let calls = world.notes(ADA).await;
    let old = calls.insert(note("old", 1)).await.unwrap();
    let mut batch = calls.context().batch();
    batch.update::<Note>(&old.id, &NotePatch { order: Some(7), ..NotePatch::default() }).await.unwrap();
    batch.insert(&habit("b")).await.unwrap();
    world.gate.fail([Fault::None, Fault::Answer(400, "")]);
    let error = batch.commit().await.unwrap_err();
    assert!(matches!(error, DataError::StoredInPart { added: Added::None, changed: true, .. }), "{error:?}");
    assert!(error.to_string().ends_with("Changes that it made to other records are kept."), "{error}");
    assert_eq!(calls.list(Query::new()).await.unwrap().rows[0].order, 7);
}

#[tokio::test]
async fn every_row_of_a_call_has_its_id_and_its_time() {
    let world = World::new();
    let calls = world.notes(ADA).await;
    two_apps(&calls).await.commit().await.unwrap();
    let [notes, habits] = [world.log(ADA, "notes").await, world.log(ADA, "habits").await];
    let call_id = |rows: &[mana_mcp_runtime::log::Change]| rows[0].actor.as_ref().unwrap()["callId"].clone();
    assert_eq!(call_id(&notes), call_id(&habits));
    assert!(call_id(&notes).as_str().unwrap().parse::<Uuid>().is_ok());
    let created = |rows: &[mana_mcp_runtime::log::Change]| match &rows[0].operation {
        Operation::Insert { data } => data["createdAt"].as_str().unwrap().parse::<Timestamp>().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(created(&notes), created(&habits));
}

/// A tool that forgets to commit.
struct Forgetful;

struct Nothing;

impl Decode for Nothing {
    fn expected() -> String {
        "nothing".to_owned()
    }

    fn decode(_: &Value, _: &Rules, _: &mut Decoder) -> Option<Self> {
        Some(Self)
    }
}

impl Tool for Forgetful {
    type Input = Nothing;
    type Output = Value;

    async fn run(_: Nothing, context: ToolContext) -> Result<Value, ToolError> {
        context.batch().insert(&note("lost", 0)).await?;
        Ok(json!({}))
    }
}

#[tokio::test]
async fn a_handler_that_does_not_commit_fails() {
    const SPEC: ToolSpec = ToolSpec {
        name: "user.forgetful",
        title: "Forget",
        description: "Writes and does not commit.",
        scope: Scope::UserSpace,
        policy_hint: PolicyHint::Write,
        idempotent: false,
        deletes: false,
        aliases: &[],
        consent: None,
        calls: &[],
        hosts: mana_mcp_runtime::tool::HostHints::NONE,
        input_schema: "{}",
        output_schema: "{}",
    };
    let world = World::new();
    let context = Arc::new(world.notes(ADA).await).context();
    let prepared = ToolEntry::of::<Forgetful>(SPEC).prepare(&mut serde_json::Map::new()).unwrap();
    assert!(matches!(prepared.run(context).await, Err(ToolError::Uncommitted)));
    assert_eq!(world.gate.pushes(), 0);
}
