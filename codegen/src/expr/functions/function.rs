//! A function: what it takes, and what it gives.

use crate::expr::ty::{Ty, TyKind};

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
    /// A number, or a text that may hold one.
    Numeric,
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
    /// The first argument, which is a map, without some members.
    Rest,
    /// A map of what the second argument's values are too.
    Merged,
    /// The sum of a list of numbers.
    Sum,
}

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
                // `take(0)` gives an empty list.
                _ if self.name == "take" => first.there().filled_if(false),
                _ => first.there(),
            },
            Gives::Rest => match first.kind {
                TyKind::Object(_) => Ty::of(TyKind::Json),
                _ => first.there(),
            },
            Gives::DateOfNullable => Ty::of(TyKind::Date).or_null_if(nullable),
            Gives::TimestampOfNullable => Ty::of(TyKind::Timestamp).or_null_if(nullable),
            Gives::IntOfNullable => Ty::of(TyKind::Int).or_null_if(nullable),
            Gives::Element => element.or_null_if(!first.filled),
            Gives::Flat => Ty::list(element.items().cloned().unwrap_or_else(Ty::never)),
            Gives::Merged => {
                let other = arguments.last().cloned().unwrap_or_else(Ty::unknown);
                let values = |ty: &Ty| match &ty.kind {
                    TyKind::Map(values) => Some((**values).clone()),
                    _ => None,
                };
                let added = if self.name == "merge" { values(&other) } else { Some(other.clone()) };
                let unified = values(&first).and_then(|values| values.unify(&added?));
                match unified {
                    None => Ty::of(TyKind::Json),
                    Some(values) => Ty::of(TyKind::Map(std::sync::Arc::new(values))),
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
            List(items) => matches!(items.kind, Null) || takes.takes(items),
            _ => false,
        };
        match (&ty.kind, self) {
            (Unknown, _) | (_, Self::Anything) | (Null, Self::MomentOrNull) => true,
            (kind, Self::Scalar) => {
                matches!(kind, Bool | Int | Double | Text | Id | Enum(_) | Date | Timestamp | Moment)
            }
            (kind, Self::Numeric) => matches!(kind, Int | Double | Text | Id | Enum(_)),
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
                    matches!(items.kind, Int | Double | Text | Id | Date | Timestamp | Duration | Unknown | Null)
                }
                _ => false,
            },
            (_, Self::Lists) => elements(Self::List),
            (kind, Self::Sized) => matches!(kind, Text | Id | Enum(_) | List(_) | Map(_) | Json),
            (kind, Self::TextOrList) => matches!(kind, Text | Id | Enum(_) | List(_)),
            (kind, Self::Map) => matches!(kind, Map(_) | Json | TyKind::Object(_)),
            (kind, Self::Unit) => matches!(kind, Text),
            (kind, Self::Clock) => matches!(kind, Text | Id | Enum(_)),
        }
    }

    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Anything => "any value",
            Self::Scalar => "a text, number, boolean, date or time",
            Self::Numeric => "a number or text",
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
