//! Scripted situations: counters and audit lines go in, a verdict comes out.

mod lives;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;

const DAY: i64 = 86_400;
const GAP: Duration = Duration::from_secs(3600);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn week() -> Window {
    Window::new(at(0), at(7 * DAY)).unwrap()
}

fn thresholds() -> Thresholds {
    let min_covered = Duration::from_secs(6 * 86_400);
    Thresholds { budget: "1%".parse().unwrap(), min_calls: 1000, min_covered, accepted: Vec::new() }
}

fn decision(decision: &str, reason: &str, mode: &str) -> Key {
    Key::Decision { decision: Word::new(decision), reason: Word::new(reason), mode: Word::new(mode) }
}

fn clean() -> Key {
    decision("allow", "clean", "log-only")
}

fn limited() -> Key {
    decision("deny", "rate-limit-exceeded", "log-only")
}

fn called(tool: &str, outcome: &str) -> Key {
    Key::Invocation { tool: Word::new(tool), outcome: Word::new(outcome) }
}

/// A gateway that is scraped every half hour, whose counters rise by what `per_sample` says.
struct Script {
    recording: Recording,
    instance: String,
}

impl Script {
    const STEP: i64 = 1800;

    fn new() -> Self {
        Self { recording: Recording::new(week(), GAP), instance: "a".to_owned() }
    }

    /// The counter `key` over `days`; `rise` tells by how much it rose at each sample, `restart` when it began anew.
    fn counter(mut self, key: &Key, days: i64, restart: Option<i64>, rise: impl Fn(i64) -> f64) -> Self {
        let mut count = 0.0;
        let mut has_restarted = false;
        let samples = (0..=days * DAY / Self::STEP).map(|index| {
            let seconds = index * Self::STEP;
            if !has_restarted && restart.is_some_and(|restart| restart <= seconds) {
                (count, has_restarted) = (0.0, true);
            }
            if index > 0 {
                count += rise(seconds);
            }
            (at(seconds), count)
        });
        let samples: Vec<_> = samples.collect();
        self.recording.observe(&self.instance, key, samples).unwrap();
        self
    }

    fn steady(self, key: &Key, rise: f64) -> Self {
        self.counter(key, 7, None, |_| rise)
    }

    fn another_instance(mut self, name: &str) -> Self {
        self.instance = name.to_owned();
        self
    }

    fn judged(&self, audit: Option<&AuditTrail>) -> Report {
        Report::of(&self.recording, audit, Sources::Prometheus, &thresholds())
    }
}

fn line(seconds: i64, user: &str, tool: &str, decision: &str, reason: &str) -> String {
    let time = at(seconds);
    format!(
        r#"{{"timestamp":"{time}","level":"INFO","message":"call","target":"mana_mcp::audit","request_id":null,"user":"{user}","tool":"{tool}","decision":"{decision}","reason":"{reason}","mode":"log-only","outcome":"success","more":[1]}}"#
    )
}

fn reason<'a>(report: &'a Report, reason: &str) -> &'a ReasonLine {
    report.reasons.iter().find(|line| line.reason.as_str() == reason).unwrap()
}

#[test]
fn a_clean_soak_says_enforce() {
    let script =
        Script::new().steady(&clean(), 100.0).steady(&limited(), 0.0).steady(&called("todo.list", "success"), 100.0);
    let report = script.judged(None);
    assert_eq!(report.verdict, Verdict::Enforce, "{report:#?}");
    assert!(report.because.is_empty());
    assert_eq!((report.evaluated, report.would_be_denied), (336 * 100, 0));
    assert_eq!(report.covered, Duration::from_secs(7 * 86_400));
    assert_eq!(report.tools[0].succeeded, 33_600);
    assert_eq!(report.tools[0].would_be_denied, None, "without the audit log it is not known, which is not zero");
}

