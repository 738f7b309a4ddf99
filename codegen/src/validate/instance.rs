//! Whether a value of the catalog (a default, an example, a literal) is one that a schema takes.
//!
//! Every problem is reported at its own place in the source.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Enum, Kind, MAX_ID_LENGTH, MAX_SAFE_INTEGER, Presence, Schema, StringRules, Struct};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// How much of a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// A part: properties may be left out at any depth.
    Part,
}

/// Reports everything in `node` that `schema` refuses, as problems of this code.
pub(super) fn check(node: &Node, schema: &Schema, extent: Extent, code: Code, diagnostics: &mut Diagnostics) {
    Checker { extent, code, diagnostics }.value(node, schema);
}

/// The same for the properties of an object.
pub(super) fn check_struct(node: &Node, schema: &Struct, extent: Extent, code: Code, diagnostics: &mut Diagnostics) {
    Checker { extent, code, diagnostics }.structure(node, schema);
}

/// What `schema` refuses in a value that stands in no source, in words.
pub(crate) fn faults(json: &serde_json::Value, schema: &Struct, extent: Extent, at: Span) -> Vec<String> {
    let mut diagnostics = Diagnostics::default();
    check_struct(&Node::of_json(json, at), schema, extent, Code::BadExample, &mut diagnostics);
    diagnostics.iter().map(|one| one.message().to_owned()).collect()
}

struct Checker<'a> {
    extent: Extent,
    code: Code,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn refuse(&mut self, span: Span, message: String) {
        self.diagnostics.push(Diagnostic::error(self.code, span, message));
    }

    fn value(&mut self, node: &Node, schema: &Schema) {
        match (&schema.kind, &node.value) {
            (_, Value::Broken) => {}
            (_, Value::Null) if schema.nullable => {}
            // Of a part, null says that nothing is there.
            (_, Value::Null) if self.extent == Extent::Part => {}
            (Kind::String(rules), Value::String(text)) => self.string(node.span, text, rules),
            (Kind::Uuid, Value::String(text)) => self.format(node.span, text, "a UUID", is_uuid),
            (Kind::Id, Value::String(text)) => self.format(node.span, text, "an id", is_id),
            (Kind::Date, Value::String(text)) => self.format(node.span, text, "a date (YYYY-MM-DD)", is_date),
            (Kind::Timestamp, Value::String(text)) => {
                self.format(node.span, text, "a time (RFC 3339, with `Z` or an offset)", is_timestamp);
            }
            (Kind::Moment, Value::String(text)) => self.format(node.span, text, "a date or a time", is_moment),
            (Kind::Enum(one), Value::String(text)) => self.variant(node.span, text, one),
            (Kind::Integer { minimum, maximum }, Value::Integer(number)) => {
                let least = minimum.unwrap_or(-MAX_SAFE_INTEGER);
                let greatest = maximum.unwrap_or(MAX_SAFE_INTEGER);
                if *number < least || *number > greatest {
                    self.refuse(node.span, format!("{number} is not within {least} and {greatest}"));
                }
            }
            (Kind::Number { minimum, maximum }, Value::Integer(_) | Value::Number(_)) => {
                let number = as_number(&node.value);
                if minimum.is_some_and(|least| number < least) || maximum.is_some_and(|greatest| number > greatest) {
                    self.refuse(node.span, format!("{number} is out of bounds"));
                }
            }
            (Kind::Boolean, Value::Boolean(_)) | (Kind::Object, Value::Mapping(_)) => {}
            (Kind::Array { items, min_items, max_items, unique_items }, Value::Sequence(found)) => {
                self.array(node.span, found, *min_items, *max_items);
                for item in found {
                    self.value(item, items);
                }
                if *unique_items {
                    self.unique(found);
                }
            }
            (Kind::Map(values), Value::Mapping(entries)) => {
                entries.iter().for_each(|(_, value)| self.value(value, values));
            }
            (Kind::Struct(one), Value::Mapping(_)) => self.structure(node, one),
            (kind, _) => {
                let or_null = if schema.nullable { " or null" } else { "" };
                self.refuse(node.span, format!("expected {}{or_null}, found {}", kind.describe(), node.kind()));
            }
        }
    }

    fn string(&mut self, span: Span, text: &str, rules: &StringRules) {
        let length = text.chars().count() as u64;
        if let Some(least) = rules.min_length.filter(|least| length < *least) {
            self.refuse(span, format!("too short: this has {length} characters, `minLength` is {least}"));
        }
        if let Some(greatest) = rules.max_length.filter(|greatest| length > *greatest) {
            self.refuse(span, format!("too long: this has {length} characters, `maxLength` is {greatest}"));
        }
        if let Some(pattern) = &rules.pattern
            && regex::Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
        {
            self.refuse(span, format!("`{text}` does not match `{pattern}`"));
        }
    }

    fn format(&mut self, span: Span, text: &str, wanted: &str, is: fn(&str) -> bool) {
        if !is(text) {
            self.refuse(span, format!("`{text}` is not {wanted}"));
        }
    }

    fn variant(&mut self, span: Span, text: &str, one: &Enum) {
        if !one.variants.iter().any(|variant| variant.value == text) {
            let help = did_you_mean(text, one.variants.iter().map(|variant| variant.value.as_str()));
            let diagnostic = Diagnostic::error(self.code, span, format!("`{text}` is not one of the allowed values"));
            self.diagnostics.push(diagnostic.maybe_help(help));
        }
    }

    fn array(&mut self, span: Span, found: &[Node], least: Option<u64>, greatest: Option<u64>) {
        let count = found.len() as u64;
        if let Some(least) = least.filter(|least| count < *least) {
            self.refuse(span, format!("too few: this has {count} items, `minItems` is {least}"));
        }
        if let Some(greatest) = greatest.filter(|greatest| count > *greatest) {
            self.refuse(span, format!("too many: this has {count} items, `maxItems` is {greatest}"));
        }
    }

    fn unique(&mut self, found: &[Node]) {
        let mut seen = Vec::new();
        for item in found {
            let json = item.to_json();
            if seen.contains(&json) {
                self.refuse(item.span, "this item is duplicated".to_owned());
            }
            seen.push(json);
        }
    }

    fn structure(&mut self, node: &Node, schema: &Struct) {
        let Value::Mapping(entries) = &node.value else {
            if !matches!(node.value, Value::Broken) {
                self.refuse(node.span, format!("expected an object, found {}", node.kind()));
            }
            return;
        };
        for (name, value) in entries {
            match schema.property(&name.value) {
                Some(property) => self.value(value, &property.schema),
                None if schema.has(&name.value) => {}
                None => {
                    let known = schema.properties.iter().map(|property| property.name.as_str());
                    let help = did_you_mean(&name.value, known);
                    let message = format!("there is no property `{}`", name.value);
                    self.diagnostics.push(Diagnostic::error(self.code, name.span, message).maybe_help(help));
                }
            }
        }
        if self.extent == Extent::Whole {
            for property in schema.properties.iter().filter(|property| property.presence == Presence::Required) {
                if !entries.iter().any(|(name, _)| name.value == property.name) {
                    self.refuse(node.span, format!("the property `{}` is missing", property.name));
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "integers of the catalog are within ±2^53")]
fn as_number(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => *number as f64,
        Value::Number(number) => *number,
        _ => 0.0,
    }
}

pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.concat().chars().all(|one| one.is_ascii_hexdigit())
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&text.len())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || "_-:.".contains(one))
}

