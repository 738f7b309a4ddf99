//! Expressions without measure: each ends soon, in a problem or a type.

use std::time::{Duration, Instant};

use super::{code, names};
use crate::diagnostics::Code;

#[expect(clippy::disallowed_methods, reason = "a bound of seconds, which only a reader without one would miss")]
fn ends(source: &str) -> Result<(), Option<Code>> {
    let begin = Instant::now();
    let check = || names().check(source, None).map(drop).map_err(|problems| code(&problems));
    let checked = crate::on_a_large_stack(check);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?} for {:.60}…", begin.elapsed(), source);
    checked
}

#[test]
fn what_is_too_long_is_refused_unread() {
    assert_eq!(ends(&format!("\"{}\"", "a".repeat(9_000))), Ok(()));
    assert_eq!(ends(&format!("\"{}\"", "a".repeat(100_000))), Err(Some(Code::TooLarge)));
    assert_eq!(ends(&"a + ".repeat(25_000)), Err(Some(Code::TooLarge)));
    assert_eq!(ends(&format!("${{\"{}\"}}", "a".repeat(100_000))), Err(Some(Code::TooLarge)));
}

#[test]
fn what_is_too_deep_is_refused() {
    for levels in [65, 1_000, 3_000] {
        for (open, middle, close) in [("(", "1", ")"), ("[", "1", "]"), ("{\"a\":", "1", "}"), ("int(", "1.0", ")")] {
            let source = format!("{}{middle}{}", open.repeat(levels), close.repeat(levels));
            assert_eq!(ends(&source), Err(Some(Code::TooLarge)), "{levels} of {open}");
        }
    }
    for levels in [1_000, 2_500] {
        for source in [
            format!("{}input.flag", "!".repeat(levels)),
            format!("{}input.flag", "! ".repeat(levels)),
            format!("{}1", "- ".repeat(levels)),
            format!("{}1", "-".repeat(levels)),
            format!("{}1", "1 + ".repeat(levels)),
            format!("input.text{}", ".a".repeat(levels)),
            format!("{}true", "true && ".repeat(levels / 2)),
            format!("{}1", "true?1:".repeat(levels / 2)),
            format!("{}1{}", "true?".repeat(levels / 2), ":1".repeat(levels / 2)),
            format!("input.tags{}", ".take(1)".repeat(levels / 3)),
        ] {
            let told = ends(&source);
            assert!(matches!(told, Ok(()) | Err(Some(_))), "{told:?} for {source:.60}…");
        }
    }
    assert_eq!(ends(&format!("{}1{}", "(".repeat(60), ")".repeat(60))), Ok(()));
    assert_eq!(ends(&format!("{}1", "1 + ".repeat(90))), Ok(()));
}

/// Types that hold another one twice, and lists that are read twice, would take time without end.
#[test]
fn what_grows_twofold_ends() {
    for source in [
        format!("input.tasks{}", ".groupBy(x, x)".repeat(60)),
        format!("input.tasks{}", ".map(x, {\"a\": x, \"b\": x})".repeat(60)),
        format!("input.size in {}\"small\"{}", "[input.size in ".repeat(50), "]".repeat(50)),
        format!("{}\"small\"", "input.size == ".repeat(100)),
    ] {
        assert!(ends(&source).is_err(), "{source:.60}…");
    }
}

#[test]
fn odd_texts_are_read_or_refused() {
    for source in [
        "",
        " ",
        "\n",
        "\"",
        "'",
        "\\",
        "${",
        "${${",
        "${\"${\"}",
        "$${",
        "${'\\",
        "}",
        "{",
        ")",
        "((",
        "))",
        "…",
        "\u{0}",
        "a.",
        ".a",
        "a..b",
        "1.",
        ".5",
        "1e400",
        "-9223372036854775808",
        "99999999999999999999",
        "0x10",
        "\"\\u0000\"",
        "\"\\q\"",
        "r\"a\\\"",
        "\"\"\"a\"\"\"",
        "a ? b",
        "a ? : b",
        "[,]",
        "{,}",
        "{a}",
        "f(",
        "f(,)",
        "x.y(z",
        "in",
        "a in",
        "true false",
        "null.a",
        "null[0]",
        "[][0]",
        "{}.a",
        "\u{1F468}\u{200D}\u{1F469}",
        "input.text + \"\u{1F468}",
        "// a",
        "input.text // a",
    ] {
        let _ = ends(source);
    }
}