#[test]
fn denials_within_the_budget_say_enforce() {
    let script = Script::new().steady(&clean(), 998.0).steady(&limited(), 2.0);
    let report = script.judged(None);
    assert_eq!(report.verdict, Verdict::Enforce, "{report:#?}");
    assert_eq!(report.rate.to_string(), "0.20 %");
    assert_eq!(reason(&report, "rate-limit-exceeded").trend, Trend::Steady);
}

#[test]
fn denials_over_the_budget_say_do_not() {
    let script = Script::new().steady(&clean(), 97.0).steady(&limited(), 3.0);
    let report = script.judged(None);
    let Verdict::DoNot(objections) = &report.verdict else { panic!("{report:#?}") };
    let budget = thresholds().budget;
    assert_eq!(objections, &[Objection::OverBudget { denied: 1008, calls: 33_600, budget }]);
    assert!(
        report.because[0].contains("1008 of 33600") && report.because[0].contains("3.00 %"),
        "{:?}",
        report.because
    );
}

#[test]
fn a_reason_whose_denials_are_wanted_is_not_charged() {
    let script = Script::new().steady(&clean(), 97.0).steady(&limited(), 3.0);
    let accepting = Thresholds { accepted: vec![Word::new("rate-limit-exceeded")], ..thresholds() };
    let report = Report::of(&script.recording, None, Sources::Prometheus, &accepting);
    assert_eq!(report.verdict, Verdict::Enforce);
    assert_eq!((report.would_be_denied, report.charged), (1008, 0));
    assert!(report.notes.iter().any(|note| note.contains("rate-limit-exceeded are wanted")), "{:?}", report.notes);
}

#[test]
fn too_little_time_says_wait_and_how_much_is_missing() {
    let script = Script::new().counter(&clean(), 2, None, |_| 100.0);
    let report = script.judged(None);
    let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
    let [Missing::Time { covered, wanted }] = missing.as_slice() else { panic!("{missing:?}") };
    assert!(covered.as_secs().abs_diff(2 * 86_400) < 600, "{covered:?}");
    assert_eq!(*wanted, Duration::from_secs(6 * 86_400));
}

#[test]
fn too_few_calls_say_wait_whatever_their_rate() {
    let script = Script::new().steady(&clean(), 1.0).steady(&limited(), 1.0);
    let report = script.judged(None);
    assert_eq!(report.verdict, Verdict::Wait(vec![Missing::Calls { calls: 672, wanted: 1000 }]), "{report:#?}");
}

#[test]
fn a_time_in_which_nobody_looked_is_not_covered() {
    let mut script = Script::new();
    let samples = [0, 1, 2, 5 * DAY, 5 * DAY + 1800].map(|seconds| (at(seconds), 5000.0 + seconds as f64));
    script.recording.observe("a", &clean(), samples).unwrap();
    assert!(script.recording.covered() < Duration::from_secs(3600), "{:?}", script.recording.covered());
    assert_eq!(script.judged(None).evaluated, 5 * 86_400 + 1800, "the calls were made all the same");
}

#[test]
fn a_restart_changes_neither_counts_nor_verdict() {
    for per_sample in [(100.0, 0.0), (97.0, 3.0)] {
        let with = |restart| {
            Script::new()
                .counter(&clean(), 7, restart, |_| per_sample.0)
                .counter(&limited(), 7, restart, |_| per_sample.1)
                .judged(None)
        };
        let (whole, restarted) = (with(None), with(Some(3 * DAY)));
        assert_eq!(whole.verdict, restarted.verdict);
        assert_eq!((whole.evaluated, whole.charged), (restarted.evaluated, restarted.charged));
        assert_eq!((whole.restarts, restarted.restarts), (0, 1));
        assert!(restarted.notes.iter().any(|note| note.contains("began anew once")), "{:?}", restarted.notes);
    }
}

