//! What a user sees of reads and writes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    ADA, BOB, Habit, Note, NotePatch, World, delete, habit, in_space, insert, note, other_cipher, titles, update,
    web_note,
};
use crate::data::{DEFAULT_REPLICA_BYTES, DataServices};
use mana_mcp_runtime::{
    data::{DataError, SealError},
    decode::Id,
    log::{Operation, Origin},
    table::{Filter, Query},
};

fn all() -> Query {
    Query::new().sort_by("order")
}

#[tokio::test]
async fn what_is_inserted_is_seen_at_once_and_is_encrypted_in_the_log() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let mut row = note("Geheimes", 1);
    row.content = Some("Inhalt".to_owned());
    row.color = Some(None);
    let stored = table.insert(row.clone()).await.unwrap();
    assert_eq!(stored, row);
    let found = table.list(all()).await.unwrap();
    assert_eq!(found.rows[0].title, "Geheimes");
    assert_eq!(found.rows[0].content.as_deref(), Some("Inhalt"));
    assert_eq!(found.rows[0].color, Some(None));
    assert!(found.unreadable.is_empty());

    let log = world.log(ADA, "notes").await;
    let [change] = log.as_slice() else { panic!("{log:?}") };
    let personal = world.personal_space(ADA).await;
    assert_eq!(change.id, row.id.to_string());
    assert_eq!(change.space_id.as_deref(), Some(personal.as_str()));
    assert_eq!(change.origin, Some(Origin::Agent));
    let mut actor = change.actor.clone().unwrap();
    let call_id = actor.as_object_mut().unwrap().remove("callId").unwrap();
    call_id.as_str().unwrap().parse::<Id>().unwrap();
    assert_eq!(actor, json!({ "kind": "ai", "principalId": "agent-1", "displayName": "Claude" }));
    let Operation::Insert { data } = &change.operation else { panic!() };
    assert_eq!(data["id"], json!(row.id));
    assert_eq!(data["spaceId"], json!(personal));
    assert_eq!(data["isArchived"], json!(false));
    assert!(data["title"].as_str().unwrap().starts_with("enc:1:"));
    assert!(data["content"].as_str().unwrap().starts_with("enc:1:"));
    assert!(data["color"].is_null());
    assert!(data["createdAt"].is_string() && data["updatedAt"] == data["createdAt"]);
    assert_eq!(world.cipher(ADA).await.open(data["title"].as_str().unwrap()).unwrap().expose(), &json!("Geheimes"));
}

#[tokio::test]
async fn an_update_changes_its_fields_and_no_other() {
    let world = World::new();
    let id = Id::new();
    let mut data = web_note("alt", 1);
    data["visibility"] = json!("team");
    world.push(ADA, vec![insert(id.as_str(), data)]).await;
    let table = world.notes(ADA).await;
    table.update(&id, NotePatch { title: Some("neu".to_owned()), ..NotePatch::default() }).await.unwrap();
    let found = table.list(all()).await.unwrap();
    assert_eq!((found.rows[0].title.as_str(), found.rows[0].order), ("neu", 1));
    assert!(found.rows[0].updated_at.unwrap() > "2026-01-01T00:00:00Z".parse().unwrap());
    let log = world.log(ADA, "notes").await;
    let Operation::Update { fields } = &log[1].operation else { panic!() };
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["title", "updatedAt"]);
    assert_eq!(fields["title"].at, fields["updatedAt"].at);
    assert_eq!(log[1].space_id, Some(world.personal_space(ADA).await));
}

#[tokio::test]
async fn an_update_wins_over_a_writer_whose_clock_is_ahead() {
    let world = World::new();
    let id = Id::new();
    let future = "2999-01-01T00:00:00.000Z";
    let changes = vec![
        insert(id.as_str(), web_note("alt", 1)),
        update(id.as_str(), future, json!({ "title": "aus der Zukunft" })),
    ];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    table.update(&id, NotePatch { title: Some("jetzt".to_owned()), ..NotePatch::default() }).await.unwrap();
    assert_eq!(titles(&table.list(all()).await.unwrap().rows), ["jetzt"]);
    let log = world.log(ADA, "notes").await;
    let Operation::Update { fields } = &log[2].operation else { panic!() };
    assert_eq!(fields["title"].at, "2999-01-01T00:00:00.001Z");
}

