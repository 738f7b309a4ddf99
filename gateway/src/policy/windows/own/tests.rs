//! The windows of one gateway.

use std::time::Duration;

use super::*;
use crate::{auth::Principal, call::testing::CATALOG, policy::testing::counted};

const LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

fn windows(most: usize) -> (OwnWindows, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new(&CATALOG).unwrap());
    (OwnWindows::with_most(most, &metrics), metrics)
}

fn user(name: &str) -> UserId {
    Principal::for_tests(name).user().clone()
}

fn tool() -> ToolId {
    CATALOG.tools()[0]
}

/// A call under a limit of one.
fn call(windows: &OwnWindows, user: &UserId, now: Instant) -> Rate {
    windows.with(user, tool(), now, |calls| calls.admit(1, NonZeroU32::MIN, now))
}

#[test]
fn the_window_slides() {
    let start = Instant::now();
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    let mut calls = Calls::default();
    let mut admit = |id, now| {
        calls.forget(now);
        calls.admit(id, LIMIT, now)
    };
    assert_eq!(admit(1, at(0)), Rate::Admitted);
    assert_eq!(admit(2, at(10)), Rate::Admitted);
    assert_eq!(admit(3, at(20)), Rate::Admitted);
    assert_eq!(admit(4, at(21)), Rate::Exceeded { retry_after: Duration::from_secs(39) });
    // A refused call is not noted: one place is free as soon as the first call leaves.
    let last = at(60) - Duration::from_millis(1);
    assert_eq!(admit(5, last), Rate::Exceeded { retry_after: Duration::from_millis(1) });
    assert_eq!(admit(6, at(60)), Rate::Admitted);
    assert_eq!(admit(7, at(60)), Rate::Exceeded { retry_after: Duration::from_secs(10) });
}

#[test]
fn windows_are_bounded_and_what_goes_is_counted() {
    let (windows, metrics) = windows(2);
    let now = Instant::now();
    let callers = ["a", "b", "c", "d", "e"].map(user);
    for caller in &callers {
        assert_eq!(call(&windows, caller, now), Rate::Admitted);
    }
    let evicted = || counted(&metrics.render(), &["mana_mcp_evictions_total", "rate-window"]);
    assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (2, 3));
    // The latest are kept.
    assert!(matches!(call(&windows, &callers[4], now), Rate::Exceeded { .. }));
    // Those that are over go first, and are not counted.
    call(&windows, &user("f"), now + WINDOW);
    assert_eq!((windows.kept.lock().unwrap().len(), evicted()), (1, 3));
}

#[test]
fn for_want_of_room_the_least_recently_used_window_goes() {
    let (windows, _) = windows(3);
    let now = Instant::now();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(user);
    let noted = |user: &UserId| {
        windows.with(user, tool(), now, |calls| {
            calls.admit(1, LIMIT, now);
            calls.0.len()
        })
    };
    assert_eq!([noted(&a), noted(&b), noted(&c), noted(&a)], [1, 1, 1, 2]);
    assert_eq!(noted(&d), 1);
    assert_eq!([noted(&a), noted(&c)], [3, 2]);
    assert_eq!(noted(&b), 1, "that one was forgotten");
}

#[test]
fn calls_of_one_token_at_once_never_exceed_the_limit_while_windows_come_and_go() {
    let (windows, _) = windows(100);
    let (caller, now) = (user("a"), Instant::now());
    let passing: Vec<_> = (0..20).map(|number: usize| user(&number.to_string())).collect();
    let admitted: usize = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    // Windows of others end at once, for they have no calls.
                    let look = |passing| windows.with(passing, tool(), now, |_| ());
                    let admit = |passing| {
                        look(passing);
                        windows.with(&caller, tool(), now, |calls| calls.admit(1, LIMIT, now))
                    };
                    passing.iter().map(admit).filter(|rate| *rate == Rate::Admitted).count()
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    assert_eq!(admitted, 3);
}

#[test]
fn gateways_share_no_windows() {
    let (one, other) = (windows(10).0, windows(10).0);
    let (user, now) = (user("a"), Instant::now());
    for windows in [&one, &other] {
        assert_eq!(call(windows, &user, now), Rate::Admitted);
        assert!(matches!(call(windows, &user, now), Rate::Exceeded { .. }));
    }
}

#[test]
fn a_clock_that_did_not_move_still_counts() {
    let (mut calls, now) = (Calls::default(), Instant::now());
    for id in 0..3 {
        assert_eq!(calls.admit(id, LIMIT, now), Rate::Admitted);
    }
    assert_eq!(calls.admit(4, LIMIT, now), Rate::Exceeded { retry_after: WINDOW });
    // Calls that wait for a lock may come with an earlier time than the one before them.
    let earlier = now.checked_sub(Duration::from_secs(1)).unwrap();
    calls.forget(earlier);
    assert_eq!(calls.admit(5, LIMIT, earlier), Rate::Exceeded { retry_after: WINDOW });
}

#[test]
fn what_redis_admitted_counts_here_too_and_is_told_to_the_next_connection() {
    let (mut calls, now) = (Calls::default(), Instant::now());
    calls.note_admitted(1, 1, LIMIT, now);
    calls.note_admitted(2, 1, LIMIT, now);
    assert_eq!(calls.admit(3, LIMIT, now), Rate::Admitted);
    assert!(matches!(calls.admit(4, LIMIT, now), Rate::Exceeded { .. }));
    let ids = |calls: &Calls, connection| calls.untold(connection, 10).iter().map(|call| call.id).collect::<Vec<_>>();
    assert_eq!(ids(&calls, 1), [3]);
    assert_eq!(ids(&calls, 2), [3, 2, 1]);
    let told = calls.untold(2, 2);
    calls.note_told(&told, 2);
    assert_eq!(ids(&calls, 2), [1]);
    calls.forget(now + WINDOW);
    assert!(calls.untold(2, 10).is_empty());
}

#[test]
fn no_more_than_the_limit_are_kept() {
    let (mut calls, now) = (Calls::default(), Instant::now());
    for id in 0..100 {
        calls.note_admitted(id, 1, LIMIT, now);
    }
    assert_eq!(calls.untold(0, 1000).len(), 3);
}
