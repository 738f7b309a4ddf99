//! Times as the log compares them: as strings.

use jiff::{SignedDuration, Timestamp};

/// The beginning of the log.
pub const EPOCH: &str = "1970-01-01T00:00:00.000Z";

/// A time so much before another; the other itself where it is no time.
#[must_use]
pub fn before(time: &str, span: SignedDuration) -> String {
    let parsed = time.parse::<Timestamp>().ok();
    parsed.and_then(|time| time.checked_sub(span).ok()).map_or_else(|| time.to_owned(), written)
}

/// `now`, or just after `taken` where a writer whose clock is ahead has taken a later time: a later string in any case.
#[must_use]
pub fn after(now: String, taken: &str) -> String {
    if now.as_str() > taken {
        return now;
    }
    // Where the time carries an offset, its digits alone decide how it compares.
    let digits = taken.get(..23).map(|digits| format!("{digits}Z"));
    let next = digits.and_then(|time| time.parse::<Timestamp>().ok()?.checked_add(SignedDuration::from_millis(1)).ok());
    match next.map(written) {
        Some(next) if next.as_str() > taken => next,
        // Not a time at all, or the last one that can be written.
        _ => format!("{taken}0"),
    }
}

fn written(time: Timestamp) -> String {
    // Digits beyond the millisecond are kept where there are any: a cursor may have them.
    if time.subsec_nanosecond() % 1_000_000 == 0 {
        time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    } else {
        time.strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_always_later_than_what_it_replaces() {
        let now = "2026-04-22T10:15:30.123Z";
        for (taken, expected) in [
            ("", now),
            ("2026-04-22T10:15:30.122Z", now),
            ("2026-04-22T10:15:30.123Z", "2026-04-22T10:15:30.124Z"),
            ("2026-04-22T23:59:59.999Z", "2026-04-23T00:00:00.000Z"),
            ("2026-04-22T12:15:30.123+02:00", "2026-04-22T12:15:30.124Z"),
            ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z0"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z0"),
            ("zzzz", "zzzz0"),
            ("äöü", "äöü0"),
        ] {
            let at = after(now.to_owned(), taken);
            assert_eq!(at, expected);
            assert!(at.as_str() > taken);
        }
    }

    #[test]
    fn a_cursor_is_moved_back() {
        let second = SignedDuration::from_secs(1);
        assert_eq!(before("2026-01-01T00:00:00.000Z", second), "2025-12-31T23:59:59.000Z");
        assert_eq!(before("2026-01-01T00:00:00.123456Z", second), "2025-12-31T23:59:59.123456000Z");
        assert_eq!(before("2026-01-01T02:00:00+02:00", second), "2025-12-31T23:59:59.000Z");
        assert_eq!(before("rubbish", second), "rubbish");
    }
}
