//! The fold by itself.

use proptest::prelude::*;
use serde_json::{Value, json};

use mana_mcp_runtime::log::{Change, Operation, Stamped};

use super::Fold;
use crate::testing::{delete, in_space, insert, update};

const ID: &str = "r1";

fn fold(changes: impl IntoIterator<Item = Change>) -> Fold {
    let mut fold = Fold::new(["id", "title"]);
    changes.into_iter().for_each(|change| fold.apply(&(&change).into()));
    fold
}

/// A field of the live record, or `None` where it is not live.
fn live(fold: &Fold, field: &str) -> Option<Value> {
    fold.get(ID).map(|record| record.get(field).map(|value| value.to_value()).unwrap_or_default())
}

fn space(fold: &Fold) -> Option<String> {
    fold.get(ID).unwrap().space().map(str::to_owned)
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
    let mut fold = fold([update(ID, "t1", json!({ "color": "red" }))]);
    assert_eq!(live(&fold, "color"), None);
    fold.apply(&(&insert(ID, json!({ "title": "late", "color": "old", "updatedAt": "t0" }))).into());
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
fn a_record_is_where_its_insert_says() {
    let born = |at: &str| insert(ID, json!({ "title": "one", "updatedAt": at }));
    assert_eq!(space(&fold([born("t1")])), None);
    assert_eq!(space(&fold([in_space(born("t1"), "s1")])), Some("s1".to_owned()));
    let by_data = insert(ID, json!({ "title": "one", "spaceId": "s2" }));
    assert_eq!(space(&fold([by_data])), Some("s2".to_owned()));
    let moved = [in_space(born("t2"), "s2"), in_space(born("t1"), "s1"), born("t3")];
    for moved in [moved.to_vec(), moved.iter().rev().cloned().collect()] {
        assert_eq!(space(&fold(moved)), Some("s2".to_owned()));
    }
    let updated = in_space(update(ID, "t9", json!({ "title": "two" })), "s9");
    assert_eq!(space(&fold([updated.clone()])), Some("s9".to_owned()), "nothing else is known");
    assert_eq!(space(&fold([updated.clone(), born("t1")])), None);
    assert_eq!(space(&fold([born("t1"), updated])), None);
}

#[test]
fn a_record_of_many_fields_is_where_its_insert_says() {
    let mut data = json!({ "title": "one", "": "nameless", "spaceId": "s1" });
    for number in 0..100 {
        data[format!("field{number}")] = json!(number);
        let one = fold([insert(ID, data.clone())]);
        assert_eq!((space(&one), live(&one, "")), (Some("s1".to_owned()), Some(Value::Null)), "{number}");
    }
}

#[test]
fn fields_that_nobody_here_knows_stay() {
    let fold = fold([
        insert(ID, json!({ "title": "one", "visibility": "team", "id": "another", "updatedAt": "t1" })),
        update(ID, "t2", json!({ "title": "two" })),
    ]);
    assert_eq!(live(&fold, "visibility"), Some(json!("team")));
    assert_eq!(fold.get(ID).unwrap().id(), ID);
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