#[test]
fn a_burst_of_one_user_is_charged_and_told_with_its_place() {
    let burst = |seconds| if seconds == 3 * DAY { 600.0 } else { 0.0 };
    let script = Script::new().steady(&clean(), 100.0).counter(&limited(), 7, None, burst);
    let mut audit = AuditTrail::new(week());
    for index in 0..600 {
        audit.line(line(3 * DAY - 900 + index / 2, "5f1d", "habits.list", "deny", "rate-limit-exceeded").as_bytes());
    }
    for index in 0..33_600 {
        audit.line(line(index * 18, "77aa", "habits.list", "allow", "clean").as_bytes());
    }
    let report = script.judged(Some(&audit));
    assert!(matches!(report.verdict, Verdict::DoNot(_)), "1.75 % over 1 %: {report:#?}");
    assert_eq!(reason(&report, "rate-limit-exceeded").trend, Trend::Burst);
    let worst = report.worst.unwrap();
    assert_eq!(worst.len(), 1);
    assert_eq!((worst[0].user.as_str(), worst[0].would_be_denied), ("5f1d", 600));
    assert_eq!((worst[0].tool.as_str(), worst[0].reason.as_str()), ("habits.list", "rate-limit-exceeded"));
    assert_eq!(report.users, Some(2));
    assert_eq!(report.tools[0].would_be_denied, Some(600));
    assert_eq!(report.tools[0].reasons["rate-limit-exceeded"], 600);
    assert_eq!(report.notes, ["100.0 % of the would-be denials are one user's, 5f1d"], "log and counters agree");

    // The same burst within the budget does not stand in the way.
    let small = |seconds| if seconds == 3 * DAY { 60.0 } else { 0.0 };
    let script = Script::new().steady(&clean(), 100.0).counter(&limited(), 7, None, small);
    assert_eq!(script.judged(None).verdict, Verdict::Enforce);
}

#[test]
fn denials_that_begin_at_the_end_say_wait() {
    let lately = |seconds| if seconds > 6 * DAY { 5.0 } else { 0.0 };
    let script = Script::new().steady(&clean(), 100.0).counter(&limited(), 7, None, lately);
    let report = script.judged(None);
    let Verdict::Wait(missing) = &report.verdict else { panic!("{report:#?}") };
    assert!(matches!(missing.as_slice(), [Missing::Rising { .. }]), "{missing:?}");
    assert_eq!(reason(&report, "rate-limit-exceeded").trend, Trend::Rising);
}

#[test]
fn one_evaluation_that_failed_says_do_not() {
    let unknown = decision("deny", "unknown", "log-only");
    let once = |seconds| f64::from(seconds == DAY);
    let script = Script::new().steady(&clean(), 100.0).counter(&unknown, 7, None, once);
    for accepted in [vec![], vec![Word::new("unknown")]] {
        let thresholds = Thresholds { accepted, ..thresholds() };
        let report = Report::of(&script.recording, None, Sources::Prometheus, &thresholds);
        assert_eq!(report.verdict, Verdict::DoNot(vec![Objection::Unknown { count: 1 }]));
    }
    // Also where there is too little of everything else.
    let script = Script::new().counter(&unknown, 1, None, once);
    assert!(matches!(script.judged(None).verdict, Verdict::DoNot(_)));
}

#[test]
fn a_gate_that_is_not_in_log_only_mode_has_nothing_to_soak() {
    let enforcing = Script::new().steady(&decision("allow", "clean", "enforce"), 10.0).steady(&clean(), 0.0);
    assert_eq!(enforcing.judged(None).verdict, Verdict::Wait(vec![Missing::AlreadyEnforced]));
    let off = Script::new().steady(&clean(), 0.0).steady(&called("todo.list", "success"), 10.0);
    assert_eq!(off.judged(None).verdict, Verdict::Wait(vec![Missing::SwitchedOff]));
    let idle = Script::new().steady(&clean(), 0.0).steady(&called("todo.list", "input-invalid"), 10.0);
    assert_eq!(idle.judged(None).verdict, Verdict::Wait(vec![Missing::NoCalls]));
}

