//! Bounds on the shape of JSON that a client sent, looked at before it is built in memory: a value of two bytes (`[]`) takes
//! a hundred times as much once it is parsed.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Values in one body: about 10 MiB once they are parsed, beside their texts.
pub(super) const MAX_VALUES: usize = 100_000;
/// Levels of one body; the parser itself takes 127.
pub const MAX_DEPTH: usize = 100;
/// A shorter body cannot hold too many values.
const LOOKED_AT_FROM: usize = MAX_VALUES;

/// A body that would take too much memory or stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shape {
    /// More values than memory is meant for.
    #[error("The body holds more than {MAX_VALUES} values: send less at once.")]
    TooManyValues,
    /// More levels than the stack is meant for.
    #[error("The body is nested more deeply than {MAX_DEPTH} levels.")]
    TooDeep,
}

/// Looks whether a body that is about to be parsed holds too many values.
///
/// # Errors
/// It does, or is nested too deeply.
pub fn check(body: &[u8]) -> Result<(), Shape> {
    if body.len() < LOOKED_AT_FROM { Ok(()) } else { look(body).map_or(Ok(()), Err) }
}

/// What is wrong with the shape of a body, if that is what is wrong with it.
#[must_use]
pub fn look(body: &[u8]) -> Option<Shape> {
    look_within(body, &Cell::new(MAX_VALUES))
}

/// As [`look`], with a number of values that several texts share.
pub(super) fn look_within(json: &[u8], left: &Cell<usize>) -> Option<Shape> {
    let found = Cell::new(None);
    let looker = Looker { depth: 0, left, found: &found };
    // What else is wrong with it, its parser tells.
    let _ = looker.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found.get()
}

/// Walks over one value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Looker<'a> {
    depth: usize,
    left: &'a Cell<usize>,
    found: &'a Cell<Option<Shape>>,
}

impl Looker<'_> {
    fn refuse<E: Error>(self, shape: Shape) -> E {
        self.found.set(Some(shape));
        E::custom(shape)
    }

    fn inside<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH { Err(self.refuse(Shape::TooDeep)) } else { Ok(Self { depth, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Looker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else { return Err(self.refuse(Shape::TooManyValues)) };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Looker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while members.next_key_seed(inside)?.is_some() {
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(items: usize) -> String {
        format!("[{}0]", "0,".repeat(items - 1))
    }

    fn nested(levels: usize) -> String {
        "[".repeat(levels) + &"]".repeat(levels)
    }

    #[test]
    fn values_are_counted_wherever_they_stand() {
        // The array itself counts too.
        assert_eq!(check(array(MAX_VALUES - 1).as_bytes()), Ok(()));
        assert_eq!(check(array(MAX_VALUES).as_bytes()), Err(Shape::TooManyValues));
        let empty = format!("{{\"a\":[{}[]]}}", "[],".repeat(MAX_VALUES));
        assert_eq!(check(empty.as_bytes()), Err(Shape::TooManyValues));
        let members: Vec<String> = (0..MAX_VALUES).map(|member| format!("\"{member}\":null")).collect();
        assert_eq!(check(format!("{{{}}}", members.join(",")).as_bytes()), Err(Shape::TooManyValues));
        assert_eq!(check(format!("\"{}\"", "x,[".repeat(MAX_VALUES)).as_bytes()), Ok(()));
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(look(nested(MAX_DEPTH).as_bytes()), None);
        assert_eq!(look(nested(MAX_DEPTH + 1).as_bytes()), Some(Shape::TooDeep));
        assert_eq!(look(&b"["[..].repeat(1_000_000)), Some(Shape::TooDeep));
    }

    #[test]
    fn what_is_no_json_is_not_judged() {
        for body in ["", "{", "nonsense", "[1e400]", "\"\\ud800\""] {
            assert_eq!(look(body.as_bytes()), None, "{body}");
        }
    }
}
