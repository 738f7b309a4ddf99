//! Dates and times. Days, and what clocks show, are those of the caller's time zone.

use smol_str::format_smolstr;

use super::text::read_text;
use crate::time::Unit;
use crate::{Date, Env, Timestamp, Value, number};

/// The date that a text `YYYY-MM-DD` is; null where it is something else.
pub fn date(env: &Env, text: &Value) -> Value {
    match text {
        Value::Text(text) if read_text(env, text) => text.parse().map_or(Value::Null, Value::Date),
        Value::Date(date) => Value::Date(*date),
        _ => Value::Null,
    }
}

/// A duration of so many seconds.
pub fn seconds(_: &Env, count: &Value) -> Value {
    duration(count, 1000)
}

/// A duration of so many minutes.
pub fn minutes(_: &Env, count: &Value) -> Value {
    duration(count, 60 * 1000)
}

/// A duration of so many hours.
pub fn hours(_: &Env, count: &Value) -> Value {
    duration(count, 60 * 60 * 1000)
}

/// The date so many days later.
pub fn plus_days(_: &Env, date: &Value, days: &Value) -> Value {
    plus(date, days, Date::plus_days)
}

/// The date so many months later. Where that month is shorter, it is its last day.
pub fn plus_months(_: &Env, date: &Value, months: &Value) -> Value {
    plus(date, months, Date::plus_months)
}

/// The date so many years later. The 29th of February becomes the 28th where there is none.
pub fn plus_years(_: &Env, date: &Value, years: &Value) -> Value {
    plus(date, years, Date::plus_years)
}

/// The time at which clocks show `HH:mm` on a date. Where clocks are put forward over it, it is as much later; where they show
/// it twice, it is the first time. Null where the text is no time of day.
pub fn at_time(env: &Env, date: &Value, clock: &Value) -> Value {
    match (date, clock) {
        (Value::Date(date), Value::Text(clock)) => date.at(clock, env.zone()).map_or(Value::Null, Value::Timestamp),
        _ => Value::Null,
    }
}

/// The first day of the `"day"`, `"week"`, `"month"` or `"year"` that a date is in, or the first moment of that of a time.
/// Weeks begin on Monday.
pub fn start_of(env: &Env, time: &Value, unit: &Value) -> Value {
    let Some(unit) = unit.as_str().and_then(Unit::named) else { return Value::Null };
    match time {
        Value::Date(date) => Value::Date(date.start_of(unit)),
        Value::Timestamp(time) => Value::Timestamp(time.date_in(env.zone()).start_of(unit).start_in(env.zone())),
        _ => Value::Null,
    }
}

/// The last day of the `"day"`, `"week"`, `"month"` or `"year"` that a date is in, or the last millisecond of that of a time.
pub fn end_of(env: &Env, time: &Value, unit: &Value) -> Value {
    let Some(unit) = unit.as_str().and_then(Unit::named) else { return Value::Null };
    match time {
        Value::Date(date) => Value::Date(date.end_of(unit)),
        Value::Timestamp(time) => Value::Timestamp(time.date_in(env.zone()).end_of(unit).end_in(env.zone())),
        _ => Value::Null,
    }
}

/// The day that a time is on.
pub fn date_of_time(env: &Env, time: &Value) -> Value {
    match time {
        Value::Timestamp(time) => Value::Date(time.date_in(env.zone())),
        _ => Value::Null,
    }
}

/// What clocks show at a time, as `HH:mm`.
pub fn time_of_day(env: &Env, time: &Value) -> Value {
    let Value::Timestamp(time) = time else { return Value::Null };
    let local = time.local(env.zone());
    Value::Text(format_smolstr!("{:02}:{:02}", local.hour(), local.minute()))
}

/// The year of a date or time.
pub fn year(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().year()))
}

/// The month of a date or time, from 1 to 12.
pub fn month(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().month()))
}

/// The day of the month of a date or time, from 1 on.
pub fn day(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().day()))
}

/// The day of the week of a date or time, from 1 for Monday to 7 for Sunday.
pub fn weekday(env: &Env, time: &Value) -> Value {
    of_day(env, time, |date| i64::from(date.parts().weekday().to_monday_one_offset()))
}

/// The day of a date or time of any kind. A moment that was stored as midnight in UTC is that day, whatever the time zone; a
/// timestamp is an instant, also at midnight.
pub fn day_of(env: &Env, moment: &Value) -> Value {
    day_in(env, moment).map_or(Value::Null, Value::Date)
}

/// The instant of a date or time of any kind: a day's is its first moment. A moment that was stored as midnight in UTC is that
/// day.
pub fn instant_of(env: &Env, moment: &Value) -> Value {
    instant(env, moment).map_or(Value::Null, Value::Timestamp)
}

/// The whole seconds from one date or time to another; negative where the second is earlier.
pub fn seconds_between(env: &Env, from: &Value, to: &Value) -> Value {
    match (instant(env, from), instant(env, to)) {
        (Some(from), Some(to)) => Value::int(from.milliseconds_until(to).div_euclid(1000)),
        _ => Value::Null,
    }
}

/// The days of the calendar from the day of one date or time to that of another; negative where the second is earlier.
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
