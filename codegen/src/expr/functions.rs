//! The functions of expressions: one line each, from which come the check, the emitted call, the editor's hints and the page of
//! functions. What they do stands in the crate of values under the same name.

use super::ty::{Ty, TyKind};

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    /// As it is called.
    pub(crate) name: &'static str,
    /// Whether it is a method of its first argument: `x.size()`.
    pub(crate) is_method: bool,
    /// Its name in the crate of values.
    pub(crate) rust: &'static str,
    pub(crate) takes: &'static [Takes],
    /// The last arguments that may be left out.
    pub(crate) optional: usize,
    pub(crate) gives: Gives,
    /// Whether what it gives tells the shape of a secret alone, and not what it says.
    pub(crate) is_shape: bool,
    pub(crate) doc: &'static str,
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Anything,
    /// An integer, number, text, id, word, boolean, date or time.
    Scalar,
    Text,
    Int,
    Number,
    Date,
    Timestamp,
    DateOrTimestamp,
    /// A date, time or either; null gives null.
    MomentOrNull,
    List,
    Texts,
    Numbers,
    /// A list of numbers, texts, dates or times.
    Ordered,
    Lists,
    /// Text, list or map.
    Sized,
    TextOrList,
    Map,
    /// One of the words day, week, month, year; written out.
    Unit,
    /// An hour and minute; written out.
    Clock,
}

/// What a function gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gives {
    Bool,
    Int,
    IntOrNull,
    DoubleOrNull,
    Text,
    Texts,
    Ints,
    Date,
    DateOrNull,
    Timestamp,
    Duration,
    /// What the first argument is.
    Same,
    /// As `Same`, null where the first argument may be null.
    DateOfNullable,
    TimestampOfNullable,
    IntOfNullable,
    /// The average of the elements of the first argument; null where it has none.
    Average,
    /// The elements of the first argument; null where it has none.
    Element,
    /// The elements of the lists of the first argument.
    Flat,
    /// A map of what the second argument's values are too.
    Merged,
    /// The sum of a list of numbers.
    Sum,
}

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

