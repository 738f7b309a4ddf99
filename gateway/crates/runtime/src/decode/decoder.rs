//! How a type is read from JSON: what it says of itself, and where a decode stands (path, secrecy) and what it has found
//! wrong so far.

use serde::Serialize;
use serde_json::Value;

use super::lenient::{self, Correction, TextBudget};
use super::nearest;
use super::path::{self, Segment};
use super::violation::{self, Violation, Violations};
use super::{JsonObject, Rules, Scalar};
use crate::encode::JsonOut;

/// Most violations that are kept and told one by one.
const KEPT: usize = 32;
/// Most known properties that a message lists.
const LISTED: usize = 20;

/// A type that is read from JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "not `Decode`",
    note = "integers are `i64`, numbers `f64`; a type of your own derives `Input`"
)]
pub trait Decode: Sized {
    /// What a value has to be, in words: `a string`, `one of "low", "high"`.
    fn expected() -> String;

    /// Reads `value` under `rules`. `None` means that at least one violation was reported to `at`.
    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self>;

    /// Reads a value that another program stored, as [`decode_stored`] reads it. `None` where it is of another type.
    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        decode_stored(&value.to_value()).ok()
    }

    /// Writes a value that another program stored, as [`Decode::of_stored`] reads it: `None` where it is of another type, or
    /// has no JSON. For types whose stored form can be written as it is, this spares reading it.
    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()>
    where
        Self: Serialize,
    {
        out.value(&Self::of_stored(value)?).ok()
    }

    /// Reads an object whose wrapping [`Value`] is not at hand. Structs read it in place; the copy is for the others.
    fn decode_object(object: &JsonObject, at: &mut Decoder) -> Option<Self> {
        Self::decode(&Value::Object(object.clone()), &Rules::NONE, at)
    }
}

/// Reads a value that another program stored: unknown properties are skipped and only types are checked. Stored values
/// may be secret, so the violations tell shapes and never values.
///
/// # Errors
/// All places where the value is not of the type.
pub fn decode_stored<T: Decode>(value: &Value) -> Result<T, Violations> {
    let mut decoder = Decoder::new(Mode::Stored);
    let decoded = T::decode(value, &Rules::NONE, &mut decoder);
    decoder.finish(decoded)
}

/// Whose value is read, and so how strictly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A caller's arguments: unknown properties are refused and every keyword is checked.
    Input,
    /// A row of another writer: unknown properties are skipped, only types are checked.
    Stored,
}

/// The state of one decode.
#[derive(Debug)]
pub struct Decoder {
    mode: Mode,
    path: Vec<Segment>,
    /// Whether the present value is, or lies within, a sensitive one.
    sensitive: bool,
    /// Whether null would have been right for the present value.
    nullable: bool,
    kept: Vec<Violation>,
    total: usize,
    corrections: Vec<Correction>,
    texts: TextBudget,
}

