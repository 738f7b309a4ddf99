//! A space is complete only once the sync service must know of the membership.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mana_mcp_runtime::{data::TableRows as _, space::Space};
use serde_json::json;

use super::{FnLog, HABITS, at_home};
use crate::{Caller, Log, Replicas};

fn in_space(space: &str, spaces: &[&str]) -> Caller {
    let space_of =
        |id: &&str| Arc::new(Space { id: (*id).to_owned(), name: String::new(), slug: None, kind: None, role: None });
    Caller { space: space.to_owned(), spaces: spaces.iter().map(space_of).collect(), ..at_home() }
}

#[tokio::test]
async fn a_joined_space_is_read_anew_until_all_of_it_must_have_come() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let log: Arc<dyn Log> = Arc::new(FnLog(move |since: &str| {
        noted.lock().unwrap().push(since.starts_with("1970"));
        json!({ "serverChanges": [], "syncedUntil": "2026-01-01T00:00:10.000Z" })
    }));
    let (replicas, start) = (Replicas::new(1 << 20), Instant::now());
    // Whether the log is read from its start, and whether the space counts as complete then.
    let read = async |caller: &Caller, seconds: u64| {
        let now = start + Duration::from_secs(seconds);
        let replica = replicas.refresh(&log, HABITS, caller, now).await.unwrap();
        (asked.lock().unwrap().pop().unwrap(), replica.is_complete_in(&caller.space))
    };
    let (home, team) = (in_space("p", &["p", "team"]), in_space("team", &["p", "team"]));
    assert_eq!(read(&home, 0).await, (true, true));
    assert_eq!(read(&team, 1).await, (false, false));
    assert_eq!(read(&team, 29).await, (false, false));
    assert_eq!(read(&team, 30).await, (true, false));
    assert_eq!(read(&team, 299).await, (true, false));
    // Rows of the personal space are always the user's own.
    assert_eq!(read(&home, 320).await, (false, true));
    // Five minutes after the space was first seen, a read from the start brings all of it; that is within six.
    assert_eq!(read(&team, 329).await, (true, true));
    assert_eq!(read(&team, 700).await, (false, true));
    assert_eq!(read(&team, 930).await, (true, true));
    // Who leaves and comes back joins anew.
    assert_eq!(read(&in_space("p", &["p"]), 940).await, (false, true));
    assert_eq!(read(&team, 950).await, (true, false));
    assert_eq!(read(&team, 1251).await, (true, true));
}