/// All functions, by what they are about. Beside them stand `coalesce`, `uuid` and those over elements.
pub(crate) static FUNCTIONS: &[Function] = &[
    function(
        "int",
        "int",
        &[T::Scalar],
        Gives::IntOrNull,
        "The whole number of a number (cut) or text; null for another text.",
    ),
    function(
        "double",
        "double",
        &[T::Scalar],
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
        "The beginning of a text, at most so many characters, cut at a word.",
    ),
    method("take", "take", &[T::TextOrList, T::Int], Gives::Same, "The first so many characters or elements."),
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
    method("with", "with", &[T::Map, T::Text, T::Anything], Gives::Merged, "The map with another member."),
    method("without", "without", &[T::Map, T::Text], Gives::Same, "The map without a member."),
    method("merge", "merge", &[T::Map, T::Map], Gives::Merged, "Both maps; of a name in both, the second one's."),
    optional(method(
        "round",
        "round",
        &[T::Number, T::Int],
        Gives::Same,
        "Rounded to so many digits, 0 by itself; halves go up.",
    )),
    method("floor", "floor", &[T::Number], Gives::Same, "The greatest whole number that is not above it."),
    method("ceil", "ceil", &[T::Number], Gives::Same, "The least whole number that is not below it."),
    method("abs", "abs", &[T::Number], Gives::Same, "Without its sign."),
    function("seconds", "seconds", &[T::Number], Gives::Duration, "A duration of so many seconds."),
    function("minutes", "minutes", &[T::Number], Gives::Duration, "A duration of so many minutes."),
    function("hours", "hours", &[T::Number], Gives::Duration, "A duration of so many hours."),
    method("plusDays", "plus_days", &[T::Date, T::Int], Gives::Date, "So many days later."),
    method(
        "plusMonths",
        "plus_months",
        &[T::Date, T::Int],
        Gives::Date,
        "So many months later, at most the month's last day.",
    ),
    method("plusYears", "plus_years", &[T::Date, T::Int], Gives::Date, "So many years later."),
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

impl Function {
    /// The fewest and the most arguments, the one before the point not counted.
    pub(crate) fn arguments(&self) -> (usize, usize) {
        let most = self.takes.len() - usize::from(self.is_method);
        (most - self.optional, most)
    }

    /// As it is written: `x.take(n)`.
    pub(crate) fn form(&self) -> String {
        if self.is_method { format!("x.{}(…)", self.name) } else { format!("{}(…)", self.name) }
    }

    /// The type of what it gives for arguments of these types.
    pub(crate) fn result(&self, arguments: &[Ty]) -> Ty {
        let first = arguments.first().cloned().unwrap_or_else(Ty::unknown);
        let nullable = arguments.iter().any(|argument| argument.nullable);
        let element = first.items().cloned().unwrap_or_else(Ty::unknown);
        match self.gives {
            Gives::Bool => Ty::of(TyKind::Bool),
            Gives::Int => Ty::of(TyKind::Int),
            Gives::IntOrNull => Ty::of(TyKind::Int).or_null_if(first.is_text()),
            Gives::DoubleOrNull => Ty::of(TyKind::Double).or_null_if(!first.is_number()),
            Gives::Average => Ty::of(TyKind::Double).or_null_if(!first.filled || element.nullable),
            Gives::Text => Ty::of(TyKind::Text),
            Gives::Texts => Ty::list(Ty::of(TyKind::Text)),
            Gives::Ints => Ty::list(Ty::of(TyKind::Int)),
            Gives::Date => Ty::of(TyKind::Date),
            Gives::DateOrNull => Ty::of(TyKind::Date).or_null(),
            Gives::Timestamp => Ty::of(TyKind::Timestamp),
            Gives::Duration => Ty::of(TyKind::Duration),
            Gives::Same => match first.kind {
                TyKind::Id | TyKind::Enum(_) => Ty::of(TyKind::Text),
                _ => first.there(),
            },
            Gives::DateOfNullable => Ty::of(TyKind::Date).or_null_if(nullable),
            Gives::TimestampOfNullable => Ty::of(TyKind::Timestamp).or_null_if(nullable),
            Gives::IntOfNullable => Ty::of(TyKind::Int).or_null_if(nullable),
            Gives::Element => element.or_null_if(!first.filled),
            Gives::Flat => Ty::list(element.items().cloned().unwrap_or_else(Ty::unknown)),
            Gives::Merged => {
                let other = arguments.last().cloned().unwrap_or_else(Ty::unknown);
                let values = |ty: &Ty| match &ty.kind {
                    TyKind::Map(values) => Some((**values).clone()),
                    TyKind::Json => Some(Ty::unknown()),
                    _ => None,
                };
                let added = if self.name == "merge" { values(&other) } else { Some(other.clone()) };
                let unified = values(&first).and_then(|values| values.unify(&added?));
                match (&first.kind, unified) {
                    (TyKind::Json | TyKind::Object(_), _) | (_, None) => Ty::of(TyKind::Json),
                    (_, Some(values)) => Ty::of(TyKind::Map(std::sync::Arc::new(values))),
                }
            }
            Gives::Sum => match element.kind {
                TyKind::Int => Ty::of(TyKind::Int),
                _ => Ty::of(TyKind::Double),
            },
        }
    }
}

impl Takes {
    /// Whether null is taken.
    pub(crate) fn takes_null(self) -> bool {
        matches!(self, Self::MomentOrNull | Self::Anything)
    }

    /// Whether a value of this type is taken, null left aside.
    pub(crate) fn takes(self, ty: &Ty) -> bool {
        use TyKind::{
            Bool, Date, Double, Duration, Enum, Id, Int, Json, List, Map, Moment, Null, Text, Timestamp, Unknown,
        };
        let elements = |takes: Self| match &ty.kind {
            List(items) => takes.takes(items),
            _ => false,
        };
        match (&ty.kind, self) {
            (Unknown, _) | (_, Self::Anything) | (Null, Self::MomentOrNull) => true,
            (kind, Self::Scalar) => {
                matches!(kind, Bool | Int | Double | Text | Id | Enum(_) | Date | Timestamp | Moment)
            }
            (kind, Self::Text) => matches!(kind, Text | Id | Enum(_)),
            (kind, Self::Int) => matches!(kind, Int),
            (kind, Self::Number) => matches!(kind, Int | Double),
            (kind, Self::Date) => matches!(kind, Date),
            (kind, Self::Timestamp) => matches!(kind, Timestamp),
            (kind, Self::DateOrTimestamp) => matches!(kind, Date | Timestamp),
            (kind, Self::MomentOrNull) => matches!(kind, Date | Timestamp | Moment),
            (kind, Self::List) => matches!(kind, List(_)),
            (_, Self::Texts) => elements(Self::Text),
            (_, Self::Numbers) => elements(Self::Number),
            (_, Self::Ordered) => match &ty.kind {
                List(items) => {
                    matches!(items.kind, Int | Double | Text | Id | Date | Timestamp | Duration | Unknown)
                }
                _ => false,
            },
            (_, Self::Lists) => elements(Self::List),
            (kind, Self::Sized) => matches!(kind, Text | Id | Enum(_) | List(_) | Map(_) | Json),
            (kind, Self::TextOrList) => matches!(kind, Text | Id | Enum(_) | List(_)),
            (kind, Self::Map) => matches!(kind, Map(_) | Json | TyKind::Object(_)),
            (kind, Self::Unit | Self::Clock) => matches!(kind, Text),
        }
    }

    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Anything => "any value",
            Self::Scalar => "a text, number, boolean, date or time",
            Self::Text => "a text",
            Self::Int => "an integer",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::DateOrTimestamp => "a date or a timestamp",
            Self::MomentOrNull => "a date or time",
            Self::List => "a list",
            Self::Texts => "a list of texts",
            Self::Numbers => "a list of numbers",
            Self::Ordered => "a list of numbers, texts, dates or timestamps",
            Self::Lists => "a list of lists",
            Self::Sized => "a text, list or map",
            Self::TextOrList => "a text or list",
            Self::Map => "a map",
            Self::Unit => "\"day\", \"week\", \"month\" or \"year\"",
            Self::Clock => "an hour and minute such as \"09:00\"",
        }
    }
}
