//! Gateways that come, go, and run in other modes than `log-only`.

use super::*;

fn enforced() -> Key {
    decision("allow", "clean", "enforce")
}

fn success() -> Key {
    called("todo.list", "success")
}

/// A counter that rises up to a moment.
fn before(end: i64, rise: f64) -> impl Fn(i64) -> f64 {
    move |seconds| if seconds <= end { rise } else { 0.0 }
}

/// One that rises after it.
fn after(start: i64, rise: f64) -> impl Fn(i64) -> f64 {
    move |seconds| if seconds > start { rise } else { 0.0 }
}

#[test]
fn an_hour_of_log_only_in_a_week_without_evaluations_says_wait() {
    let script =
        Script::new()
            .counter(&clean(), 7, None, before(3600, 750.0))
            .counter(&success(), 7, Some(3600), |seconds| if seconds <= 3600 { 750.0 } else { 300.0 });
    let report = script.judged(None);
    let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
    let [Missing::Time { covered, .. }, Missing::OtherModes { calls: 1500, unevaluated, enforced: 0 }] =
        missing.as_slice()
    else {
        panic!("{missing:?}")
    };
    assert!(*covered < Duration::from_secs(2 * 3600), "{covered:?}");
    assert!((99_000..=100_200).contains(unevaluated), "{unevaluated}");
    assert_eq!(report.unevaluated, *unevaluated);
}

#[test]
fn an_hour_of_log_only_in_a_week_of_enforcing_says_wait() {
    let script = Script::new()
        .counter(&clean(), 7, None, before(3600, 750.0))
        .counter(&enforced(), 7, None, after(3600, 300.0))
        .counter(&success(), 7, None, |seconds| if seconds <= 3600 { 750.0 } else { 300.0 });
    let report = script.judged(None);
    let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
    let [Missing::Time { .. }, Missing::OtherModes { calls: 1500, unevaluated: 0, enforced: 100_200 }] =
        missing.as_slice()
    else {
        panic!("{missing:?}")
    };
}

#[test]
fn a_gate_that_enforces_since_a_while_is_judged_by_its_soak_while_that_is_most_of_it() {
    let since = |start: i64| {
        let script = Script::new().counter(&clean(), 7, None, before(start, 100.0));
        let denied = decision("deny", "rate-limit-exceeded", "enforce");
        script.counter(&denied, 7, None, after(start, 100.0)).judged(None)
    };
    let report = since(7 * DAY - 6 * 3600);
    assert_eq!((report.verdict, report.would_be_denied), (Verdict::Enforce, 0));
    assert!(report.notes.iter().any(|note| note.contains("a gateway enforces now")), "{:?}", report.notes);
    let report = since(6 * DAY);
    let others = Missing::OtherModes { calls: 28_800, unevaluated: 0, enforced: 4800 };
    assert_eq!(report.verdict, Verdict::Wait(vec![others]), "a seventh of the calls");
    assert_eq!((report.evaluated, report.enforced), (28_800, 4800));
}

#[test]
fn nights_without_calls_are_covered_where_the_gate_was_in_log_only_before_and_after() {
    let is_day = |seconds: i64| (seconds / 3600) % 24 >= 8;
    let by_day = |seconds| if is_day(seconds) { 100.0 } else { 0.0 };
    let script = Script::new().counter(&clean(), 7, None, by_day).counter(&success(), 7, None, by_day);
    let report = script.judged(None);
    assert_eq!((report.verdict, report.covered), (Verdict::Enforce, Duration::from_secs(7 * 86_400)));

    // Off since the second day, with a few calls in an hour of each: the silence between them is no evidence.
    let rare = |seconds| if seconds > 2 * DAY && seconds % DAY < 1800 { 5.0 } else { 0.0 };
    let script = Script::new().counter(&clean(), 7, None, before(2 * DAY, 100.0));
    let script =
        script.counter(&success(), 7, None, |seconds| before(2 * DAY, 100.0)(seconds) + rare(seconds)).judged(None);
    let Verdict::Wait(missing) = &script.verdict else { panic!("{script:#?}") };
    let [Missing::Time { covered, .. }] = missing.as_slice() else { panic!("{missing:?}") };
    assert!(*covered < Duration::from_secs(3 * 86_400), "{covered:?}");
}

#[test]
fn calls_that_end_after_they_were_looked_at_are_evaluated_all_the_same() {
    // Each is evaluated in one sample, and counted as a call in the next.
    let evaluated = |seconds| if (seconds / Script::STEP) % 4 == 1 { 40.0 } else { 0.0 };
    let ended = |seconds| if (seconds / Script::STEP) % 4 == 2 { 40.0 } else { 0.0 };
    let script = Script::new().counter(&clean(), 7, None, evaluated).counter(&success(), 7, None, ended);
    let report = script.judged(None);
    assert_eq!((report.verdict, report.unevaluated), (Verdict::Enforce, 0));
    assert_eq!(report.covered, Duration::from_secs(7 * 86_400));
}