#[tokio::test]
async fn only_a_live_row_of_the_space_can_be_updated() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", mana_mcp_runtime::space::SpaceType::Team).unwrap();
    let [deleted, gone, elsewhere, halfway] = [(); 4].map(|()| Id::new());
    let changes = vec![
        insert(deleted.as_str(), web_note("a", 1)),
        delete(deleted.as_str(), Some("2026-02-01T00:00:00.000Z")),
        insert(gone.as_str(), web_note("b", 1)),
        delete(gone.as_str(), None),
        in_space(insert(elsewhere.as_str(), web_note("c", 1)), &team),
        insert(halfway.as_str(), json!({ "title": "d", "updatedAt": "2026-01-01T00:00:00.000Z" })),
    ];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    let pushes = world.gate.pushes();
    for id in [deleted, gone, elsewhere, halfway, Id::new()] {
        let patch = NotePatch { order: Some(2), ..NotePatch::default() };
        let error = table.update(&id, patch).await.unwrap_err();
        assert_eq!(error, DataError::NotFound { noun: "note", id: id.to_string() });
        assert!(error.to_string().contains("no such note"));
    }
    assert_eq!(world.gate.pushes(), pushes, "nothing may be written");
    assert_eq!(table.count().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_deleted_softly_is_hidden_at_once_and_another_writer_can_bring_it_back() {
    let world = World::new();
    let id = Id::new();
    let future = "2999-01-01T00:00:00.000Z";
    let changes =
        vec![insert(id.as_str(), web_note("a", 1)), update(id.as_str(), future, json!({ "deletedAt": null }))];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    table.soft_delete(&id).await.unwrap();
    assert!(table.list(all()).await.unwrap().rows.is_empty());
    let log = world.log(ADA, "notes").await;
    let Operation::Delete { deleted_at: Some(at) } = &log[2].operation else { panic!("{log:?}") };
    assert_eq!(at, "2999-01-01T00:00:00.001Z", "later than the writer whose clock is ahead");
    assert_eq!((log[2].origin, log[2].space_id.clone()), (Some(Origin::Agent), Some(world.personal_space(ADA).await)));
    world.push(ADA, vec![update(id.as_str(), "2999-01-02T00:00:00.000Z", json!({ "deletedAt": null }))]).await;
    assert_eq!(titles(&table.list(all()).await.unwrap().rows), ["a"]);
}

#[tokio::test]
async fn what_is_deleted_hard_is_gone_for_good_whatever_comes_after_or_before() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let row = table.insert(note("a", 1)).await.unwrap();
    table.insert(note("b", 2)).await.unwrap();
    table.hard_delete(&row.id).await.unwrap();
    let pulls = world.gate.pulls();
    assert_eq!(titles(&table.list(all()).await.unwrap().rows), ["b"]);
    assert_eq!((world.gate.pulls(), table.count().await.unwrap()), (pulls + 1, 1));
    let log = world.log(ADA, "notes").await;
    assert_eq!(log[2].operation, Operation::Delete { deleted_at: None });
    assert_eq!((&log[2].id, log[2].origin), (&row.id.to_string(), Some(Origin::Agent)));
    assert_eq!(log[2].space_id, Some(world.personal_space(ADA).await));
    // Other writers who have not heard of it write on, with later times; the same id is even made again.
    let id = row.id.to_string();
    let later = "2999-01-01T00:00:00.000Z";
    let mut again = web_note("back", 1);
    again["updatedAt"] = json!(later);
    let changes = vec![update(&id, later, json!({ "title": "back", "deletedAt": null })), insert(&id, again)];
    world.push(ADA, changes).await;
    assert_eq!(titles(&table.list(all()).await.unwrap().rows), ["b"]);
    // A record may be met with its delete first.
    let early = Id::new().to_string();
    let backwards = vec![
        delete(&early, None),
        update(&early, later, json!({ "title": "early", "deletedAt": null })),
        insert(&early, web_note("early", 3)),
    ];
    world.push(ADA, backwards).await;
    assert_eq!(titles(&table.list(all()).await.unwrap().rows), ["b"]);
    // A gateway that starts afresh sees the same.
    let services = DataServices::new(world.sync.clone(), world.identity.clone(), DEFAULT_REPLICA_BYTES);
    let fresh = table.over(&Arc::new(services));
    assert_eq!(titles(&fresh.list(all()).await.unwrap().rows), ["b"]);
}

#[tokio::test]
async fn only_a_live_row_of_the_space_can_be_deleted() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", mana_mcp_runtime::space::SpaceType::Team).unwrap();
    let [deleted, gone, elsewhere] = [(); 3].map(|()| Id::new());
    let changes = vec![
        insert(deleted.as_str(), web_note("a", 1)),
        delete(deleted.as_str(), Some("2026-02-01T00:00:00.000Z")),
        insert(gone.as_str(), web_note("b", 1)),
        delete(gone.as_str(), None),
        in_space(insert(elsewhere.as_str(), web_note("c", 1)), &team),
    ];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    let pushes = world.gate.pushes();
    for id in [deleted, gone, elsewhere, Id::new()] {
        let expected = DataError::NotFound { noun: "note", id: id.to_string() };
        assert_eq!(table.hard_delete(&id).await.unwrap_err(), expected);
        assert_eq!(table.soft_delete(&id).await.unwrap_err(), expected);
    }
    assert_eq!(world.gate.pushes(), pushes, "nothing may be written");
}

