//! The functions: one entry each. What they do stands in the crate of values under the same name.

use super::{Function, Gives, Takes};

const fn method(
    name: &'static str,
    rust: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    doc: &'static str,
) -> Function {
    Function { name, is_method: true, rust, takes, optional: 0, gives, is_shape: false, doc }
}

const fn function(
    name: &'static str,
    rust: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    doc: &'static str,
) -> Function {
    Function { is_method: false, ..method(name, rust, takes, gives, doc) }
}

const fn shape(of: Function) -> Function {
    Function { is_shape: true, ..of }
}

const fn optional(of: Function) -> Function {
    Function { optional: 1, ..of }
}

use Takes as T;

/// Functions that make one type of another.
static CONVERSIONS: &[Function] = &[
    function(
        "int",
        "int",
        &[T::Numeric],
        Gives::IntOrNull,
        "The whole number of a number (cut) or text; null for another text.",
    ),
    function(
        "double",
        "double",
        &[T::Numeric],
        Gives::DoubleOrNull,
        "The number of an integer or text; null for another text.",
    ),
    function("string", "string", &[T::Scalar], Gives::Text, "The text of a number, boolean, date or time."),
    function(
        "date",
        "date",
        &[T::Text],
        Gives::DateOrNull,
        "The date of a text such as 2026-05-01; null for another text.",
    ),
];

/// Functions of texts.
static TEXTS: &[Function] = &[
    shape(method("size", "size", &[T::Sized], Gives::Int, "How many characters, elements or members there are.")),
    shape(method("contains", "contains", &[T::Text, T::Text], Gives::Bool, "Whether a text is part of it.")),
    shape(method("startsWith", "starts_with", &[T::Text, T::Text], Gives::Bool, "Whether it begins with a text.")),
    shape(method("endsWith", "ends_with", &[T::Text, T::Text], Gives::Bool, "Whether it ends with a text.")),
    method("trim", "trim", &[T::Text], Gives::Text, "Without white space at both ends."),
    method("trimEnd", "trim_end", &[T::Text], Gives::Text, "Without white space at the end."),
    method("lower", "lower", &[T::Text], Gives::Text, "In small letters."),
    method("upper", "upper", &[T::Text], Gives::Text, "In capital letters."),
    method("split", "split", &[T::Text, T::Text], Gives::Texts, "The parts between a text."),
    method(
        "replace",
        "replace",
        &[T::Text, T::Text, T::Text],
        Gives::Text,
        "With another text wherever the first one stands.",
    ),
    optional(method(
        "substring",
        "substring",
        &[T::Text, T::Int, T::Int],
        Gives::Text,
        "The characters from a place to before another one, or to the end.",
    )),
    shape(method(
        "indexOf",
        "index_of",
        &[T::Text, T::Text],
        Gives::IntOrNull,
        "The place at which a text begins; null where it does not stand there.",
    )),
    shape(function("wordCount", "word_count", &[T::Text], Gives::Int, "How many words a text has.")),
    function(
        "excerpt",
        "excerpt",
        &[T::Text, T::Int],
        Gives::Text,
        "The beginning of a text, at most this many characters, cut at a word.",
    ),
];

/// Functions of lists.
static LISTS: &[Function] = &[
    method(
        "take",
        "take",
        &[T::TextOrList, T::Int],
        Gives::Same,
        "The first characters or elements, at most this many.",
    ),
    method("flatten", "flatten", &[T::Lists], Gives::Flat, "The elements of the lists in it."),
    method("distinct", "distinct", &[T::List], Gives::Same, "Each element once."),
    method("first", "first", &[T::List], Gives::Element, "The first element; null where there is none."),
    method("last", "last", &[T::List], Gives::Element, "The last element; null where there is none."),
    method("join", "join", &[T::Texts, T::Text], Gives::Text, "The texts with another one between them."),
    method("sum", "sum", &[T::Numbers], Gives::Sum, "The sum; 0 where there is nothing."),
    method("avg", "avg", &[T::Numbers], Gives::Average, "The average; null where there is nothing."),
    method("min", "min", &[T::Ordered], Gives::Element, "The least; null where there is nothing."),
    method("max", "max", &[T::Ordered], Gives::Element, "The greatest; null where there is nothing."),
    function("range", "range", &[T::Int], Gives::Ints, "The integers from 0 to before a number, 1000 at most."),
];

