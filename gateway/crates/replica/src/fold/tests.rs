//! The fold by itself.

use proptest::prelude::*;
use serde_json::{Value, json};

use mana_mcp_runtime::{
    log::{Change, Operation, Stamped},
    rows::Folder,
    space::Homes,
};

use super::Fold;
use crate::{
    testing::{delete, in_space, insert, update},
    tests::NOTES,
};

const ID: &str = "r1";
const ARRIVAL: &str = "2026-01-01T00:00:00.000Z";

fn fold(changes: impl IntoIterator<Item = Change>) -> Fold {
    let mut fold = Fold::new(Homes::new("ada", "p"), usize::MAX);
    let mut folder = Folder::new(NOTES);
    changes.into_iter().for_each(|change| fold.apply(&mut folder, &(&change).into(), ARRIVAL, None));
    fold
}

/// A field of the record in the personal space, or `None` where none is live and whole.
fn live(fold: &Fold, field: &str) -> Option<Value> {
    let record = fold.find(ID, |record| record.is_live() && record.is_whole() && record.home().is_none());
    record.map(|record| record.get(field).map(|value| value.to_value()).unwrap_or_default())
}

/// The homes of all records that are live and whole.
fn homes(fold: &Fold) -> Vec<Option<&str>> {
    let mut homes: Vec<_> =
        fold.records().filter(|row| row.is_live() && row.is_whole()).map(|row| row.home()).collect();
    homes.sort_unstable();
    homes
}

#[test]
fn field_by_field_the_later_time_wins() {
    let changes = [
        insert(ID, json!({ "title": "one", "color": "red", "createdAt": "t1", "updatedAt": "t3" })),
        update(ID, "t2", json!({ "title": "too early" })),
        update(ID, "t4", json!({ "color": "blue" })),
        update(ID, "", json!({ "color": "timeless" })),
    ];
    for changes in [changes.to_vec(), changes.iter().rev().cloned().collect()] {
        let fold = fold(changes);
        assert_eq!(live(&fold, "title"), Some(json!("one")));
        assert_eq!(live(&fold, "color"), Some(json!("blue")));
    }
}

#[test]
fn of_two_equal_times_the_later_row_wins() {
    let fold = fold([
        insert(ID, json!({ "title": "one", "updatedAt": "t" })),
        update(ID, "t", json!({ "title": "two" })),
        update(ID, "t", json!({ "title": "three" })),
    ]);
    assert_eq!(live(&fold, "title"), Some(json!("three")));
}

#[test]
fn an_insert_without_a_time_loses_to_any() {
    let changes = [insert(ID, json!({ "title": "timeless" })), update(ID, "0", json!({ "title": "timed" }))];
    for changes in [changes.to_vec(), changes.iter().rev().cloned().collect()] {
        assert_eq!(live(&fold(changes), "title"), Some(json!("timed")));
    }
    let by_creation = fold([
        insert(ID, json!({ "title": "one", "createdAt": "t2", "updatedAt": "" })),
        update(ID, "t1", json!({ "title": "early" })),
    ]);
    assert_eq!(live(&by_creation, "title"), Some(json!("one")));
}

#[test]
fn an_update_of_an_unknown_record_makes_it_once_it_is_whole() {
    let update = update(ID, "t1", json!({ "color": "red" }));
    assert_eq!(live(&fold([update.clone()]), "color"), None);
    let fold = fold([update, insert(ID, json!({ "title": "late", "color": "old", "updatedAt": "t0" }))]);
    assert_eq!(live(&fold, "color"), Some(json!("red")));
    assert_eq!(live(&fold, "title"), Some(json!("late")));
}

