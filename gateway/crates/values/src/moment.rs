//! A date or a time, as the web application stores both in one field.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::time::Scanner;
use crate::{Date, Timestamp, Zone};

/// A day (`2026-12-24`), a local time without an offset (`2026-12-24T09:00`, with seconds and a fraction as needed), or a
/// time with an offset (`2026-12-24T09:00:00Z`). It is kept and written exactly as it was given.
///
/// Only what every reader of the web application reads alike is accepted: `T` and `Z` in upper case, no leap second, at
/// most nine digits of a fraction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Moment {
    written: Box<str>,
    read: Read,
}

/// The text is neither a date nor a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day such as 2026-12-24, a local time such as 2026-12-24T09:00, or a time such as 2026-12-24T09:00:00Z")]
pub struct NotAMoment;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Read {
    Day(civil::Date),
    Local(civil::DateTime),
    /// The time as it is written, and the same moment in UTC.
    WithOffset {
        local: civil::DateTime,
        utc: civil::DateTime,
    },
}

impl Moment {
    /// The text, as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The day that is written, whatever the offset behind it.
    #[must_use]
    pub fn day(&self) -> civil::Date {
        match self.read {
            Read::Day(day) => day,
            Read::Local(local) | Read::WithOffset { local, .. } => local.date(),
        }
    }

    /// The instant, where days and local times are those of `zone`: a day begins at its first moment there. Times beyond
    /// the range of [`jiff::Timestamp`] become its greatest.
    #[must_use]
    pub fn instant(&self, zone: &TimeZone) -> jiff::Timestamp {
        let (time, zone) = match self.read {
            Read::Day(day) => (day.at(0, 0, 0, 0), zone),
            Read::Local(local) => (local, zone),
            Read::WithOffset { utc, .. } => (utc, &TimeZone::UTC),
        };
        zone.to_ambiguous_timestamp(time).compatible().unwrap_or(jiff::Timestamp::MAX)
    }

    /// The day in `zone`. The web application stores a selected day as midnight UTC, so such a moment is that day in every
    /// zone.
    #[must_use]
    pub fn day_in(&self, zone: &Zone) -> Date {
        match self.read {
            Read::WithOffset { local, utc } if !is_chosen_day(local, utc) => Timestamp::of_utc(utc).date_in(zone),
            _ => Date::of(self.day()),
        }
    }

    /// The instant to the millisecond, with days and local times in `zone`. Midnight UTC is the start of that day in `zone`,
    /// see [`Self::day_in`].
    #[must_use]
    pub fn timestamp(&self, zone: &Zone) -> Timestamp {
        match self.read {
            Read::WithOffset { local, utc } if !is_chosen_day(local, utc) => Timestamp::of_utc(utc),
            Read::Day(_) | Read::WithOffset { .. } => Date::of(self.day()).start_in(zone),
            Read::Local(local) => Timestamp::of_local(local, zone),
        }
    }

    /// Whether the text is one.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        Self::scan(text).is_some()
    }

    fn scan(text: &str) -> Option<Read> {
        Scanner::new(text).whole(|scanner| {
            let day = scanner.date()?;
            if scanner.is_at_end() {
                return Some(Read::Day(day));
            }
            scanner.byte(b"T")?;
            let local = scanner.clock(day)?;
            if scanner.is_at_end() {
                return Some(Read::Local(local));
            }
            let offset = scanner.offset(b"Z+-")?;
            let utc = local.checked_sub(offset).ok().filter(|utc| (0..=9999).contains(&utc.year()))?;
            Some(Read::WithOffset { local, utc })
        })
    }
}

fn is_chosen_day(local: civil::DateTime, utc: civil::DateTime) -> bool {
    local == utc && utc.time() == civil::Time::midnight()
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let read = Self::scan(text).ok_or(NotAMoment)?;
        Ok(Self { written: text.into(), read })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}
