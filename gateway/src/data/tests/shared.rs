//! Spaces with several members.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use axum::{Json, Router, routing::get};
use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use serde_json::json;

use super::{ADA, BOB, Fault, Habit, Note, NotePatch, World, habit, in_space, insert, note, titles, update, web_note};
use crate::{
    backend::{IdentityClient, Transport},
    data::DataServices,
};
use mana_mcp_runtime::{
    crypto::{FieldCipher, MasterKey},
    decode::Id,
    space::SpaceType,
    table::Query,
};

#[tokio::test]
async fn members_see_each_other_and_other_keys_are_told_of() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    let (ada, bob) = (world.table::<Habit>(ADA, Some(&team)).await, world.table::<Habit>(BOB, Some(&team)).await);
    ada.insert(habit("von Ada")).await.unwrap();
    assert_eq!(bob.count().await.unwrap(), 1);
    bob.insert(habit("von Bob")).await.unwrap();
    assert_eq!(ada.count().await.unwrap(), 2);

    let (ada, bob) = (world.table::<Note>(ADA, Some(&team)).await, world.table::<Note>(BOB, Some(&team)).await);
    let hers = ada.insert(note("Adas", 1)).await.unwrap();
    bob.insert(note("Bobs", 2)).await.unwrap();
    let found = bob.list(Query::new()).await.unwrap();
    assert_eq!(titles(&found.rows), ["Bobs"]);
    assert_eq!(found.unreadable.len(), 1);
    assert_eq!((found.unreadable[0].id.clone(), found.unreadable[0].field), (Some(hers.id.to_string()), "title"));
    // Bob may still change what is plain.
    bob.update(&hers.id, NotePatch { order: Some(5), ..NotePatch::default() }).await.unwrap();
    let row = ada.list(Query::new()).await.unwrap().rows.into_iter().find(|row| row.id == hers.id).unwrap();
    assert_eq!((row.title.as_str(), row.order), ("Adas", 5));
}

#[tokio::test]
async fn spaces_are_kept_apart_and_rows_without_one_are_personal() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    let personal = world.personal_space(ADA).await;
    let mut by_data = web_note("nur in data", 3);
    by_data["spaceId"] = json!(team);
    let id = || Id::new().to_string();
    let changes = vec![
        insert(&id(), web_note("ohne", 1)),
        in_space(insert(&id(), web_note("persönlich", 2)), &personal),
        insert(&id(), by_data),
        in_space(insert(&id(), web_note("geteilt", 4)), &team),
    ];
    world.push(ADA, changes).await;
    let query = || Query::new().sort_by("order");
    let found = world.notes(ADA).await.list(query()).await.unwrap();
    assert_eq!(titles(&found.rows), ["ohne", "persönlich"]);
    let found = world.table::<Note>(ADA, Some(&team)).await.list(query()).await.unwrap();
    assert_eq!(titles(&found.rows), ["nur in data", "geteilt"]);
}

#[tokio::test]
async fn who_joins_a_space_sees_what_was_there_before() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.table::<Habit>(ADA, Some(&team)).await.insert(habit("alt")).await.unwrap();
    // Bob's replica is warm when Bob joins, a moment after it was filled; the row lies before its cursor.
    assert_eq!(world.table::<Habit>(BOB, None).await.count().await.unwrap(), 0);
    world.standalone.add_member(&team, BOB, "member").unwrap();
    assert_eq!(world.table::<Habit>(BOB, Some(&team)).await.count().await.unwrap(), 1);
}

#[tokio::test]
async fn who_comes_back_to_a_space_sees_what_was_written_meanwhile() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    let shared = world.table::<Habit>(ADA, Some(&team)).await;
    shared.insert(habit("alt")).await.unwrap();
    let in_team = async || world.table::<Habit>(BOB, Some(&team)).await.count().await.unwrap();
    assert_eq!(in_team().await, 1);
    world.standalone.remove_member(&team, BOB).unwrap();
    shared.insert(habit("neu")).await.unwrap();
    // His other work goes on, which takes the cursor past what was written.
    let own = world.table::<Habit>(BOB, None).await;
    own.insert(habit("eigen")).await.unwrap();
    assert_eq!(own.count().await.unwrap(), 1);
    world.standalone.add_member(&team, BOB, "member").unwrap();
    assert_eq!(in_team().await, 2);
    assert!(world.gate.last_pull().contains("since=1970"));
    // Once more, with nothing pulled while Bob was away.
    world.standalone.remove_member(&team, BOB).unwrap();
    shared.insert(habit("neuer")).await.unwrap();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    assert_eq!(in_team().await, 3);
    assert!(!world.gate.last_pull().contains("since=1970"));
}