#[test]
fn instances_are_added_up_and_may_come_and_go() {
    let script = Script::new().steady(&clean(), 50.0);
    let script = script.another_instance("b").counter(&clean(), 3, None, |_| 20.0);
    let mut script = script.another_instance("c");
    let late = (0..48).map(|index| (at(5 * DAY + index * 1800), 1000.0 + 10.0 * index as f64));
    script.recording.observe("c", &clean(), late).unwrap();
    let report = script.judged(None);
    assert_eq!(report.evaluated, 336 * 50 + 144 * 20 + 47 * 10);
    assert_eq!((report.instances, report.restarts), (3, 0));
}

#[test]
fn samples_that_come_twice_count_once() {
    let mut recording = Recording::new(week(), GAP);
    let samples = [(at(0), 10.0), (at(60), 15.0), (at(120), 25.0)];
    recording.observe("a", &clean(), samples).unwrap();
    recording.observe("a", &clean(), samples).unwrap();
    recording.observe("a", &clean(), [(at(120), 25.0), (at(180), 26.0)]).unwrap();
    let report = Report::of(&recording, None, Sources::Prometheus, &thresholds());
    assert_eq!((report.evaluated, report.restarts), (16, 0));
}

#[test]
fn what_is_no_count_is_left_out_and_told() {
    let mut recording = Recording::new(week(), GAP);
    let values = [5.0, f64::NAN, -3.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, f64::MAX, 9.0];
    let samples = values.into_iter().enumerate().map(|(index, value)| (at(index as i64), value));
    recording.observe("a", &clean(), samples).unwrap();
    // Times outside of the window, and at the ends of time.
    let times = [Timestamp::MIN, at(-1), at(7 * DAY + 1), Timestamp::MAX];
    recording.observe("b", &clean(), times.map(|time| (time, 7.0))).unwrap();
    let report = Report::of(&recording, None, Sources::Prometheus, &thresholds());
    assert_eq!((report.evaluated, report.restarts, recording.unusable()), (4, 0, 6));
    assert!(report.notes.iter().any(|note| note.contains("6 samples")), "{:?}", report.notes);
}

#[test]
fn labels_that_are_missing_or_steer_a_terminal_are_no_words() {
    for hostile in ["", "\x1b[31mred", "two words", "né", &"x".repeat(65), "a\nb", "\u{202e}abc"] {
        assert_eq!(Word::new(hostile).as_str(), "(other)", "{hostile:?}");
    }
    let script = Script::new().steady(&decision("", "", ""), 10.0).steady(&called("", ""), 10.0);
    let report = script.steady(&decision("deny", "\x1b]0;x", "log-only"), 5.0).judged(None);
    assert_eq!(report.reasons[0].reason.as_str(), "(other)");
    assert!(matches!(report.verdict, Verdict::DoNot(_)), "a denial is one, whatever its reason: {report:#?}");
}

#[test]
fn series_have_a_bound() {
    let mut recording = Recording::new(week(), GAP);
    let refused = (0..60_000).find_map(|index| {
        let tool = format!("tool{index}");
        recording.observe("a", &called(&tool, "success"), [(at(0), 1.0)]).err()
    });
    assert_eq!(refused, Some(RecordingError::TooManySeries));
}

