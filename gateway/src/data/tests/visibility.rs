//! Private rows, and rows that are deleted softly.

use serde_json::{Value, json};

use super::{ADA, BOB, Habit, HabitPatch, Note, NotePatch, World, in_space, insert, update, web_note};
use mana_mcp_runtime::{
    data::DataError,
    decode::Id,
    log::Operation,
    space::SpaceType,
    table::{Query, Restored},
};

/// A team of Ada and Bob, in which each of them has a private note and a shared one, all plain.
async fn team_with_private_notes(world: &World) -> (String, [Id; 4]) {
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    let ids = ["ada-private", "ada-shared", "bob-private", "bob-shared"];
    for (index, id) in ids.into_iter().enumerate() {
        let (author, visibility) = id.split_once('-').unwrap();
        let email = if author == "ada" { ADA } else { BOB };
        let mut data = web_note(id, 10 * index as i64);
        data["authorId"] = json!(world.user(email).await);
        data["visibility"] = json!(if visibility == "private" { "private" } else { "space" });
        world.push(email, vec![in_space(insert(id, data), &team)]).await;
    }
    (team, ids.map(|id| id.parse().unwrap()))
}

#[tokio::test]
async fn private_rows_exist_for_their_author_alone() {
    let world = World::new();
    let (team, [ada_private, ada_shared, bob_private, bob_shared]) = team_with_private_notes(&world).await;
    let cases = [
        (ADA, [&ada_private, &ada_shared, &bob_shared], &bob_private, 31),
        (BOB, [&ada_shared, &bob_private, &bob_shared], &ada_private, 31),
    ];
    for (email, seen, hidden, next) in cases {
        let notes = world.table::<Note>(email, Some(&team)).await;
        for query in [Query::new(), Query::new().search(&["title"], "a")] {
            let found = notes.list(query).await.unwrap();
            let ids: Vec<_> = found.rows.iter().map(|row| row.id.to_string()).collect();
            let seen = seen.iter().map(|id| id.to_string()).filter(|id| id.contains('a'));
            assert_eq!((ids, found.unreadable.len()), (seen.collect(), 0), "{email}");
        }
        assert_eq!(notes.count().await.unwrap(), 3, "{email}");
        let not_found = DataError::NotFound { noun: "note", id: hidden.to_string() };
        let archived = NotePatch { is_archived: Some(true), ..NotePatch::default() };
        assert_eq!(notes.update(hidden, archived).await, Err(not_found.clone()));
        assert_eq!(notes.soft_delete(hidden).await, Err(not_found.clone()));
        assert_eq!(notes.hard_delete(hidden).await, Err(not_found.clone()));
        assert_eq!(notes.restore(hidden).await, Err(not_found));
        let mut batch = notes.context().batch();
        batch.claim_places(&[<Note as mana_mcp_runtime::rows::Record>::TABLE]).await.unwrap();
        assert_eq!(batch.next_place::<Note>().await.unwrap() as i64, next, "{email}");
    }
}

#[tokio::test]
async fn the_place_of_a_new_row_does_not_tell_of_private_ones() {
    let world = World::new();
    let (team, _) = team_with_private_notes(&world).await;
    let mut data = web_note("high", 1000);
    data["authorId"] = json!(world.user(BOB).await);
    data["visibility"] = json!("private");
    world.push(BOB, vec![in_space(insert("bob-high", data), &team)]).await;
    for (email, next) in [(ADA, 31), (BOB, 1001)] {
        let mut batch = world.table::<Note>(email, Some(&team)).await.context().batch();
        batch.claim_places(&[<Note as mana_mcp_runtime::rows::Record>::TABLE]).await.unwrap();
        assert_eq!(batch.next_place::<Note>().await.unwrap() as i64, next, "{email}");
    }
}

#[tokio::test]
async fn a_private_row_without_an_author_is_nobodys_and_an_unknown_word_is_not_private() {
    let world = World::new();
    let with = |id: &str, visibility: Value| {
        let mut data = web_note(id, 1);
        data["visibility"] = visibility;
        insert(id, data)
    };
    let own = {
        let mut data = web_note("own", 1);
        (data["visibility"], data["authorId"]) = (json!("private"), json!(world.user(ADA).await));
        insert("own", data)
    };
    let changes = vec![with("orphan", json!("private")), with("odd", json!("friends")), with("seven", json!(7)), own];
    world.push(ADA, changes).await;
    let found = world.notes(ADA).await.list(Query::new()).await.unwrap();
    let ids: Vec<_> = found.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["odd", "own", "seven"]);
}

