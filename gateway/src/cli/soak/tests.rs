//! What people see of `soak`.

use std::{fs, path::Path, path::PathBuf};

use clap::{Command, FromArgMatches};

use super::*;

fn parse(arguments: &[&str]) -> Result<SoakArgs, clap::Error> {
    let command = SoakArgs::augment_args(Command::new("soak"));
    let matches = command.try_get_matches_from([&["soak"], arguments].concat())?;
    SoakArgs::from_arg_matches(&matches)
}

/// A gateway's page, as it stood at a time of the 1st of May.
fn scrape(folder: &Path, name: &str, time: &str, started: u32, clean: &str, limited: &str) -> PathBuf {
    let page = format!(
        "# at 2026-05-01T{time}Z\n\
         # HELP mana_mcp_policy_decisions_total Policy evaluations.\n\
         # TYPE mana_mcp_policy_decisions_total counter\n\
         mana_mcp_policy_decisions_total{{service=\"mana-mcp\",decision=\"allow\",reason=\"clean\",mode=\"log-only\"}} {clean}\n\
         mana_mcp_policy_decisions_total{{service=\"mana-mcp\",decision=\"deny\",reason=\"rate-limit-exceeded\",mode=\"log-only\"}} {limited}\n\
         mana_mcp_tool_invocations_total{{service=\"mana-mcp\",tool=\"todo.list\",outcome=\"success\"}} {clean}\n\
         mana_mcp_backend_calls_total{{service=\"mana-mcp\",route=\"/sync/{{app}}/pull\"}} 3\n\
         mana_mcp_process_start_time_seconds{{service=\"mana-mcp\"}} {started}\n"
    );
    let path = folder.join(name);
    fs::create_dir_all(folder).unwrap();
    fs::write(&path, page).unwrap();
    path
}

const HOURS: Duration = Duration::from_secs(6 * 3600);

fn judged(paths: &[PathBuf]) -> Report {
    let thresholds = Thresholds {
        budget: "1%".parse().unwrap(),
        min_calls: 100,
        min_covered: Duration::from_secs(3600),
        accepted: Vec::new(),
    };
    Report::of(&scrapes::read(paths, HOURS).unwrap(), None, Sources::Scrapes, &thresholds)
}

#[test]
fn times_are_read_as_people_write_them() {
    for (text, seconds) in [("7d", 604_800), ("12h", 43_200), ("1h 30m", 5400), ("90 minutes", 5400), ("1w", 604_800)] {
        assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
    }
    for text in ["", "7", "-1d", "0s", "1mo", "soon", "999999999999999999d"] {
        assert!(duration(text).is_err(), "{text}");
    }
}

#[test]
fn wrong_usage_is_told() {
    let server = ["--prometheus", "http://localhost:9090"];
    assert!(parse(&server).is_ok() && parse(&["--metrics", "a", "b"]).is_ok());
    for arguments in [
        &[][..],
        &["--prometheus", "localhost:9090"],
        &["--prometheus", "file:///etc"],
        &["--prometheus", "http://localhost", "--metrics", "a", "b"],
        &["--metrics", "a", "b", "--header", "A: b"],
        &["--metrics", "a", "b", "--match", "job=\"x\""],
        &["--metrics", "a", "b", "--window", "soon"],
        &["--metrics", "a", "b", "--budget", "200%"],
        &["--metrics", "a", "b", "--accept", "clean"],
        &["--metrics", "a", "b", "--accept", "unknown"],
    ] {
        assert_eq!(parse(arguments).unwrap_err().exit_code(), 2, "{arguments:?}");
    }
    for arguments in [["--header", "no colon"], ["--header", "a b: c"], ["--token", "line\nbreak"]] {
        let args = parse(&[&["--prometheus", "http://localhost"], &arguments[..]].concat()).unwrap();
        let error = run(args).unwrap_err();
        assert!(error.is::<WrongUsage>() && error.to_string().contains(arguments[0]), "{error:#}");
    }
    let args = parse(&["--prometheus", "http://localhost", "--token", ""]).unwrap();
    assert!(headers(&args).unwrap().is_empty());
}

#[test]
fn secrets_are_not_printed() {
    let args = parse(&["--prometheus", "http://h", "--token", "t0ken", "--header", "A: s3cret"]).unwrap();
    let printed = format!("{args:?}");
    assert!(!printed.contains("t0ken") && !printed.contains("s3cret"), "{printed}");
}

#[test]
fn scrapes_show_what_happened_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        // In any order: the time stands in them.
        scrape(folder.path(), "c", "18:00:00", 7, "700", "8"),
        scrape(folder.path(), "a", "10:00:00", 7, "100", "2"),
        scrape(folder.path(), "b", "12:00:00", 7, "200", "4"),
    ];
    let report = judged(&paths);
    assert_eq!((report.evaluated, report.would_be_denied), (504, 4), "since noon: {report:#?}");
    assert_eq!(report.from.to_string(), "2026-05-01T12:00:00Z");
    assert_eq!(report.covered, HOURS);
    assert_eq!(report.tools[0].succeeded, 500);
    assert_eq!(report.verdict, Verdict::Enforce);
}