#[tokio::test]
async fn a_space_that_was_read_once_is_not_read_from_the_start_again() {
    let world = World::new();
    let mut spaces = Vec::new();
    for name in ["Team", "Crew"] {
        spaces.push(world.standalone.create_space(ADA, name, SpaceType::Team).unwrap());
        // The newest one first, which brings the rows of the others too.
        for (space, is_new) in spaces.iter().rev().chain(&spaces).zip([true, false, false, false]) {
            world.table::<Habit>(ADA, Some(space)).await.count().await.unwrap();
            assert_eq!(world.gate.last_pull().contains("since=1970"), is_new, "{name}");
        }
    }
}

#[tokio::test]
async fn a_read_that_was_interrupted_does_not_stand_for_a_space_that_was_joined_since() {
    let world = World::new();
    let team = world.standalone.create_space(ADA, "Team", SpaceType::Team).unwrap();
    world.table::<Habit>(ADA, Some(&team)).await.insert(habit("alt")).await.unwrap();
    let own = world.table::<Habit>(BOB, None).await;
    world.gate.fail([Fault::Answer(500, "")]);
    own.count().await.unwrap_err();
    world.standalone.add_member(&team, BOB, "member").unwrap();
    assert_eq!(world.table::<Habit>(BOB, Some(&team)).await.count().await.unwrap(), 1);
    assert!(world.gate.last_pull().contains("since=1970"));
}

#[tokio::test]
async fn racing_writers_keep_their_fields() {
    let world = World::new();
    let id = Id::new();
    world.push(ADA, vec![insert(id.as_str(), web_note("alt", 1))]).await;
    let table = world.notes(ADA).await;
    table.count().await.unwrap();
    // The web writes after the agent has read and before it writes.
    world.push(ADA, vec![update(id.as_str(), "2026-03-01T00:00:00.000Z", json!({ "color": "red" }))]).await;
    table.update(&id, NotePatch { order: Some(7), ..NotePatch::default() }).await.unwrap();
    let row = table.list(Query::new()).await.unwrap().rows.remove(0);
    assert_eq!((row.order, row.color), (7, Some(Some("red".to_owned()))));
}

#[tokio::test]
async fn a_rotated_key_is_noticed_by_what_it_does_not_open() {
    let world = World::new();
    let keys = Arc::new(AtomicU8::new(1));
    let served = Arc::clone(&keys);
    let key = async move || Json(json!({ "masterKey": STANDARD.encode([served.load(Ordering::SeqCst); 32]) }));
    let vault = Router::new().route("/api/v1/me/encryption-vault/key", get(key));
    let identity = IdentityClient::new(Transport::InProcess(vault));
    let services = Arc::new(DataServices::new(world.sync.clone(), identity, 1 << 20));
    let calls = world.notes(ADA).await.over(&services);
    let notes = async || calls.over(&services);
    notes().await.insert(note("alt", 1)).await.unwrap();
    assert_eq!(titles(&notes().await.list(Query::new()).await.unwrap().rows), ["alt"]);

    // Another client of the user's has rotated the key, and encrypted everything anew.
    keys.store(2, Ordering::SeqCst);
    let cipher = FieldCipher::new(&MasterKey::new([2; 32]));
    let mut data = web_note("", 1);
    for title in ["neu", "neuer"] {
        data["title"] = json!(cipher.seal(&json!(title)).unwrap());
        world.push(ADA, vec![insert(Id::new().as_str(), data.clone())]).await;
    }
    let table = notes().await;
    let found = table.list(Query::new().search(&["title"], "NEU")).await.unwrap();
    assert_eq!(found.rows.len(), 2, "{:?}", found.unreadable);
    // What is under the old key only is named, at this call and the next.
    assert_eq!(found.unreadable.len(), 1);
    assert_eq!(notes().await.list(Query::new()).await.unwrap().rows.len(), 2);
}
