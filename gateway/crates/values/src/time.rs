//! Dates and times on the wire: RFC 3339 in, one spelling out, so that other readers may compare them as strings.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil;
use jiff::tz::Offset;
use serde::{Serialize, Serializer};

use crate::Zone;

mod calendar;

pub(crate) use calendar::Unit;

/// A day of the years 0000 to 9999, `YYYY-MM-DD` (RFC 3339 `full-date`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A moment of the years 0000 to 9999 in UTC, to the millisecond.
///
/// Every RFC 3339 `date-time` is read (section 5.6: any offset, any number of fraction digits, `t` and `z` in either case)
/// and always written `YYYY-MM-DDTHH:MM:SS.mmmZ`. Digits beyond the millisecond are cut. A leap second, which the
/// written form's readers do not know, becomes the last millisecond before it. A time whose offset carries it out of the
/// years 0000 to 9999 has no written form and is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(civil::DateTime);

/// The text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date in the form YYYY-MM-DD")]
pub struct NotADate;

/// The text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-05-01T09:00:00Z")]
pub struct NotATimestamp;

impl Timestamp {
    /// The present moment of the system's clock.
    #[must_use]
    pub fn now() -> Self {
        Self(to_millisecond(Offset::UTC.to_datetime(jiff::Timestamp::now())))
    }

    /// The day in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.0.date())
    }

    /// The day in a time zone.
    #[must_use]
    pub fn date_in(self, zone: &Zone) -> Date {
        Date(self.local(zone).date())
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        Scanner::new(text).whole(Scanner::date).map(Self).ok_or(NotADate)
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        Scanner::new(text).whole(Scanner::date_time).map(Self).ok_or(NotATimestamp)
    }
}

/// Reads RFC 3339 from the front of the rest. Strict where general readers of dates are lenient.
pub(crate) struct Scanner<'a>(&'a [u8]);

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// What `part` reads, if that is all there is.
    pub(crate) fn whole<T>(mut self, part: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        part(&mut self).filter(|_| self.0.is_empty())
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn date(&mut self) -> Option<civil::Date> {
        let year = self.digits(4)?;
        self.byte(b"-")?;
        let month = self.digits(2)?;
        self.byte(b"-")?;
        let day = self.digits(2)?;
        civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    fn date_time(&mut self) -> Option<civil::DateTime> {
        let date = self.date()?;
        self.byte(b"Tt")?;
        let hour = self.at_most(23)?;
        self.byte(b":")?;
        let minute = self.at_most(59)?;
        self.byte(b":")?;
        let second = self.at_most(60)?;
        let nanosecond = self.fraction()?;
        let offset = self.offset(b"Zz+-")?;
        let leap = second == 60;
        let (second, nanosecond) = if leap { (59, 999_000_000) } else { (second, nanosecond) };
        let local = date.at(hour, minute, second, nanosecond);
        // Nearly all times are in UTC already.
        let utc = if offset.is_zero() { local } else { local.checked_sub(offset).ok()? };
        // Leap seconds end a day of UTC.
        let sound = (0..=9999).contains(&utc.year()) && (!leap || (utc.hour(), utc.minute()) == (23, 59));
        sound.then(|| to_millisecond(utc))
    }

    /// The time of day of a local time: seconds and their fraction may be left out.
    pub(crate) fn clock(&mut self, day: civil::Date) -> Option<civil::DateTime> {
        let hour = self.at_most(23)?;
        self.byte(b":")?;
        let minute = self.at_most(59)?;
        if self.byte(b":").is_none() {
            return Some(day.at(hour, minute, 0, 0));
        }
        let second = self.at_most(59)?;
        let before = self.0.len();
        let nanosecond = self.fraction()?;
        // A point and nine digits.
        (before - self.0.len() <= 10).then(|| day.at(hour, minute, second, nanosecond))
    }

    /// The fraction of a second in nanoseconds; zero where there is none.
    fn fraction(&mut self) -> Option<i32> {
        if self.byte(b".").is_none() {
            return Some(0);
        }
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at_checked(digits).filter(|_| digits > 0)?;
        self.0 = rest;
        let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
        Some(padded.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
    }

    /// The offset from UTC, east positive, if it begins with one of these characters.
    pub(crate) fn offset(&mut self, first: &[u8]) -> Option<SignedDuration> {
        let sign = match self.byte(first)? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(SignedDuration::ZERO),
        };
        let hours = self.at_most(23)?;
        self.byte(b":")?;
        let minutes = self.at_most(59)?;
        Some(SignedDuration::from_mins(sign * (i64::from(hours) * 60 + i64::from(minutes))))
    }

    fn at_most(&mut self, most: i8) -> Option<i8> {
        let number = i8::try_from(self.digits(2)?).ok()?;
        (number <= most).then_some(number)
    }

    fn digits(&mut self, count: usize) -> Option<i16> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
        digits.iter().try_fold(0, |sum, byte| Some(sum * 10 + digit(byte)?))
    }

    pub(crate) fn byte(&mut self, any_of: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        any_of.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

fn to_millisecond(time: civil::DateTime) -> civil::DateTime {
    let nanosecond = time.subsec_nanosecond();
    if nanosecond % 1_000_000 == 0 {
        return time;
    }
    time.with().subsec_nanosecond(nanosecond - nanosecond % 1_000_000).build().unwrap_or(time)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Timestamp {
    /// The written form. Lists have hundreds of times, and the formatter takes as long for one as for all else of a row.
    #[must_use]
    pub fn written(self) -> [u8; 24] {
        let time = self.0;
        // One digit: no part of a time here is negative.
        let last = |number: i32| b'0' + u8::try_from(number % 10).unwrap_or_default();
        let two = |number: i8| [last(i32::from(number) / 10), last(i32::from(number))];
        let (year, milliseconds) = (i32::from(time.year()), time.subsec_nanosecond() / 1_000_000);
        let ([month, month_], [day, day_]) = (two(time.month()), two(time.day()));
        let ([hour, hour_], [minute, minute_], [second, second_]) =
            (two(time.hour()), two(time.minute()), two(time.second()));
        [
            last(year / 1000),
            last(year / 100),
            last(year / 10),
            last(year),
            b'-',
            month,
            month_,
            b'-',
            day,
            day_,
            b'T',
            hour,
            hour_,
            b':',
            minute,
            minute_,
            b':',
            second,
            second_,
            b'.',
            last(milliseconds / 100),
            last(milliseconds / 10),
            last(milliseconds),
            b'Z',
        ]
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All of it is ASCII.
        f.write_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}