#[test]
fn a_restart_between_scrapes_is_seen_also_where_the_counter_has_overtaken_itself() {
    let folder = tempfile::tempdir().unwrap();
    let started = |time: &str| u32::try_from(time.parse::<Timestamp>().unwrap().as_second()).unwrap();
    let (first, second) = (started("2026-05-01T08:00:00Z"), started("2026-05-01T13:00:00Z"));
    let paths = [
        scrape(folder.path(), "a", "12:00:00", first, "100", "0"),
        scrape(folder.path(), "b", "18:00:00", second, "300", "1"),
    ];
    let report = judged(&paths);
    assert_eq!((report.evaluated, report.restarts), (301, 1), "all 300 are new: {report:#?}");
}

#[test]
fn gateways_have_a_folder_each() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, started, at_noon: &str, at_six: &str| {
        let folder = folder.path().join(name);
        [
            scrape(&folder, "noon", "12:00:00", started, at_noon, "0"),
            scrape(&folder, "six", "18:00:00", started, at_six, "0"),
        ]
    };
    let paths = [of("one", 7, "1000", "1100"), of("two", 9, "50", "75")].concat();
    let report = judged(&paths);
    assert_eq!((report.evaluated, report.instances, report.restarts), (125, 2, 0));

    // Thrown together they would look like restarts.
    let mixed = [
        scrape(folder.path(), "a", "12:00:00", 9, "50", "0"),
        scrape(folder.path(), "b", "13:00:00", 7, "1000", "0"),
        scrape(folder.path(), "c", "18:00:00", 9, "75", "0"),
    ];
    let error = scrapes::read(&mixed, HOURS).unwrap_err().to_string();
    assert!(error.contains("several gateways"), "{error}");
}

#[test]
fn a_scrape_without_a_time_is_as_old_as_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| scrape(folder.path(), name, "12:00:00", 7, "1", "0"));
    for (path, hours) in paths.iter().zip([0, 3]) {
        let text = fs::read_to_string(path).unwrap().replace("# at ", "# once ");
        fs::write(path, text.replace("} 1", if hours == 0 { "} 1" } else { "} 201" })).unwrap();
        let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000 + hours * 3600);
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }
    let report = judged(&paths);
    assert_eq!((report.evaluated, report.covered), (200, Duration::from_secs(3 * 3600)));
}

#[test]
fn files_that_are_no_scrapes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = scrape(folder.path(), "good", "12:00:00", 7, "1", "0");
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let fails = |paths: &[PathBuf]| scrapes::read(paths, HOURS).unwrap_err().to_string();
    assert!(fails(std::slice::from_ref(&good)).contains("two or more"));
    assert!(fails(&[]).contains("two or more"));
    assert!(fails(&[good.clone(), folder.path().join("missing")]).contains("missing cannot be read"));
    assert!(fails(&[good.clone(), folder.path().to_owned()]).contains("cannot be read"));
    for (name, bytes) in [
        ("garbage", &[0xff, 0x00, 0xfe, b'{', b'}', b'\n'][..]),
        ("html", b"<html><body>404</body></html>"),
        ("empty", b""),
        ("another", b"up{job=\"x\"} 1\nmana_mcp_policy_decisions_total{ broken\n"),
    ] {
        let error = fails(&[good.clone(), file(name, bytes)]);
        assert!(error.contains(name) && error.contains("holds no mana_mcp_policy_decisions_total"), "{error}");
    }
    assert!(fails(&[good.clone(), file("time", b"# at noon\n")]).contains("no time"));
    // Two scrapes of one moment.
    assert!(fails(&[good.clone(), good]).contains("before it ends"));
}

#[test]
fn values_that_are_no_counts_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let values = ["10", "NaN", "-5", "+Inf", "1e300", "0x10", "20"];
    let paths: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(hour, value)| scrape(folder.path(), value, &format!("1{hour}:00:00"), 7, value, "0"))
        .collect();
    let report = judged(&paths);
    assert_eq!((report.evaluated, report.restarts), (10, 0), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("no counts")), "{:?}", report.notes);
}

#[test]
fn the_table_is_plain_without_a_terminal_and_says_all() {
    let folder = tempfile::tempdir().unwrap();
    let paths =
        [scrape(folder.path(), "a", "12:00:00", 7, "0", "0"), scrape(folder.path(), "b", "18:00:00", 7, "970", "30")];
    let report = judged(&paths);
    let plain = table::of(&report, false);
    assert!(!plain.contains('\x1b'), "{plain}");
    for words in [
        "Soak from 2026-05-01 12:00 UTC to 2026-05-01 18:00 UTC",
        "rate-limit-exceeded",
        "3.00 %",
        "todo.list",
        "CALLS (ANY MODE)",
        "EVALUATED",
        "30 are charged to the budget (3.00 % of 1.00 %)",
        "Verdict: do not enforce",
        "no audit log was given",
    ] {
        assert!(plain.contains(words), "{words:?} is missing in\n{plain}");
    }
    assert!(table::of(&report, true).contains("\x1b[1;31mdo not enforce\x1b[0m"));
}
