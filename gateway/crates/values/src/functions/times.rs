//! Functions on dates and times. Days and times of day are those of the caller's time zone.

use smol_str::format_smolstr;

use super::text::read_text;
use crate::time::Unit;
use crate::{Date, Env, Timestamp, Value, number};

/// Parses a date in the form `YYYY-MM-DD`. Null if the text is something else.
pub fn date(env: &Env, text: &Value) -> Value {
    match text {
        Value::Text(text) if read_text(env, text) => text.parse().map_or(Value::Null, Value::Date),
        Value::Date(date) => Value::Date(*date),
        _ => Value::Null,
    }
}

/// Returns a duration in seconds.
pub fn seconds(_: &Env, count: &Value) -> Value {
    duration(count, 1000)
}

/// Returns a duration in minutes.
pub fn minutes(_: &Env, count: &Value) -> Value {
    duration(count, 60 * 1000)
}

/// Returns a duration in hours.
pub fn hours(_: &Env, count: &Value) -> Value {
    duration(count, 60 * 60 * 1000)
}

/// Adds days to a date.
pub fn plus_days(_: &Env, date: &Value, days: &Value) -> Value {
    plus(date, days, Date::plus_days)
}

/// Adds months to a date. If the resulting month is shorter, the result is its last day.
pub fn plus_months(_: &Env, date: &Value, months: &Value) -> Value {
    plus(date, months, Date::plus_months)
}

/// Adds years to a date. February 29 becomes February 28 if the resulting year is not a leap year.
pub fn plus_years(_: &Env, date: &Value, years: &Value) -> Value {
    plus(date, years, Date::plus_years)
}

/// Returns the timestamp of a time of day `HH:mm` on a date, in the caller's time zone. A time that the zone skips
/// moves forward by the length of the gap; a time that occurs twice is the first one. Null if the text is not a time
/// of day.
pub fn at_time(env: &Env, date: &Value, clock: &Value) -> Value {
    match (date, clock) {
        (Value::Date(date), Value::Text(clock)) => date.at(clock, env.zone()).map_or(Value::Null, Value::Timestamp),
        _ => Value::Null,
    }
}

/// Returns the start of the `"day"`, `"week"`, `"month"` or `"year"`: the first day for a date, the first instant for
/// a timestamp. Weeks start on Monday.
pub fn start_of(env: &Env, time: &Value, unit: &Value) -> Value {
    let Some(unit) = unit.as_str().and_then(Unit::named) else { return Value::Null };
    match time {
        Value::Date(date) => Value::Date(date.start_of(unit)),
        Value::Timestamp(time) => Value::Timestamp(time.date_in(env.zone()).start_of(unit).start_in(env.zone())),
        _ => Value::Null,
    }
}

/// Returns the end of the `"day"`, `"week"`, `"month"` or `"year"`: the last day for a date, the last millisecond for
/// a timestamp. Weeks end on Sunday.
pub fn end_of(env: &Env, time: &Value, unit: &Value) -> Value {
    let Some(unit) = unit.as_str().and_then(Unit::named) else { return Value::Null };
    match time {
        Value::Date(date) => Value::Date(date.end_of(unit)),
        Value::Timestamp(time) => Value::Timestamp(time.date_in(env.zone()).end_of(unit).end_in(env.zone())),
        _ => Value::Null,
    }
}

/// Returns the date of a timestamp in the caller's time zone.
pub fn date_of_time(env: &Env, time: &Value) -> Value {
    match time {
        Value::Timestamp(time) => Value::Date(time.date_in(env.zone())),
        _ => Value::Null,
    }
}

/// Returns the time of day of a timestamp in the caller's time zone, as `HH:mm`.
pub fn time_of_day(env: &Env, time: &Value) -> Value {
    let Value::Timestamp(time) = time else { return Value::Null };
    let local = time.local(env.zone());
    Value::Text(format_smolstr!("{:02}:{:02}", local.hour(), local.minute()))
}

