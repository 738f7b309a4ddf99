//! Who makes room where replicas that are read at once have none.

use mana_mcp_runtime::{data::DataError, rows::Folder};

use super::{NOTES, at_home};
use crate::{Fold, ReplicaKey, Replicas, testing::numbered};

fn filled(rows: i64) -> Fold {
    let (mut fold, mut folder) = (Fold::new(at_home().homes(), 0), Folder::new(NOTES));
    numbered(0, rows).iter().for_each(|row| fold.apply(&mut folder, &row.into(), "", None));
    fold
}

#[test]
fn of_tables_that_are_read_at_once_the_largest_one_makes_room() {
    let replicas = Replicas::new(filled(1000).bytes() * 3 / 2);
    let filled = |user: &str, rows: i64| {
        let key = ReplicaKey::of(user, &NOTES);
        let replica = replicas.used(&key, NOTES);
        drop(replica.serve(filled(rows)));
        let outcome = replicas.account(&key, &replica);
        (key, replica, outcome)
    };
    // One that nobody uses makes room first, however small it is.
    let (idle, replica, outcome) = filled("idle", 100);
    assert_eq!((outcome, replicas.holds(&idle)), (Ok(()), true));
    drop(replica);
    let (small, small_one, outcome) = filled("small", 1000);
    assert_eq!((outcome, replicas.holds(&idle)), (Ok(()), true));
    let (large, large_one, outcome) = filled("large", 1300);
    assert_eq!(outcome, Err(DataError::Crowded { noun: "note" }));
    assert_eq!((replicas.holds(&idle), replicas.holds(&small), replicas.holds(&large)), (false, true, false));
    assert_eq!(replicas.account(&large, &large_one), Err(DataError::Crowded { noun: "note" }));
    assert!(replicas.stats().bytes <= replicas.stats().budget);
    assert_eq!(replicas.account(&small, &small_one), Ok(()));
    let (other, _other_one, outcome) = filled("other", 900);
    assert_eq!((outcome, replicas.holds(&small), replicas.holds(&other)), (Ok(()), false, true));
    assert_eq!(replicas.account(&small, &small_one), Err(DataError::Crowded { noun: "note" }));
}