/// Functions of maps.
static MAPS: &[Function] = &[
    method("with", "with", &[T::Map, T::Text, T::Anything], Gives::Merged, "The map with another member."),
    method("without", "without", &[T::Map, T::Text], Gives::Rest, "The map without a member."),
    method("merge", "merge", &[T::Map, T::Map], Gives::Merged, "Both maps; of a name in both, the second one's."),
];

/// Functions of numbers.
static NUMBERS: &[Function] = &[
    optional(method(
        "round",
        "round",
        &[T::Number, T::Int],
        Gives::Same,
        "Rounded to this many digits, 0 by itself; halves go up.",
    )),
    method("floor", "floor", &[T::Number], Gives::Same, "The greatest whole number that is not above it."),
    method("ceil", "ceil", &[T::Number], Gives::Same, "The least whole number that is not below it."),
    method("abs", "abs", &[T::Number], Gives::Same, "Without its sign."),
];

/// Functions of dates, times and durations.
static TIMES: &[Function] = &[
    function("seconds", "seconds", &[T::Number], Gives::Duration, "A duration of this many seconds."),
    function("minutes", "minutes", &[T::Number], Gives::Duration, "A duration of this many minutes."),
    function("hours", "hours", &[T::Number], Gives::Duration, "A duration of this many hours."),
    method("plusDays", "plus_days", &[T::Date, T::Int], Gives::Date, "This many days later."),
    method(
        "plusMonths",
        "plus_months",
        &[T::Date, T::Int],
        Gives::Date,
        "This many months later, at most the month's last day.",
    ),
    method("plusYears", "plus_years", &[T::Date, T::Int], Gives::Date, "This many years later."),
    method(
        "at",
        "at_time",
        &[T::Date, T::Clock],
        Gives::Timestamp,
        "That hour and minute of the day, in the caller's time zone.",
    ),
    method(
        "startOf",
        "start_of",
        &[T::DateOrTimestamp, T::Unit],
        Gives::Same,
        "The beginning of its \"day\", \"week\", \"month\" or \"year\".",
    ),
    method(
        "endOf",
        "end_of",
        &[T::DateOrTimestamp, T::Unit],
        Gives::Same,
        "The end of its \"day\", \"week\", \"month\" or \"year\".",
    ),
    method("date", "date_of_time", &[T::Timestamp], Gives::Date, "Its day, in the caller's time zone."),
    method("timeOfDay", "time_of_day", &[T::Timestamp], Gives::Text, "Its hour and minute, in the caller's time zone."),
    method("year", "year", &[T::DateOrTimestamp], Gives::Int, "Its year."),
    method("month", "month", &[T::DateOrTimestamp], Gives::Int, "Its month, from 1."),
    method("day", "day", &[T::DateOrTimestamp], Gives::Int, "Its day of the month, from 1."),
    method("weekday", "weekday", &[T::DateOrTimestamp], Gives::Int, "Its day of the week: 1 is Monday."),
    function(
        "dayOf",
        "day_of",
        &[T::MomentOrNull],
        Gives::DateOfNullable,
        "The day of a date or time, in the caller's time zone; null of null.",
    ),
    function(
        "instantOf",
        "instant_of",
        &[T::MomentOrNull],
        Gives::TimestampOfNullable,
        "The instant of a date or time, in the caller's time zone; null of null.",
    ),
    function(
        "secondsBetween",
        "seconds_between",
        &[T::MomentOrNull, T::MomentOrNull],
        Gives::IntOfNullable,
        "The seconds from one time to another; null where one is null.",
    ),
    function(
        "daysBetween",
        "days_between",
        &[T::MomentOrNull, T::MomentOrNull],
        Gives::IntOfNullable,
        "The days from one date to another; null where one is null.",
    ),
];

/// All functions, by what they are about. Beside them stand `coalesce`, `uuid` and those over elements.
pub(crate) static TOPICS: [(&str, &[Function]); 6] = [
    ("Conversions", CONVERSIONS),
    ("Texts", TEXTS),
    ("Lists", LISTS),
    ("Maps", MAPS),
    ("Numbers", NUMBERS),
    ("Dates and times", TIMES),
];