/// Returns the year of a date or timestamp.
pub fn year(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().year()))
}

/// Returns the month of a date or timestamp, 1 to 12.
pub fn month(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().month()))
}

/// Returns the day of the month of a date or timestamp, 1 to 31.
pub fn day(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().day()))
}

/// Returns the day of the week of a date or timestamp, 1 (Monday) to 7 (Sunday).
pub fn weekday(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().weekday().to_monday_one_offset()))
}

/// Returns the day of a moment, date or timestamp in the caller's time zone. A moment that is stored as exactly
/// midnight UTC stands for that day in every time zone.
pub fn day_of(env: &Env, moment: &Value) -> Value {
    day_in(env, moment).map_or(Value::Null, Value::Date)
}

/// Returns the instant of a moment, date or timestamp. A day is its first instant in the caller's time zone; so is a
/// moment that is stored as exactly midnight UTC.
pub fn instant_of(env: &Env, moment: &Value) -> Value {
    instant(env, moment).map_or(Value::Null, Value::Timestamp)
}

/// Returns the whole seconds from one moment, date or timestamp to another. Negative if the second is earlier.
pub fn seconds_between(env: &Env, from: &Value, to: &Value) -> Value {
    match (instant(env, from), instant(env, to)) {
        (Some(from), Some(to)) => Value::int(from.milliseconds_until(to).div_euclid(1000)),
        _ => Value::Null,
    }
}

/// Returns the calendar days from one moment, date or timestamp to another. Negative if the second is earlier.
pub fn days_between(env: &Env, from: &Value, to: &Value) -> Value {
    match (day_in(env, from), day_in(env, to)) {
        (Some(from), Some(to)) => Value::int(from.days_until(to)),
        _ => Value::Null,
    }
}

fn duration(count: &Value, milliseconds: i64) -> Value {
    match count {
        Value::Int(count) => Value::Duration(number::within(count.saturating_mul(milliseconds))),
        Value::Double(count) => {
            Value::Duration(number::to_int(number::half_up(count * number::to_double(milliseconds))))
        }
        _ => Value::Null,
    }
}

fn plus(date: &Value, count: &Value, add: impl FnOnce(Date, i64) -> Date) -> Value {
    match (date, count) {
        (Value::Date(date), Value::Int(count)) => Value::Date(add(*date, *count)),
        _ => Value::Null,
    }
}

fn of_day(env: &Env, time: &Value, part: impl FnOnce(Date) -> i64) -> Value {
    match time {
        Value::Date(date) => Value::Int(part(*date)),
        Value::Timestamp(time) => Value::Int(part(time.date_in(env.zone()))),
        _ => Value::Null,
    }
}

fn day_in(env: &Env, moment: &Value) -> Option<Date> {
    match moment {
        Value::Date(date) => Some(*date),
        Value::Timestamp(time) => Some(time.date_in(env.zone())),
        Value::Moment(moment) => Some(moment.day_in(env.zone())),
        _ => None,
    }
}

fn instant(env: &Env, moment: &Value) -> Option<Timestamp> {
    match moment {
        Value::Date(date) => Some(date.start_in(env.zone())),
        Value::Timestamp(time) => Some(*time),
        Value::Moment(moment) => Some(moment.timestamp(env.zone())),
        _ => None,
    }
}

/// The instant of a text in the form of RFC 3339; null for another text.
pub fn timestamp(_: &Env, text: &Value) -> Value {
    text.as_str().and_then(|text| text.parse().ok()).map_or(Value::Null, Value::Timestamp)
}

/// The day or time of a text, kept as it is written; null for another text.
pub fn moment(_: &Env, text: &Value) -> Value {
    let moment = text.as_str().and_then(|text| text.parse::<crate::Moment>().ok());
    moment.map_or(Value::Null, |moment| Value::Moment(moment.into()))
}