#[test]
fn deletes_with_and_without_a_time() {
    let born = insert(ID, json!({ "title": "one", "updatedAt": "t1" }));
    for gone in [
        vec![born.clone(), delete(ID, Some("t2"))],
        vec![delete(ID, Some("t2")), born.clone()],
        vec![born.clone(), update(ID, "t2", json!({ "deletedAt": "t2" }))],
        vec![delete(ID, None), born.clone(), update(ID, "t9", json!({ "title": "back", "deletedAt": null }))],
        vec![born.clone(), delete(ID, None)],
        vec![delete(ID, Some("t3")), born.clone(), update(ID, "t2", json!({ "deletedAt": null }))],
    ] {
        assert_eq!(live(&fold(gone), "title"), None);
    }
    let back = [delete(ID, Some("t2")), born, update(ID, "t3", json!({ "deletedAt": null }))];
    assert_eq!(live(&fold(back), "title"), Some(json!("one")));
}

#[test]
fn a_change_that_names_another_space_is_about_another_record() {
    let born = |space: &str| in_space(insert(ID, json!({ "title": "one", "updatedAt": "t1" })), space);
    let (own, sentinel, shared) = (born("p"), born("_personal:ada"), born("s"));
    assert_eq!(homes(&fold([own.clone(), sentinel.clone(), insert(ID, json!({ "title": "one" }))])), [None]);
    assert_eq!(homes(&fold([shared.clone(), own.clone()])), [None, Some("s")]);
    assert_eq!(homes(&fold([born("_personal:bob")])), [Some("_personal:bob")]);
    for change in [update(ID, "t9", json!({ "title": "taken" })), delete(ID, Some("t9")), delete(ID, None)] {
        let foreign = in_space(change.clone(), "s");
        for changes in [[own.clone(), foreign.clone()], [foreign, own.clone()]] {
            assert_eq!(live(&fold(changes), "title"), Some(json!("one")));
        }
        // However the personal space is named, it is the same one.
        for change in [change.clone(), in_space(change.clone(), "p"), in_space(change, "_personal:ada")] {
            assert_ne!(live(&fold([sentinel.clone(), change]), "title"), Some(json!("one")));
        }
    }
}

#[test]
fn fields_that_the_catalog_does_not_name_are_not_kept() {
    let mut data = json!({ "title": "one", "": "nameless", "id": "another", "updatedAt": "t1", "authorId": "a" });
    for number in 0..10_000 {
        data[format!("field{number}")] = json!(number);
    }
    let one = fold([insert(ID, data), update(ID, "t2", json!({ "title": "two", "foreign": 1 }))]);
    let few = fold([insert(ID, json!({ "title": "one", "updatedAt": "t1", "authorId": "a" }))]);
    assert!(one.bytes() < few.bytes() + 100, "{} {}", one.bytes(), few.bytes());
    assert_eq!((live(&one, "field0"), live(&one, "authorId")), (Some(Value::Null), Some(json!("a"))));
    assert_eq!(one.records().next().unwrap().id(), ID);
}

#[test]
fn times_that_are_not_stored_follow_from_the_log() {
    let timeless = insert(ID, json!({ "title": "one" }));
    let (created, updated) = (|fold: &Fold| live(fold, "createdAt"), |fold: &Fold| live(fold, "updatedAt"));
    let one = fold([timeless.clone()]);
    assert_eq!((created(&one), updated(&one)), (Some(json!(ARRIVAL)), Some(json!(ARRIVAL))));
    // Also the time of a field that is not kept.
    let one = fold([timeless, update(ID, "2026-05-01", json!({ "foreign": 1 }))]);
    assert_eq!((created(&one), updated(&one)), (Some(json!(ARRIVAL)), Some(json!("2026-05-01"))));
    let one = fold([insert(ID, json!({ "title": "one", "createdAt": "t1", "updatedAt": "t2" }))]);
    assert_eq!((created(&one), updated(&one)), (Some(json!("t1")), Some(json!("t2"))));
    let one = fold([insert(ID, json!({ "title": "one", "updatedAt": "t2" })), delete("another", Some("t9"))]);
    assert_eq!((created(&one), updated(&one)), (Some(json!("t2")), Some(json!("t2"))));
}

