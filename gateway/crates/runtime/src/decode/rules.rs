//! The JSON Schema keywords of one value, and the errors of values that break them.

use std::sync::OnceLock;

use regex::Regex;

use super::violation::plural;

/// The JSON Schema keywords that apply to one value. A keyword that does not apply to the value's type is ignored, as in
/// JSON Schema; the derive refuses to write one.
#[derive(Debug)]
pub struct Rules {
    /// Fewest Unicode code points of a string.
    pub min_length: Option<u64>,
    /// Most Unicode code points of a string.
    pub max_length: Option<u64>,
    /// What a string must match.
    pub pattern: Option<&'static Pattern>,
    /// Least number.
    pub minimum: Option<f64>,
    /// Greatest number.
    pub maximum: Option<f64>,
    /// Fewest items of an array.
    pub min_items: Option<u64>,
    /// Most items of an array.
    pub max_items: Option<u64>,
    /// Whether no two items of an array may be equal, compared as JSON values.
    pub unique_items: bool,
    /// Whether the value is secret: messages tell its shape only, and that of everything within.
    pub sensitive: bool,
    /// What holds for each item of an array.
    pub items: Option<&'static Rules>,
}

impl Rules {
    /// Any value of the type.
    pub const NONE: Rules = Rules {
        min_length: None,
        max_length: None,
        pattern: None,
        minimum: None,
        maximum: None,
        min_items: None,
        max_items: None,
        unique_items: false,
        sensitive: false,
        items: None,
    };

    /// Any value of the type, none of which may be shown.
    pub const SENSITIVE: Rules = Rules { sensitive: true, ..Rules::NONE };
}

/// A regular expression that is compiled when first used. Matching takes time linear in the text.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern in the part of the syntax that ECMA-262 and the `regex` crate read alike; the derive has checked that.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.source
    }

    /// Whether the pattern is found in `text` (unanchored, as in JSON Schema). A pattern that cannot be compiled matches
    /// nothing.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| Regex::new(self.source).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Whether a count lies within its bounds.
pub(super) fn within(count: u64, least: Option<u64>, most: Option<u64>) -> bool {
    least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most)
}

/// `a string of 1 to 500 characters`, `an array of at most 10 items`.
pub(super) fn expected_count(of: &str, noun: &str, least: Option<u64>, most: Option<u64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{of} of exactly {}", plural(most, noun)),
        (Some(least), Some(most)) => format!("{of} of {least} to {}", plural(most, noun)),
        (Some(least), None) => format!("{of} of at least {}", plural(least, noun)),
        (None, Some(most)) => format!("{of} of at most {}", plural(most, noun)),
        (None, None) => of.to_owned(),
    }
}

/// `an integer from 1 to 500`, `a number of at least 0.5`.
pub(super) fn expected_range(of: &str, least: Option<f64>, most: Option<f64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{of} from {least} to {most}"),
        (Some(least), None) => format!("{of} of at least {least}"),
        (None, Some(most)) => format!("{of} of at most {most}"),
        (None, None) => of.to_owned(),
    }
}