#[test]
fn lines_that_are_no_audit_lines_change_nothing() {
    let mut audit = AuditTrail::new(week());
    let good = line(60, "5f1d", "todo.list", "deny", "rate-limit-exceeded");
    let outside = line(8 * DAY, "5f1d", "todo.list", "deny", "rate-limit-exceeded");
    let enforced = good.replace("log-only", "enforce");
    let other = good.replace("mana_mcp::audit", "mana_mcp::http");
    let unevaluated = good.replace(r#""deny""#, "null").replace(r#""log-only""#, "null");
    let mut log = Vec::new();
    for line in ["", "not json", "{\"a\":1}", "[]", "{", &outside, &enforced, &other, &unevaluated, &good] {
        log.extend_from_slice(line.as_bytes());
        log.push(b'\n');
    }
    log.extend_from_slice(&[0xff, 0xfe, b'\n']);
    log.extend_from_slice(format!("{{\"a\":\"{}\"}}\n", "x".repeat(1 << 20)).as_bytes());
    log.extend_from_slice(good.as_bytes());
    // As `docker compose logs` shows them.
    log.extend_from_slice(format!("\ngateway-1  | {good}\ngateway-2-with-a-long-name | {good}\n").as_bytes());
    audit.read(log.as_slice()).unwrap();
    assert_eq!(audit.totals(), (4, 4));
    assert_eq!(audit.skipped(), 4, "`not json`, `{{`, bytes that are no text, and a line of a megabyte");
    assert_eq!(audit.worst().len(), 1);
}

#[test]
fn an_audit_log_that_tells_something_else_than_the_counters_is_told() {
    let script = Script::new().steady(&clean(), 100.0);
    let mut audit = AuditTrail::new(week());
    audit.line(line(60, "5f1d", "todo.list", "deny", "rate-limit-exceeded").as_bytes());
    let report = script.judged(Some(&audit));
    assert_eq!(report.verdict, Verdict::Enforce, "the verdict rests on the counters");
    assert!(report.notes.iter().any(|note| note.contains("the audit log has 1 decisions")), "{:?}", report.notes);
}

#[test]
fn shares_are_read_and_shown_as_people_write_them() {
    for (text, share) in [("1%", 0.01), ("0.5 %", 0.005), ("0.01", 0.01), ("0", 0.0), ("100%", 1.0)] {
        assert_eq!(text.parse::<Share>().unwrap().get(), share, "{text}");
    }
    for text in ["", "%", "-1%", "101%", "1.5", "NaN", "inf", "one"] {
        assert!(text.parse::<Share>().is_err(), "{text}");
    }
    for (share, text) in [(0.0, "0 %"), (0.00001, "<0.01 %"), (0.0123, "1.23 %"), (0.5, "50.0 %"), (1.0, "100.0 %")] {
        assert_eq!(Share::of(share, 1.0).to_string(), text);
    }
    assert_eq!(Share::of(1.0, 0.0).get(), 0.0);
}

#[test]
fn a_window_has_a_length() {
    assert!(Window::new(at(5), at(5)).is_err() && Window::new(at(5), at(1)).is_err());
    assert!(Window::before(at(0), Duration::MAX).is_err());
    assert!(Window::before(at(0), Duration::from_secs(u64::from(u32::MAX) * 1000)).is_err());
    let window = Window::before(at(10), Duration::from_secs(10)).unwrap();
    assert_eq!((window.start(), window.end()), (at(0), at(10)));
    assert_eq!(window.part(at(-100), 10), 0);
    assert_eq!(window.part(at(10) + SignedDuration::from_hours(1), 10), 9);
    assert_eq!(window.part(at(5), 10), 5);
}

#[test]
fn the_json_has_the_documented_shape() {
    let script =
        Script::new().steady(&clean(), 97.0).steady(&limited(), 3.0).steady(&called("todo.list", "success"), 100.0);
    let report = serde_json::to_value(script.judged(None)).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["verdict"], "do-not");
    assert_eq!(report["counters"], "prometheus");
    assert_eq!(report["coveredSeconds"], 7 * DAY);
    assert_eq!(report["rate"], 0.03);
    assert_eq!(report["budget"], 0.01);
    assert_eq!(report["reasons"][1]["reason"], "rate-limit-exceeded");
    assert_eq!(report["reasons"][1]["isCharged"], true);
    assert_eq!(report["reasons"][1]["trend"], "steady");
    assert_eq!(report["reasons"][1]["slots"].as_array().unwrap().len(), SLOTS);
    assert_eq!(report["tools"][0]["tool"], "todo.list");
    assert_eq!(report["tools"][0]["wouldBeDenied"], serde_json::Value::Null);
    assert_eq!(report["worst"], serde_json::Value::Null);
}