#[test]
fn a_record_that_is_read_anew_keeps_the_time_of_its_arrival() {
    let timeless = insert(ID, json!({ "title": "one" }));
    let known = fold([timeless.clone()]);
    let mut anew = Fold::new(Homes::new("ada", "p"), usize::MAX);
    anew.apply(&mut Folder::new(NOTES), &(&timeless).into(), "2026-09-09T00:00:00.000Z", Some(&known));
    assert_eq!(live(&anew, "createdAt"), Some(json!(ARRIVAL)));
}

#[test]
fn a_shared_space_that_is_too_large_is_closed_and_hides_no_other_one() {
    let text = "x".repeat(1000);
    let note =
        |id: usize, space: &str| in_space(insert(&id.to_string(), json!({ "title": text, "updatedAt": "t1" })), space);
    let mut fold = Fold::new(Homes::new("ada", "p"), 20_000);
    let mut folder = Folder::new(NOTES);
    for id in 0..60 {
        for space in ["p", "large", "small"].into_iter().filter(|space| *space != "small" || id < 5) {
            fold.apply(&mut folder, &(&note(id, space)).into(), "", None);
        }
    }
    let in_home = |home: Option<&str>| fold.records().filter(|row| row.home() == home).count();
    assert_eq!((in_home(None), in_home(Some("large")), in_home(Some("small"))), (60, 0, 5));
    assert!(fold.is_closed("large") && !fold.is_closed("small"));
    assert!(fold.find("3", |row| row.home() == Some("small")).is_some());
    assert_eq!(fold.bytes(), fold.records().map(super::bytes).sum::<usize>());
}

/// A change whose values follow from its times: two writers never stamp one field with one time and different values.
fn change() -> impl Strategy<Value = Change> {
    let id = prop::sample::select(vec!["r1", "r2", "r3"]);
    let at = prop::sample::select(vec!["", "t1", "t2", "t2.5", "t3"]);
    let names = prop::sample::subsequence(vec!["title", "color", "deletedAt", "order"], 0..4);
    let space = prop::sample::select(vec![None, Some("s")]);
    (id, at, names, space, 0..10_u8).prop_map(|(id, at, names, space, kind)| {
        let value = |name: &str| match name {
            "deletedAt" if at == "t2.5" => Value::Null,
            "deletedAt" => json!(at),
            _ => json!(format!("{name} at {at}")),
        };
        let operation = match kind {
            0..=3 => {
                let mut data: serde_json::Map<_, _> =
                    names.iter().map(|name| ((*name).to_owned(), value(name))).collect();
                data.insert("updatedAt".to_owned(), json!(at));
                Operation::Insert { data }
            }
            4..=7 => {
                let field = |name: &&str| ((*name).to_owned(), Stamped { value: value(name), at: at.to_owned() });
                Operation::Update { fields: names.iter().map(field).collect() }
            }
            8 => Operation::Delete { deleted_at: Some("t2".to_owned()) },
            _ => Operation::Delete { deleted_at: None },
        };
        Change {
            event_id: String::new(),
            table: "notes".to_owned(),
            id: id.to_owned(),
            operation,
            space_id: space.map(str::to_owned),
            actor: None,
            origin: None,
        }
    })
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_matters(
        changes in prop::collection::vec(change(), 0..24),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        seed in any::<u64>(),
    ) {
        let expected = fold(changes.clone());
        let mut shuffled = changes.clone();
        if !changes.is_empty() {
            shuffled.extend(picks.iter().map(|pick| pick.get(&changes).clone()));
        }
        let mut random = seed | 1;
        for index in (1..shuffled.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(index, usize::try_from(random >> 33).unwrap() % (index + 1));
        }
        prop_assert_eq!(fold(shuffled), expected);
    }

    #[test]
    fn the_estimate_of_memory_follows_the_state(changes in prop::collection::vec(change(), 0..24)) {
        let once = fold(changes.clone());
        let twice = fold(changes.iter().chain(&changes).cloned());
        prop_assert_eq!(once.bytes(), twice.bytes());
        prop_assert!(changes.is_empty() || once.bytes() > 0);
    }
}