#[tokio::test]
async fn update_unless_writes_nothing_where_the_row_matches() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let row = table.insert(note("a", 1)).await.unwrap();
    let archive = || NotePatch { is_archived: Some(true), ..NotePatch::default() };
    let unless = || Filter::equals("isArchived", true);
    table.update_unless(&row.id, unless(), archive()).await.unwrap();
    let pushes = world.gate.pushes();
    table.update_unless(&row.id, unless(), archive()).await.unwrap();
    assert_eq!(world.gate.pushes(), pushes);
    assert!(table.list(all()).await.unwrap().rows[0].is_archived);
}

#[tokio::test]
async fn filter_order_limit_and_search() {
    let world = World::new();
    let table = world.notes(ADA).await;
    for (title, content, order, is_archived) in [
        ("Äpfel kaufen", "", 3, false),
        ("Birnen", "mit ÄPFELN vergleichen", 1, false),
        ("Alt", "äpfel", 2, true),
        ("Brot", "", 1, false),
    ] {
        let row = Note { content: Some(content.to_owned()), is_archived, ..note(title, order) };
        table.insert(row).await.unwrap();
    }
    let open = || Query::new().filter(Filter::equals("isArchived", false));
    let list = async |query: Query| {
        let found = table.list(query).await.unwrap();
        titles(&found.rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list(open().sort_by_descending("order")).await[0], "Äpfel kaufen");
    assert_eq!(list(open().sort_by("order")).await.len(), 3);
    assert_eq!(list(Query::new().filter_unless(true, Filter::equals("isArchived", false))).await.len(), 4);
    assert_eq!(list(open().sort_by("order").search(&["title", "content"], "äpfel")).await, ["Birnen", "Äpfel kaufen"]);
    assert_eq!(list(open().sort_by("order").search(&["title"], "ÄPFEL")).await, ["Äpfel kaufen"]);
    assert_eq!(list(open().search(&["title"], "")).await.len(), 3);
    assert_eq!(list(open().sort_by("order").search(&["title", "content"], "äpfel").limit(1)).await, ["Birnen"]);
    assert!(list(open().limit(0)).await.is_empty());
    assert!(list(open().limit(-1)).await.is_empty());
    assert_eq!(list(open().sort_by("order").limit(2)).await, list(open().sort_by("order").limit(2)).await);
}

#[tokio::test]
async fn a_filter_takes_null_for_another_value_where_it_can_be_read() {
    let world = World::new();
    let with = |title: &str, field: &str, value: Value| {
        let mut data = web_note(title, 1);
        data[field] = value;
        insert(Id::new().as_str(), data)
    };
    let changes = vec![
        with("red", "color", json!("red")),
        with("none", "color", json!(null)),
        with("blue", "color", json!("blue")),
        with("a number", "color", json!(7)),
        with("null", "isArchived", json!(null)),
    ];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    let found = table.list(all().filter(Filter::equals("color", "red"))).await.unwrap();
    let mut found_titles = titles(&found.rows);
    found_titles.sort_unstable();
    assert_eq!(found_titles, ["a number", "red"], "what cannot be judged is shown, and reported");
    assert_eq!(found.unreadable.iter().map(|one| one.field).collect::<Vec<_>>(), ["color"]);
    let found = table.list(all().filter(Filter::equals("color", Value::Null))).await.unwrap();
    // Null is absent, and no other row has a colour that is null or another type's.
    assert_eq!(titles(&found.rows), ["none"]);
    // Where null cannot be read, the row is named.
    let found = table.list(all().filter(Filter::equals("isArchived", true))).await.unwrap();
    assert_eq!(found.unreadable.iter().map(|one| one.field).collect::<Vec<_>>(), ["isArchived"]);
}

#[tokio::test]
async fn rows_that_cannot_be_read_stand_beside_the_others() {
    let world = World::new();
    let good = world.cipher(ADA).await;
    let sealed = |title: &str| good.seal(&json!(title)).unwrap();
    let [fine, foreign, rubbish, newer, wrong_type, both, old] = [(); 7].map(|()| Id::new());
    let with = |title: String, order: i64| json!({ "title": title, "isArchived": false, "order": order, "updatedAt": "2026-01-01T00:00:00.000Z" });
    let mut is_text = with(sealed("x"), 5);
    is_text["isArchived"] = json!("vielleicht");
    let mut two_faults = with("enc:1:!.!".to_owned(), 6);
    two_faults["content"] = json!(other_cipher().seal(&json!("x")).unwrap());
    let changes = vec![
        insert(fine.as_str(), with(sealed("lesbar"), 1)),
        insert(foreign.as_str(), with(other_cipher().seal(&json!("fremd")).unwrap(), 2)),
        insert(rubbish.as_str(), with("enc:1:####.####".to_owned(), 3)),
        insert(newer.as_str(), with("enc:2:AAAA.AAAA".to_owned(), 4)),
        insert(wrong_type.as_str(), is_text),
        insert(both.as_str(), two_faults),
        insert(old.as_str(), with("aus der Zeit davor".to_owned(), 7)),
    ];
    world.push(ADA, changes).await;
    let table = world.notes(ADA).await;
    let query = || all().filter(Filter::equals("isArchived", false));
    let found = table.list(query()).await.unwrap();
    assert_eq!(titles(&found.rows), ["lesbar", "aus der Zeit davor"]);
    let unreadable: Vec<_> = found.unreadable.iter().map(|one| (one.id.as_deref().unwrap(), one.field)).collect();
    let ids = [foreign, rubbish, newer, wrong_type, both].map(|id| id.to_string());
    let expected = [
        (ids[0].as_str(), "title"),
        (&ids[1], "title"),
        (&ids[2], "title"),
        (&ids[3], "isArchived"),
        (&ids[4], "title"),
        (&ids[4], "content"),
    ];
    assert_eq!(unreadable, expected);
    assert_eq!(table.count().await.unwrap(), 7);
    // A search cannot tell whether it would find them.
    let found = table.list(query().search(&["title"], "lesbar")).await.unwrap();
    assert_eq!(titles(&found.rows), ["lesbar"]);
    assert_eq!(
        found.unreadable.iter().map(|one| one.id.as_ref().unwrap()).collect::<Vec<_>>(),
        [&ids[0], &ids[1], &ids[2], &ids[4]]
    );
    // A limit that is reached before them does not look at them.
    assert!(table.list(query().limit(1)).await.unwrap().unreadable.is_empty());
}

#[tokio::test]
async fn a_character_that_cannot_be_stored_is_refused_before_anything_is_sent() {
    let world = World::new();
    let habits = world.table::<Habit>(ADA, None).await;
    let error = habits.insert(habit("a\0b")).await.unwrap_err();
    assert_eq!(error, DataError::Seal(SealError::Nul { field: "title" }));
    assert_eq!(world.gate.pushes(), 0);
    // Encrypted, it is just another character.
    let notes = world.notes(ADA).await;
    notes.insert(note("a\0b", 1)).await.unwrap();
    assert_eq!(titles(&notes.list(all()).await.unwrap().rows), ["a\0b"]);
}

#[tokio::test]
async fn users_do_not_see_each_other() {
    let world = World::new();
    let (ada, bob) = (world.notes(ADA).await, world.notes(BOB).await);
    let row = ada.insert(note("Adas", 1)).await.unwrap();
    bob.insert(note("Bobs", 1)).await.unwrap();
    assert_eq!(titles(&ada.list(all()).await.unwrap().rows), ["Adas"]);
    assert_eq!(titles(&bob.list(all()).await.unwrap().rows), ["Bobs"]);
    let error = bob.update(&row.id, NotePatch { order: Some(9), ..NotePatch::default() }).await.unwrap_err();
    assert!(matches!(error, DataError::NotFound { .. }));
}

#[tokio::test]
async fn null_counts_as_absent_and_times_that_are_not_stored_follow_from_the_log() {
    let world = World::new();
    let id = Id::new();
    let mut data = web_note("a", 1);
    data["content"] = json!(null);
    data["updatedAt"] = json!(null);
    world.push(ADA, vec![insert(id.as_str(), data)]).await;
    let table = world.notes(ADA).await;
    let before = table.list(all()).await.unwrap().rows.remove(0);
    assert_eq!((before.id, before.content), (id.clone(), None));
    table.update(&id, NotePatch { order: Some(2), ..NotePatch::default() }).await.unwrap();
    let after = table.list(all()).await.unwrap().rows.remove(0);
    assert_eq!(after.order, 2);
    assert!(after.updated_at >= before.updated_at && before.updated_at.is_some());
}

#[tokio::test]
async fn a_time_is_what_the_call_says() {
    let world = World::new();
    let call = world.table::<Habit>(ADA, None).await.context();
    let mut batch = call.batch();
    batch.insert(&habit("a")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    batch.commit().await.unwrap();
    let log = world.log(ADA, "habits").await;
    let Operation::Insert { data } = &log[0].operation else { panic!() };
    assert_eq!(data["createdAt"], json!(call.now().to_string()));
}
