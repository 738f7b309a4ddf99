//! Date and time arithmetic. Results saturate at the years 0000 and 9999.

use jiff::civil;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span};

use super::{Date, Scanner, Timestamp, to_millisecond};
use crate::Zone;

const YEARS: std::ops::RangeInclusive<i16> = 0..=9999;

/// More than there are between the first and the last date, and within the limits of [`Span`].
const MOST_DAYS: i64 = 4_000_000;
const MOST_MONTHS: i64 = 200_000;
const MOST_YEARS: i64 = 15_000;

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    /// From Monday to Sunday.
    Week,
    Month,
    Year,
}

impl Unit {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            "year" => Some(Self::Year),
            _ => None,
        }
    }
}

impl Date {
    const FIRST: Self = Self(civil::date(0, 1, 1));
    const LAST: Self = Self(civil::date(9999, 12, 31));

    /// A date, clamped to the supported years.
    pub(crate) fn of(date: civil::Date) -> Self {
        Self(date).clamp(Self::FIRST, Self::LAST)
    }

    /// The date as a calendar date.
    pub(crate) fn parts(self) -> civil::Date {
        self.0
    }

    pub(crate) fn plus_days(self, days: i64) -> Self {
        self.plus(Span::new().days(days.clamp(-MOST_DAYS, MOST_DAYS)))
    }

    /// Clamps to the last day of the month.
    pub(crate) fn plus_months(self, months: i64) -> Self {
        self.plus(Span::new().months(months.clamp(-MOST_MONTHS, MOST_MONTHS)))
    }

    /// February 29 becomes February 28 in other than leap years.
    pub(crate) fn plus_years(self, years: i64) -> Self {
        self.plus(Span::new().years(years.clamp(-MOST_YEARS, MOST_YEARS)))
    }

    fn plus(self, span: Span) -> Self {
        Self::of(self.0.saturating_add(span))
    }

    pub(crate) fn days_until(self, later: Self) -> i64 {
        later.0.duration_since(self.0).as_hours() / 24
    }

    pub(crate) fn start_of(self, unit: Unit) -> Self {
        match unit {
            Unit::Day => self,
            Unit::Week => self.plus_days(-i64::from(self.0.weekday().to_monday_zero_offset())),
            Unit::Month => Self::of(self.0.first_of_month()),
            Unit::Year => Self::of(self.0.first_of_year()),
        }
    }

    /// The last day.
    pub(crate) fn end_of(self, unit: Unit) -> Self {
        match unit {
            Unit::Day => self,
            Unit::Week => self.plus_days(6 - i64::from(self.0.weekday().to_monday_zero_offset())),
            Unit::Month => Self::of(self.0.last_of_month()),
            Unit::Year => Self::of(self.0.last_of_year()),
        }
    }

    /// The first instant of the day in a time zone.
    pub(crate) fn start_in(self, zone: &Zone) -> Timestamp {
        Timestamp::of_local(self.0.at(0, 0, 0, 0), zone)
    }

    /// The last millisecond of the day in a time zone.
    pub(crate) fn end_in(self, zone: &Zone) -> Timestamp {
        if self == Self::LAST {
            return Timestamp::of_local(self.0.at(23, 59, 59, 999_000_000), zone);
        }
        self.plus_days(1).start_in(zone).plus_milliseconds(-1)
    }

    /// The instant of a time of day `HH:mm` in a time zone. A skipped time moves forward by the length of the gap; of a
    /// repeated time, the first is taken.
    pub(crate) fn at(self, clock: &str, zone: &Zone) -> Option<Timestamp> {
        let local = Scanner::new(clock).whole(|scanner| scanner.clock(self.0))?;
        Some(Timestamp::of_local(local, zone))
    }
}

impl Timestamp {
    const FIRST: Self = Self(civil::date(0, 1, 1).at(0, 0, 0, 0));
    const LAST: Self = Self(civil::date(9999, 12, 31).at(23, 59, 59, 999_000_000));

    /// A time in UTC, truncated to the millisecond and clamped to the supported years.
    pub(crate) fn of_utc(time: civil::DateTime) -> Self {
        Self(to_millisecond(time)).clamp(Self::FIRST, Self::LAST)
    }

    /// The instant of a local time in a time zone.
    pub(crate) fn of_local(time: civil::DateTime, zone: &Zone) -> Self {
        let instant = zone.rules().to_ambiguous_timestamp(time).compatible();
        // A time that the time zone database does not cover is read as UTC.
        Self::of_utc(instant.map_or(time, |instant| Offset::UTC.to_datetime(instant)))
    }

    /// The local time in a time zone.
    pub(crate) fn local(self, zone: &Zone) -> civil::DateTime {
        let local = Offset::UTC.to_timestamp(self.0).map(|instant| zone.rules().to_datetime(instant));
        // A time outside of the supported years stays in UTC.
        local.ok().filter(|local| YEARS.contains(&local.year())).unwrap_or(self.0)
    }

    pub(crate) fn plus_milliseconds(self, milliseconds: i64) -> Self {
        Self::of_utc(self.0.saturating_add(SignedDuration::from_millis(milliseconds)))
    }

    pub(crate) fn milliseconds_until(self, later: Self) -> i64 {
        i64::try_from(later.0.duration_since(self.0).as_millis()).unwrap_or_default()
    }
}