#[tokio::test]
async fn what_hangs_on_a_row_is_deleted_and_restored_with_it() {
    let world = World::new();
    let rows = ["parent", "child-1", "child-2", "other"].map(|id| {
        let mut data = json!({ "title": id, "updatedAt": "2026-01-01T00:00:00.000Z" });
        data["parent"] = if id.starts_with("child") { json!("parent") } else { json!(null) };
        let mut change = insert(id, data);
        change.table = "habits".to_owned();
        change
    });
    world.push_to(ADA, "habits", rows.to_vec()).await;
    let habits = world.table::<Habit>(ADA, None).await;
    let [parent, other]: [Id; 2] = ["parent", "child-2"].map(|id| id.parse().unwrap());
    // One child was deleted before by itself, and stays so.
    habits.soft_delete(&other).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;

    let mut batch = habits.context().batch();
    let deleted = batch.soft_delete::<Habit>(&parent).await.unwrap();
    assert_eq!(batch.soft_delete_where::<Habit>("parent", std::slice::from_ref(&parent)).await.unwrap(), ["child-1"]);
    batch.commit().await.unwrap();
    assert_eq!(habits.count().await.unwrap(), 1);
    let log = world.log(ADA, "habits").await;
    for change in &log[5..] {
        assert_eq!(change.operation, Operation::Delete { deleted_at: Some(deleted.clone()) });
    }

    let mut batch = habits.context().batch();
    let Restored::DeletedAt(at) = batch.restore::<Habit>(&parent).await.unwrap() else { panic!("it was live") };
    let restored = batch.restore_where::<Habit>("parent", std::slice::from_ref(&parent), &at).await.unwrap();
    assert_eq!((at, restored), (deleted, vec!["child-1".to_owned()]));
    batch.commit().await.unwrap();
    assert_eq!(habits.count().await.unwrap(), 3);
    assert_eq!(habits.restore(&parent).await, Ok(Restored::Live));
    // The web application sees it again: the mark is null, with a later time.
    let log = world.log(ADA, "habits").await;
    let Operation::Update { fields } = &log[7].operation else { panic!("{:?}", log[7]) };
    assert!(fields["deletedAt"].value.is_null() && fields["deletedAt"].at.as_str() > "2026");
}

#[tokio::test]
async fn a_row_that_is_gone_for_good_cannot_be_restored() {
    let world = World::new();
    let habits = world.table::<Habit>(ADA, None).await;
    let habit = habits.insert(super::habit("gone")).await.unwrap();
    habits.hard_delete(&habit.id).await.unwrap();
    assert!(matches!(habits.restore(&habit.id).await, Err(DataError::NotFound { .. })));
}

#[tokio::test]
async fn more_than_a_call_takes_along_is_an_error_and_nothing_is_stored() {
    let world = World::new();
    let rows = |from: usize, to: usize| -> Vec<_> {
        let child = |number: usize| {
            let data = json!({ "title": "x", "parent": "parent", "updatedAt": "2026-01-01T00:00:00.000Z" });
            let mut change = insert(&format!("child-{number}"), data);
            change.table = "habits".to_owned();
            change
        };
        (from..to).map(child).collect()
    };
    for from in (0..5001).step_by(1000) {
        world.push_to(ADA, "habits", rows(from, (from + 1000).min(5001))).await;
    }
    let habits = world.table::<Habit>(ADA, None).await;
    let mut batch = habits.context().batch();
    let parent: Id = "parent".parse().unwrap();
    let error = batch.soft_delete_where::<Habit>("parent", &[parent]).await.unwrap_err();
    assert_eq!(error, DataError::TooManyRows { noun: "habit", limit: 5000 });
}

#[tokio::test]
async fn a_row_of_another_space_changes_nothing_here() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    let notes = world.notes(ADA).await;
    let own = notes.insert(super::note("mine", 1)).await.unwrap();
    // Bob knows the id, and pushes into a space that both are members of.
    let id = own.id.to_string();
    let later = "2999-01-01T00:00:00.000Z";
    let changes = vec![
        in_space(update(&id, later, json!({ "title": "taken" })), &team),
        in_space(super::delete(&id, None), &team),
        in_space(insert(&id, web_note("taken", 1)), &team),
    ];
    world.push(BOB, changes).await;
    let found = notes.list(Query::new()).await.unwrap();
    assert_eq!(super::titles(&found.rows), ["mine"]);
    notes.update(&own.id, NotePatch { order: Some(2), ..NotePatch::default() }).await.unwrap();
    assert_eq!(notes.list(Query::new()).await.unwrap().rows[0].order, 2);
}

#[tokio::test]
async fn what_touches_no_sealed_field_needs_no_key() {
    let world = World::new();
    let notes = world.notes(ADA).await;
    let note = notes.insert(super::note("sealed", 1)).await.unwrap();
    // From now on the vault opens on the user's own devices only.
    let identity = super::zero_knowledge_identity();
    let services = std::sync::Arc::new(crate::data::DataServices::new(world.sync.clone(), identity, 1 << 20));
    let notes = notes.over(&services);
    notes.update(&note.id, NotePatch { is_archived: Some(true), ..NotePatch::default() }).await.unwrap();
    assert_eq!(notes.count().await, Ok(1));
    let title = NotePatch { title: Some("new".to_owned()), ..NotePatch::default() };
    assert_eq!(notes.update(&note.id, title).await, Err(DataError::ZeroKnowledgeUser));
    assert_eq!(notes.list(Query::new()).await.unwrap_err(), DataError::ZeroKnowledgeUser);
    notes.soft_delete(&note.id).await.unwrap();
    assert!(matches!(notes.restore(&note.id).await, Ok(Restored::DeletedAt(_))));
    let habits = world.table::<Habit>(ADA, None).await.over(&services);
    let habit = habits.insert(super::habit("plain")).await.unwrap();
    habits
        .update(&habit.id, HabitPatch { title: Some("still plain".to_owned()), ..HabitPatch::default() })
        .await
        .unwrap();
}