impl Decoder {
    /// A decode that has found nothing yet. Stored values may be secret: none of them is ever shown.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            path: Vec::new(),
            sensitive: mode == Mode::Stored,
            nullable: false,
            kept: Vec::new(),
            total: 0,
            corrections: Vec::new(),
            texts: TextBudget::default(),
        }
    }

    /// Ends the decode.
    ///
    /// # Errors
    /// All violations that were reported.
    pub fn finish<T>(self, decoded: Option<T>) -> Result<T, Violations> {
        match decoded {
            Some(decoded) if self.total == 0 => Ok(decoded),
            _ => Err(Violations::new(self.kept, self.total)),
        }
    }

    /// What was read otherwise than it came.
    pub(super) fn take_corrections(&mut self) -> Vec<Correction> {
        std::mem::take(&mut self.corrections)
    }

    /// Whether values are held against all their keywords.
    pub(super) fn checks_keywords(&self) -> bool {
        self.mode == Mode::Input
    }

    /// Reports that `value` is not of type `T`.
    pub fn mismatch<T: Decode>(&mut self, value: &Value) -> Option<T> {
        self.broken(value, T::expected);
        None
    }

    /// Reports that `value` is not what was expected.
    pub(super) fn broken(&mut self, value: &Value, expected: impl FnOnce() -> String) {
        let show = if self.sensitive { violation::shape } else { violation::scalar_or_shape };
        self.report(expected, || show(value));
    }

    /// Reports a violation at the present place. The texts are only made where they are kept.
    pub(super) fn report(&mut self, expected: impl FnOnce() -> String, got: impl FnOnce() -> String) {
        self.total = self.total.saturating_add(1);
        if self.kept.len() < KEPT {
            let mut expected = expected();
            if self.nullable {
                expected.push_str(" or null");
            }
            self.kept.push(Violation { path: path::pointer(&self.path), expected, got: got() });
        }
    }

    /// Reads an object's members with `read`, once the object's shape is known to be right.
    pub fn object<T: Decode>(&mut self, value: &Value) -> Option<T> {
        match value {
            Value::Object(object) => T::decode_object(object, self),
            _ => self.read_json_text(value, &Rules::NONE, Value::is_object),
        }
    }

    /// Reads a value of which another kind is wanted, where it is a text that holds JSON of that kind (input only).
    pub(super) fn read_json_text<T: Decode>(
        &mut self,
        value: &Value,
        rules: &Rules,
        is_wanted: fn(&Value) -> bool,
    ) -> Option<T> {
        let text = value.as_str().filter(|_| self.mode == Mode::Input);
        let Some(parsed) = text.and_then(|text| lenient::parse(text, &self.texts)).filter(is_wanted) else {
            return self.mismatch(value);
        };
        let decoded = T::decode(&parsed, rules, self);
        self.corrections.push(Correction { path: self.path.clone(), value: Some(parsed) });
        decoded
    }

    /// Whether a property that may be absent is: null says so too (input only).
    fn given<'a>(&mut self, object: &'a JsonObject, name: &'static str) -> Option<&'a Value> {
        let value = object.get(name)?;
        if self.mode == Mode::Stored || !value.is_null() {
            return Some(value);
        }
        let mut path = self.path.clone();
        path.push(Segment::Property(name));
        self.corrections.push(Correction { path, value: None });
        None
    }

    /// Refuses the properties of `object` that are not among `known` (input only).
    pub fn refuse_unknown(&mut self, object: &JsonObject, known: &'static [&'static str]) {
        if self.mode == Mode::Stored {
            return;
        }
        for (name, value) in object.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            self.total = self.total.saturating_add(1);
            if self.kept.len() < KEPT {
                let unknown = self.unknown(name, value, known);
                self.kept.push(unknown);
            }
        }
    }

    /// Reads a property that must be there.
    pub fn required<T: Decode>(&mut self, object: &JsonObject, name: &'static str, rules: &Rules) -> Option<T> {
        if let Some(value) = object.get(name) {
            return self.enter(Segment::Property(name), value, rules);
        }
        self.missing::<T>(name);
        None
    }

    /// Reads a property that may be absent: `Some(None)`.
    pub fn optional<T: Decode>(&mut self, object: &JsonObject, name: &'static str, rules: &Rules) -> Option<Option<T>> {
        match self.given(object, name) {
            Some(value) => self.enter(Segment::Property(name), value, rules).map(Some),
            None => Some(None),
        }
    }

    /// Reads a property that stands for `default` where it is absent.
    pub fn defaulted<T: Decode>(
        &mut self,
        object: &JsonObject,
        name: &'static str,
        rules: &Rules,
        default: impl FnOnce() -> Value,
    ) -> Option<T> {
        match self.given(object, name) {
            Some(value) => self.enter(Segment::Property(name), value, rules),
            None => self.enter(Segment::Property(name), &default(), rules),
        }
    }

    /// Reads an item of an array.
    pub(super) fn item<T: Decode>(&mut self, index: usize, value: &Value, rules: &Rules) -> Option<T> {
        self.enter(Segment::Item(index), value, rules)
    }

    /// Reads a value for which null would have been right too.
    pub(super) fn or_null<T: Decode>(&mut self, value: &Value, rules: &Rules) -> Option<T> {
        let outer = std::mem::replace(&mut self.nullable, true);
        let decoded = T::decode(value, rules, self);
        self.nullable = outer;
        decoded
    }

    fn enter<T: Decode>(&mut self, segment: Segment, value: &Value, rules: &Rules) -> Option<T> {
        let outer = (self.sensitive, self.nullable);
        self.sensitive |= rules.sensitive;
        self.nullable = false;
        self.path.push(segment);
        let decoded = T::decode(value, rules, self);
        self.path.pop();
        (self.sensitive, self.nullable) = outer;
        decoded
    }

    fn missing<T: Decode>(&mut self, name: &'static str) {
        let nullable = std::mem::replace(&mut self.nullable, false);
        self.path.push(Segment::Property(name));
        self.report(T::expected, || "nothing: the property is required".to_owned());
        self.path.pop();
        self.nullable = nullable;
    }

    /// An unknown property. Its value is reported by shape alone, since it may be a secret under a misspelt name; within a
    /// sensitive value its name is content too.
    fn unknown(&self, name: &str, value: &Value, known: &'static [&'static str]) -> Violation {
        let mut path = path::pointer(&self.path);
        if self.sensitive {
            return Violation { path, expected: listed(known), got: "an unknown property".to_owned() };
        }
        path::push_token(&mut path, &violation::shown_name(name));
        let expected = match nearest(name, known.iter().copied()) {
            Some(nearest) => format!("no such property (did you mean `{nearest}`?)"),
            None => listed(known),
        };
        Violation { path, expected, got: format!("an unknown property: {}", violation::shape(value)) }
    }
}

fn listed(known: &'static [&'static str]) -> String {
    if known.is_empty() {
        return "no properties".to_owned();
    }
    let names: Vec<_> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > LISTED { ", …" } else { "" };
    format!("only the properties {}{more}", names.join(", "))
}
