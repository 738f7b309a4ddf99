//! Who makes room where replicas that are read at once have none.

use std::time::Instant;

use mana_mcp_runtime::{log::Row, table::DataError};

use super::{NOTES, at_home};
use crate::{
    Fold, PageEnd, ReplicaKey, Replicas,
    replica::{Next, Puller},
    testing::numbered,
};

fn bytes_of_a_thousand_rows() -> usize {
    let mut fold = Fold::new(NOTES.required());
    numbered(0, 1000).iter().for_each(|row| fold.apply(&row.into()));
    fold.bytes()
}

#[test]
fn of_tables_that_are_read_at_once_the_largest_one_makes_room() {
    let replicas = Replicas::new(bytes_of_a_thousand_rows() * 3 / 2);
    let filled = |user: &str, rows: i64| {
        let (key, mut puller) = (ReplicaKey::of(user, &NOTES), Puller::default());
        let replica = replicas.used(&key, NOTES);
        replica.begin(&mut puller, &at_home(), Instant::now());
        let page = |take: &mut dyn FnMut(&Row<'_>)| {
            numbered(0, rows).iter().for_each(|row| take(&row.into()));
            Ok::<_, ()>(PageEnd { synced_until: "2026-01-01T00:00:10.000Z".to_owned(), has_more: true })
        };
        let Ok(Next::Page { .. }) = replica.take_in(&mut puller, page) else { panic!("no more") };
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
