//! `docs/functions.md`: all functions and operators, by what they are about.

use super::table::TOPICS;
use super::{Function, Gives, Takes};

/// What stands before the tables.
const HEAD: &str = "# Functions of expressions

Every function that `${…}` and conditions may call. This page is generated from the compiler's own
table by `cargo xtask gen`.

A method stands behind what it is called on: `input.name.trim()`. Where an argument may be null, the
compiler says so and names the remedy; functions that take null say what they give for it. No
function fails when a tool runs.
";

/// The functions that look at their arguments in their own way: topic, form, what it gives, what it does.
const OTHERS: [(&str, &str, &str, &str); 9] = [
    ("Any value", "coalesce(a, b, …)", "what they are", "The first value that is not null; null where all are."),
    (
        "Any value",
        "uuid()",
        "an id",
        "A new id, in `value`, `values` and `with` only; a call that is repeated makes the same.",
    ),
    ("Elements", "list.filter(x, condition)", "a list", "The elements for which the condition holds."),
    ("Elements", "list.exists(x, condition)", "a boolean", "Whether the condition holds for an element."),
    ("Elements", "list.all(x, condition)", "a boolean", "Whether the condition holds for every element."),
    ("Elements", "list.map(x, value)", "a list", "The value for each element."),
    (
        "Elements",
        "list.sortBy(x, key)",
        "a list",
        "The elements in the order of their keys; equal ones stay as they are, null comes last.",
    ),
    (
        "Elements",
        "list.groupBy(x, key)",
        "a list of `{key, items}`",
        "The elements by their keys, in order of appearance.",
    ),
    ("Elements", "list.keyBy(x, key)", "a map", "The elements under their keys; of equal keys the first one's."),
];

/// The operators: form, what it does.
const OPERATORS: [(&str, &str); 9] = [
    ("`a == b`, `a != b`", "Whether two values of one type are equal; null is equal to null alone."),
    (
        "`a < b`, `<=`, `>`, `>=`",
        "The order of numbers, texts, dates, timestamps, durations and words of an enum; with null it is false.",
    ),
    ("`a in list`, `k in map`", "Whether a list has the element, or a map the key."),
    ("`a && b`, `a || b`, `!a`", "Both, one of them, not."),
    ("`c ? a : b`", "One value or the other."),
    ("`a + b`", "The sum of numbers or durations, a later timestamp, texts or lists behind each other."),
    ("`a - b`, `a * b`, `-a`", "Of numbers; `-` of durations, and of a timestamp and a duration, too."),
    ("`a / b`, `a % b`", "The quotient of numbers with a fraction, the remainder; null where `b` is 0."),
    ("`list[i]`, `map[k]`", "An element or member; null where there is none."),
];

/// The page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## Operators\n\n| operator | what it does |\n| --- | --- |\n");
    for (form, doc) in OPERATORS {
        page.push_str(&format!("| {} | {doc} |\n", form.replace('|', "\\|")));
    }
    for topic in ["Any value", "Elements"] {
        section(topic, &mut page);
        for (_, form, gives, doc) in OTHERS.iter().filter(|(of, ..)| *of == topic) {
            row(form, gives, doc, &mut page);
        }
    }
    for (topic, functions) in TOPICS {
        section(topic, &mut page);
        for function in functions {
            row(&function.signature(), gives(function.gives), function.doc, &mut page);
        }
    }
    page
}

fn section(topic: &str, page: &mut String) {
    page.push_str(&format!("\n## {topic}\n\n| function | gives | what it does |\n| --- | --- | --- |\n"));
}

fn row(form: &str, gives: &str, doc: &str, page: &mut String) {
    page.push_str(&format!("| `{form}` | {gives} | {doc} |\n"));
}

impl Function {
    /// As it is written: `text.substring(integer[, integer])`.
    pub(crate) fn signature(&self) -> String {
        let (first, rest) = match self.takes.split_first() {
            Some((first, rest)) if self.is_method => (Some(first), rest),
            _ => (None, self.takes),
        };
        let must = rest.len() - self.optional;
        let mut arguments = String::new();
        for (index, takes) in rest.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let word = takes.word();
            arguments.push_str(&if index < must { format!("{comma}{word}") } else { format!("[{comma}{word}]") });
        }
        let target = first.map(|takes| format!("{}.", takes.word())).unwrap_or_default();
        format!("{target}{}({arguments})", self.name)
    }
}

impl Takes {
    /// In a word, where a function is shown.
    fn word(self) -> &'static str {
        match self {
            Self::Anything | Self::Scalar | Self::Numeric | Self::Sized => "value",
            Self::Text => "text",
            Self::Int => "integer",
            Self::Number => "number",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::DateOrTimestamp | Self::MomentOrNull => "time",
            Self::List => "list",
            Self::Texts => "texts",
            Self::Numbers => "numbers",
            Self::Ordered => "list",
            Self::Lists => "lists",
            Self::TextOrList => "value",
            Self::Map => "map",
            Self::Unit => "unit",
            Self::Clock => "\"HH:mm\"",
        }
    }
}

/// In words.
fn gives(gives: Gives) -> &'static str {
    match gives {
        Gives::Bool => "a boolean",
        Gives::Int => "an integer",
        Gives::IntOrNull => "an integer or null",
        Gives::DoubleOrNull => "a number or null",
        Gives::Text => "a text",
        Gives::Texts => "a list of texts",
        Gives::Ints => "a list of integers",
        Gives::Date => "a date",
        Gives::DateOrNull => "a date or null",
        Gives::Timestamp => "a timestamp",
        Gives::Duration => "a duration",
        Gives::Same => "the same type",
        Gives::DateOfNullable => "a date, or null of null",
        Gives::TimestampOfNullable => "a timestamp, or null of null",
        Gives::IntOfNullable => "an integer, or null of null",
        Gives::Average => "a number or null",
        Gives::Element => "an element or null",
        Gives::Flat => "a list",
        Gives::Rest | Gives::Merged => "a map",
        Gives::Sum => "a number",
    }
}
