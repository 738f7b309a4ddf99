//! Listings that are kept.

use std::{cell::Cell, sync::Arc};

use futures::future::join_all;
use serde_json::{Value, json};

use super::{ADA, EPOCH, FieldCipher, Habit, MasterKey, World, insert, note};
use mana_mcp_runtime::{decode::Uuid, encode::JsonOut, log::Change, rows::Record, table::{DataError, Filter, Query, Table}};
use crate::{backend::Push, data::listing::{Asked, LastListing}};

/// Lists the titles, and tells whether they were written anew.
async fn listed<R: Record>(table: &Table<R>, query: Query) -> (Vec<String>, bool) {
    let is_new = Cell::new(false);
    let listing = table.listing(
        query,
        JsonOut::default(),
        |rows, unreadable| {
            is_new.set(true);
            assert_eq!(unreadable, []);
            let rows: Vec<Value> = serde_json::from_slice(&rows.finish().text).unwrap();
            Ok::<_, DataError>(rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
        },
        Vec::len,
    );
    (listing.await.unwrap(), is_new.get())
}

async fn habits(table: &Table<Habit>, query: Query) -> (Vec<String>, bool) {
    listed(table, query).await
}

fn by_title() -> Query {
    Query::new().sort_by("title")
}

fn are(titles: &[&str], is_new: bool) -> (Vec<String>, bool) {
    (titles.iter().map(|title| (*title).to_owned()).collect(), is_new)
}

#[tokio::test]
async fn a_plain_listing_is_kept_until_a_row_changes() {
    let world = World::new();
    let table: Table<Habit> = world.table(ADA, None).await;
    let walk = Habit { id: Uuid::new_v4(), title: "Walk".to_owned() };
    table.insert(walk.clone()).await.unwrap();
    assert_eq!(habits(&table, by_title()).await, are(&["Walk"], true));
    // The log answers with the same row once more, which changes nothing.
    assert_eq!(habits(&table, by_title()).await, are(&["Walk"], false));
    // Another table of the same caller has the same replica.
    let again: Table<Habit> = world.table(ADA, None).await;
    assert_eq!(habits(&again, by_title()).await, are(&["Walk"], false));

    // One's own write, and one that was taken from the log.
    table.insert(Habit { id: Uuid::new_v4(), title: "Swim".to_owned() }).await.unwrap();
    assert_eq!(habits(&table, by_title()).await, are(&["Swim", "Walk"], true));
    let title = json!({ "title": "Dance", "updatedAt": "2026-01-01T00:00:00.000Z" });
    let dance = Change { table: "habits".to_owned(), ..insert(&Uuid::new_v4().to_string(), title) };
    let push = Push { client_id: "web".to_owned(), since: EPOCH.to_owned(), changes: vec![dance] };
    world.sync.push(&world.token(ADA), "habits", &push).await.unwrap();
    assert_eq!(habits(&table, by_title()).await, are(&["Dance", "Swim", "Walk"], true));
    table.hard_delete(&walk.id).await.unwrap();
    assert_eq!(habits(&table, by_title()).await, are(&["Dance", "Swim"], true));
    assert_eq!(habits(&table, by_title()).await, are(&["Dance", "Swim"], false));
}

#[tokio::test]
async fn another_question_and_another_space_have_other_answers() {
    let world = World::new();
    let table: Table<Habit> = world.table(ADA, None).await;
    for title in ["Walk", "Swim"] {
        table.insert(Habit { id: Uuid::new_v4(), title: title.to_owned() }).await.unwrap();
    }
    assert_eq!(habits(&table, by_title()).await, are(&["Swim", "Walk"], true));
    assert_eq!(habits(&table, by_title().limit(1)).await, are(&["Swim"], true));
    let walk = || by_title().filter(Filter::equals("title", "Walk"));
    assert_eq!(habits(&table, walk()).await, are(&["Walk"], true));
    assert_eq!(habits(&table, walk()).await, are(&["Walk"], false));
    assert_eq!(habits(&table, Query::new().sort_by_descending("title")).await, are(&["Walk", "Swim"], true));
    let elsewhere: Table<Habit> = world.table(ADA, Some("another-space")).await;
    assert_eq!(habits(&elsewhere, Query::new().sort_by_descending("title")).await, are(&[], true));
}

#[tokio::test]
async fn nothing_is_kept_of_what_was_decrypted() {
    let world = World::new();
    let table = world.notes(ADA).await;
    table.insert(note("secret", 1)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(listed(&table, Query::new()).await, are(&["secret"], true));
    }
    let held = world.services.replica_stats().bytes;
    assert_eq!(listed(&table, Query::new()).await, are(&["secret"], true));
    assert_eq!(world.services.replica_stats().bytes, held);
}

#[tokio::test]
async fn calls_of_one_moment_share_what_is_made_once() {
    let world = World::new();
    let table = world.notes(ADA).await;
    let titles: Vec<String> = (0..200).map(|number| format!("{number:03}")).collect();
    for title in &titles {
        table.insert(note(title, 1)).await.unwrap();
    }
    for _ in 0..2 {
        let mut listings = join_all((0..8).map(|_| listed(&table, Query::new()))).await;
        listings.iter_mut().for_each(|(listing, _)| listing.sort());
        assert!(listings.iter().all(|(listing, _)| *listing == titles));
        // The first one may have pulled before the others came.
        assert!((1..=2).contains(&listings.iter().filter(|(_, is_new)| *is_new).count()));
    }
}

#[test]
fn a_listing_is_of_its_question_its_version_and_its_cipher_and_lives_as_long_as_it_is_held() {
    let cipher = |byte| Some(Arc::new(FieldCipher::new(&MasterKey::new([byte; 32]))));
    let (one, other) = (cipher(1), cipher(2));
    let begun = |word: &'static str| {
        let mut begin = JsonOut::default();
        begin.value(word).unwrap();
        begin
    };
    let question = |limit| Asked { space: "s".to_owned(), query: Query::new().limit(limit), begin: begun("habits") };
    let otherwise = Asked { begin: begun("items"), ..question(1) };
    let last = LastListing::default();
    let made = last.of::<u8>(question(1), 1, one.as_ref());
    let is_it = |found: Arc<_>| Arc::ptr_eq(&found, &made);
    assert!(is_it(last.of(question(1), 1, one.as_ref())));
    // Of another type, there is none.
    assert!(last.of::<u16>(question(1), 1, one.as_ref()).made().get().is_none());
    let differing = [
        (question(2), 1, &one),
        (otherwise, 1, &one),
        (question(1), 2, &one),
        (question(1), 1, &other),
        (question(1), 1, &None),
    ];
    for (asked, version, cipher) in differing {
        let made = last.of::<u8>(question(1), 1, one.as_ref());
        made.made().set(7).unwrap();
        assert!(last.of::<u8>(asked, version, cipher.as_ref()).made().get().is_none());
    }

    let made = last.of::<u8>(question(1), 1, one.as_ref());
    made.made().set(7).unwrap();
    drop(made);
    let again = last.of::<u8>(question(1), 1, one.as_ref());
    assert!(again.made().get().is_none());
    again.made().set(8).unwrap();
    last.keep(&again, 100);
    drop(again);
    assert_eq!((last.of::<u8>(question(1), 1, one.as_ref()).made().get(), last.bytes()), (Some(&8), 100));
}