#[test]
fn what_a_process_counted_before_it_was_first_seen_is_of_the_window() {
    let mut script = Script::new().steady(&clean(), 100.0);
    let (began, seen) = (at(6 * DAY), at(6 * DAY + 7200));
    script.recording.started("b", seen, began).unwrap();
    script.recording.observe("b", &clean(), [(seen, 1000.0), (at(6 * DAY + 9000), 1000.0)]).unwrap();
    script.recording.observe("b", &limited(), [(seen, 900.0), (at(6 * DAY + 9000), 902.0)]).unwrap();
    let report = script.judged(None);
    assert_eq!((report.evaluated, report.charged), (336 * 100 + 1902, 902));
    assert!(matches!(report.verdict, Verdict::DoNot(_)), "{report:#?}");
    assert_eq!((report.instances, report.restarts), (2, 0), "it began once");

    // One that began before the window counted before it too.
    let mut script = Script::new().steady(&clean(), 100.0);
    script.recording.started("b", at(600), at(-DAY)).unwrap();
    script.recording.observe("b", &limited(), [(at(600), 900.0), (at(1200), 902.0)]).unwrap();
    assert_eq!(script.judged(None).charged, 2);
}

#[test]
fn a_gateway_that_ran_long_without_being_looked_at_says_wait() {
    for (began, unseen) in [(3 * DAY, 3 * DAY), (-DAY, 6 * DAY)] {
        let mut script = Script::new().steady(&clean(), 100.0);
        script.recording.started("b", at(6 * DAY), at(began)).unwrap();
        let samples = (0..48).map(|index| (at(6 * DAY + index * 1800), 1000.0));
        script.recording.observe("b", &clean(), samples).unwrap();
        let report = script.judged(None);
        let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
        let [Missing::Gateway { gateway, unseen: told, most }] = missing.as_slice() else { panic!("{missing:?}") };
        assert_eq!((gateway.as_str(), *most), ("b", Duration::from_secs(86_400)));
        assert!(told.as_secs().abs_diff(u64::try_from(unseen).unwrap()) < 600, "{told:?}");
        assert!(report.because[0].contains("the gateway b ran for"), "{:?}", report.because);
    }
}

#[test]
fn a_replica_that_is_off_all_the_time_says_wait() {
    let script = Script::new().steady(&clean(), 100.0).steady(&success(), 100.0);
    let script = script.another_instance("b").steady(&clean(), 0.0).steady(&success(), 2.0);
    let report = script.judged(None);
    let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
    assert!(matches!(missing.as_slice(), [Missing::Gateway { gateway, .. }] if gateway == "b"), "{missing:?}");
}

#[test]
fn a_process_that_has_overtaken_the_one_before_it_is_told_by_its_start() {
    let mut recording = Recording::new(week(), GAP);
    for (seconds, start) in [(600, -DAY), (1200, -DAY), (1800, 1500), (2400, 1500)] {
        recording.started("a", at(seconds), at(start)).unwrap();
    }
    recording.observe("a", &clean(), [(at(600), 10.0), (at(1200), 15.0), (at(1800), 20.0), (at(2400), 21.0)]).unwrap();
    let report = Report::of(&recording, None, Sources::Prometheus, &thresholds());
    assert_eq!((report.evaluated, report.restarts), (5 + 20 + 1, 1));
}

#[test]
fn a_clock_that_is_set_is_no_restart() {
    let mut recording = Recording::new(week(), GAP);
    // By a second while it is young, by an hour later, into the future, and back.
    let starts = [(70, 60), (130, 61), (6900, 61), (7200, 3600), (7800, 9000), (8400, 60)];
    for (seconds, start) in starts {
        recording.started("a", at(seconds), at(start)).unwrap();
    }
    let samples = [(70, 5.0), (130, 6.0), (6900, 6.0), (7200, 7.0), (7800, 8.0), (8400, 9.0)];
    recording.observe("a", &clean(), samples.map(|(seconds, count)| (at(seconds), count))).unwrap();
    let report = Report::of(&recording, None, Sources::Prometheus, &thresholds());
    assert_eq!((report.evaluated, report.restarts), (9, 0));
}

#[test]
fn a_clock_that_goes_ahead_is_no_restart() {
    for ahead in [30, 120] {
        let mut recording = Recording::new(week(), GAP);
        let samples = (1..40).map(|index| at(600 + index * 15));
        for time in samples.clone() {
            recording.started("a", time, at(600 + ahead)).unwrap();
        }
        recording.observe("a", &clean(), samples.zip(1..).map(|(time, count)| (time, f64::from(count)))).unwrap();
        let report = Report::of(&recording, None, Sources::Prometheus, &thresholds());
        // By more than a minute, and what it counted before it was first seen is not known to be of the window.
        let evaluated = if ahead == 30 { 39 } else { 38 };
        assert_eq!((report.evaluated, report.restarts), (evaluated, 0), "{ahead} s ahead");
    }
}

#[test]
fn gateways_have_a_bound() {
    let mut recording = Recording::new(week(), GAP);
    let refused = (0..2000).find_map(|index| recording.started(&index.to_string(), at(1), at(0)).err());
    assert_eq!(refused, Some(RecordingError::TooManyInstances));
}
