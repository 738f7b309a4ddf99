//! Arguments as models send them, where only one thing can be meant: null for a property that may be absent, and JSON text
//! in place of an array or an object.

use std::cell::Cell;

use serde_json::Value;

use super::path::Segment;
use super::{JsonObject, shape, tree};

/// How often arguments were read otherwise than they came, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniencies {
    /// Null stood for an absent property.
    pub nulls: u64,
    /// Text stood for an array or an object.
    pub json_texts: u64,
}

/// A place whose value was read otherwise than it came.
#[derive(Debug)]
pub(super) struct Correction {
    pub(super) path: Vec<Segment>,
    /// What was read; none where the property is absent.
    pub(super) value: Option<Value>,
}

/// The values that all texts of one call may hold: as many as a body.
#[derive(Debug)]
pub(super) struct TextBudget(Cell<usize>);

impl Default for TextBudget {
    fn default() -> Self {
        Self(Cell::new(shape::MAX_VALUES))
    }
}

/// The object that a text holds, where all arguments came as text.
#[must_use]
pub fn parse_object(text: &str) -> Option<JsonObject> {
    match parse(text, &TextBudget::default()) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The array or object that a text holds, within the bounds of a body.
pub(super) fn parse(text: &str, budget: &TextBudget) -> Option<Value> {
    let is_compound = text.trim_ascii_start().starts_with(['[', '{']);
    if !is_compound || shape::look_within(text.as_bytes(), &budget.0).is_some() {
        return None;
    }
    tree::from_str(text).ok()
}

/// Rewrites arguments to what was read of them.
pub(super) fn apply(mut corrections: Vec<Correction>, arguments: &mut JsonObject) -> Leniencies {
    let mut counts = Leniencies::default();
    // A text before what was corrected in it.
    corrections.sort_by_key(|correction| correction.path.len());
    for Correction { path, value } in corrections {
        let counted = if value.is_some() { &mut counts.json_texts } else { &mut counts.nulls };
        *counted += 1;
        correct(&path, value, arguments);
    }
    counts
}

fn correct(path: &[Segment], value: Option<Value>, arguments: &mut JsonObject) {
    let Some((Segment::Property(first), rest)) = path.split_first() else { return };
    if rest.is_empty() && value.is_none() {
        arguments.shift_remove(*first);
        return;
    }
    let Some(mut place) = arguments.get_mut(*first) else { return };
    let mut rest = rest.iter().peekable();
    while let Some(segment) = rest.next() {
        let inner = match (segment, place) {
            (Segment::Property(name), Value::Object(object)) if rest.peek().is_none() && value.is_none() => {
                object.shift_remove(*name);
                return;
            }
            (Segment::Property(name), Value::Object(object)) => object.get_mut(*name),
            (Segment::Item(index), Value::Array(items)) => items.get_mut(*index),
            _ => None,
        };
        let Some(inner) = inner else { return };
        place = inner;
    }
    if let Some(value) = value {
        *place = value;
    }
}