/// The number that some digits make.
fn digits(text: &str, length: usize) -> Option<u32> {
    let all = text.len() == length && text.chars().all(|one| one.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some((clock, offset)) = split_offset(time) else { return false };
    let whole = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    is_date(date) && whole.matches(':').count() == 2 && is_clock(clock) && is_offset(offset)
}

/// A date, a local time, or a time with an offset; seconds may be left out.
fn is_moment(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return is_date(text) };
    let (clock, offset) = split_offset(time).unwrap_or((time, "00:00"));
    is_date(date) && is_clock(clock) && is_offset(offset)
}

/// A time of day, and its offset.
fn split_offset(time: &str) -> Option<(&str, &str)> {
    match time.strip_suffix('Z') {
        Some(clock) => Some((clock, "00:00")),
        None => time.rsplit_once(['+', '-']),
    }
}

/// `09:00`, `09:00:00` or `09:00:00.000`
fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let sound = match parts.as_slice() {
        [hour, minute] => !text.contains('.') && is_below(hour, 24) && is_below(minute, 60),
        [hour, minute, second] => is_below(hour, 24) && is_below(minute, 60) && is_below(second, 60),
        _ => false,
    };
    sound && (1..=9).contains(&fraction.len()) && fraction.chars().all(|one| one.is_ascii_digit())
}

fn is_offset(text: &str) -> bool {
    text.split_once(':').is_some_and(|(hours, minutes)| is_below(hours, 24) && is_below(minutes, 60))
}

/// Whether this is a number of two digits below an end.
fn is_below(text: &str, end: u32) -> bool {
    digits(text, 2).is_some_and(|number| number < end)
}
