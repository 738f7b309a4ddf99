//! The fields of a record in little room: values in 16 bytes, times once where they are one, and the id, short texts and times in
//! one string, where each is written once. The names stand apart, once for all records that have the same ones
//! ([`super::shape`]). As ordinary JSON values, a table of small rows takes several times the bytes that it came in.

use std::{mem::size_of, sync::Arc};

use serde_json::{Number, Value};

use super::shape::{Shape, Shapes};
use crate::backend::Cell;

/// Longer texts stand by themselves, so that a change of another field does not copy them.
const LONG: usize = 256;
/// So many places back a text is looked for before it is written again: a row's times are often one, and so is its space.
const LOOK_BACK: usize = 32;
/// What an allocator keeps beside each block that it hands out.
const BLOCK: usize = size_of::<[usize; 2]>();
/// Fields of a usual record, for which room is made at once.
const USUAL_FIELDS: usize = 14;
/// Room that is kept from one record to the next.
const KEPT_ROOM: usize = 64 << 10;

/// A value as it is stored, encrypted where its writer encrypted it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stored<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A string.
    Text(&'a str),
    /// The JSON of an array.
    Array(&'a str),
    /// The JSON of an object.
    Object(&'a str),
}

impl<'a> Stored<'a> {
    /// The text, where it is one.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value by itself.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.to_owned()),
            // This module wrote it.
            Self::Array(json) | Self::Object(json) => serde_json::from_str(json).unwrap_or_default(),
        }
    }
}

/// A field that is to be merged into a record's.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) name: &'a str,
    pub(super) at: &'a str,
    pub(super) value: &'a Cell<'a>,
}

/// A record's id, and its fields with their times, sorted by name.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    shape: Shape,
    values: Box<[Packed]>,
    times: Times,
    /// Begins with the id.
    text: Box<str>,
    id: u32,
}

/// When the fields were set: most records have one time for all.
#[derive(Debug, Clone)]
enum Times {
    One(Span),
    Each(Box<[Span]>),
}

/// A field; its name stands in the shape.
#[derive(Debug, Clone, Copy)]
struct Slot<'a> {
    at: Span,
    value: &'a Packed,
}

/// A place in the text of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone)]
enum Packed {
    Null,
    Bool(bool),
    Number(Number),
    Text(Span),
    Array(Span),
    Object(Span),
    LongText(Arc<Box<str>>),
    LongArray(Arc<Box<str>>),
    LongObject(Arc<Box<str>>),
}

impl Fields {
    /// The record's id.
    pub(super) fn id(&self) -> &str {
        Span { start: 0, end: self.id }.of(&self.text)
    }

    /// Whether there are all that a record needs.
    pub(super) fn is_whole(&self) -> bool {
        self.shape.is_whole()
    }

    /// A field's value.
    pub(super) fn get(&self, name: &str) -> Option<Stored<'_>> {
        self.find(name).map(|slot| self.value(slot))
    }

    /// When a field was set; empty where nobody said when.
    pub(super) fn at(&self, name: &str) -> Option<&str> {
        self.find(name).map(|slot| self.text(slot.at))
    }

    /// Names, times and values, by name.
    fn iter(&self) -> impl Iterator<Item = (&str, &str, Stored<'_>)> {
        self.named().map(|(name, slot)| (name, self.text(slot.at), self.value(slot)))
    }

    /// An estimate of the memory that they take beside their own place.
    pub(super) fn bytes(&self) -> usize {
        let long = self.values.iter().map(|value| match value {
            Packed::LongText(text) | Packed::LongArray(text) | Packed::LongObject(text) => {
                text.len() + size_of::<[usize; 4]>() + 2 * BLOCK
            }
            _ => 0,
        });
        let text = self.text.len() + long.sum::<usize>();
        let times = match &self.times {
            Times::One(_) => 0,
            Times::Each(times) => BLOCK + size_of::<Span>() * times.len(),
        };
        2 * BLOCK + size_of::<Packed>() * self.values.len() + times + text + self.shape.own_bytes()
    }

    fn named(&self) -> impl Iterator<Item = (&str, Slot<'_>)> {
        self.shape.names().enumerate().filter_map(|(place, name)| Some((name, self.slot(place)?)))
    }

    fn find(&self, name: &str) -> Option<Slot<'_>> {
        self.slot(self.shape.place(name)?)
    }

    fn slot(&self, place: usize) -> Option<Slot<'_>> {
        let at = match &self.times {
            Times::One(at) => *at,
            Times::Each(times) => *times.get(place)?,
        };
        Some(Slot { at, value: self.values.get(place)? })
    }

    fn value<'a>(&'a self, slot: Slot<'a>) -> Stored<'a> {
        match slot.value {
            Packed::Null => Stored::Null,
            Packed::Bool(value) => Stored::Bool(*value),
            Packed::Number(number) => Stored::Number(number),
            Packed::Text(span) => Stored::Text(self.text(*span)),
            Packed::Array(span) => Stored::Array(self.text(*span)),
            Packed::Object(span) => Stored::Object(self.text(*span)),
            Packed::LongText(text) => Stored::Text(text),
            Packed::LongArray(text) => Stored::Array(text),
            Packed::LongObject(text) => Stored::Object(text),
        }
    }

    fn text(&self, span: Span) -> &str {
        span.of(&self.text)
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.iter().eq(other.iter())
    }
}

impl Span {
    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The text at this place. Spans are made with the text that they are in.
    fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Writes the fields of one record after the other, in room that it keeps.
#[derive(Debug, Default)]
pub(super) struct Packer {
    shapes: Shapes,
    values: Vec<Packed>,
    times: Vec<Span>,
    text: String,
    /// The last places that were written.
    places: Vec<Span>,
}

impl Packer {
    /// A packer of records that need these fields.
    pub(super) fn new(required: Vec<&'static str>) -> Self {
        Self { shapes: Shapes::new(required), ..Self::default() }
    }

    /// A record's fields with others that are sorted by name, each of which counts where its time is later than or equal
    /// to that of the one that stands.
    pub(super) fn pack<'a>(
        &mut self,
        id: &str,
        standing: Option<&'a Fields>,
        incoming: impl Iterator<Item = Incoming<'a>>,
    ) -> Fields {
        let id = self.write(id);
        let mut names = Vec::with_capacity(USUAL_FIELDS);
        let mut old =
            standing.into_iter().flat_map(|fields| fields.named().map(move |field| (fields, field))).peekable();
        let mut stamped = None;
        for field in incoming {
            while let Some((fields, (name, smaller))) = old.next_if(|(_, (name, _))| *name < field.name) {
                names.push(name);
                self.keep(fields, smaller);
            }
            names.push(field.name);
            match old.next_if(|(_, (name, _))| *name == field.name) {
                Some((fields, (_, slot))) if fields.text(slot.at) > field.at => self.keep(fields, slot),
                _ => {
                    // Most rows have one time for all.
                    let at = match stamped {
                        Some((known, at)) if known == field.at => at,
                        _ => self.write(field.at),
                    };
                    stamped = Some((field.at, at));
                    self.add(at, field.value);
                }
            }
        }
        for (fields, (name, slot)) in old {
            names.push(name);
            self.keep(fields, slot);
        }
        let times = match self.times.split_first() {
            Some((one, others)) if others.iter().all(|other| other == one) => Times::One(*one),
            _ => Times::Each(self.times.as_slice().into()),
        };
        let fields = Fields {
            shape: self.shapes.of(&names),
            values: self.values.drain(..).collect(),
            times,
            text: self.text.as_str().into(),
            id: id.end,
        };
        self.text.clear();
        self.places.clear();
        self.times.clear();
        self.text.shrink_to(KEPT_ROOM);
        self.values.shrink_to(KEPT_ROOM / size_of::<Packed>());
        self.times.shrink_to(KEPT_ROOM / size_of::<Span>());
        self.places.shrink_to(KEPT_ROOM / size_of::<Span>());
        fields
    }

    /// An estimate of the memory that the names take, which stand beside the records.
    pub(super) fn bytes(&self) -> usize {
        self.shapes.bytes()
    }

    fn keep(&mut self, from: &Fields, slot: Slot<'_>) {
        let at = self.write(from.text(slot.at));
        let value = match slot.value {
            Packed::Text(span) => Packed::Text(self.write(from.text(*span))),
            Packed::Array(span) => Packed::Array(self.write(from.text(*span))),
            Packed::Object(span) => Packed::Object(self.write(from.text(*span))),
            other => other.clone(),
        };
        self.values.push(value);
        self.times.push(at);
    }

    fn add(&mut self, at: Span, value: &Cell<'_>) {
        let value = match value {
            Cell::Null => Packed::Null,
            Cell::Bool(value) => Packed::Bool(*value),
            Cell::Number(number) => Packed::Number(number.clone()),
            Cell::Text(text) if text.len() > LONG => Packed::LongText(long(text)),
            Cell::Text(text) => Packed::Text(self.write(text)),
            Cell::Array(json) if json.len() > LONG => Packed::LongArray(long(json)),
            Cell::Array(json) => Packed::Array(self.write(json)),
            Cell::Object(json) if json.len() > LONG => Packed::LongObject(long(json)),
            Cell::Object(json) => Packed::Object(self.write(json)),
        };
        self.values.push(value);
        self.times.push(at);
    }

    /// The place of a text, which is written where it does not stand yet.
    fn write(&mut self, text: &str) -> Span {
        let is_it = |place: &&Span| place.len() == text.len() && place.of(&self.text) == text;
        let known = self.places.iter().rev().take(LOOK_BACK).find(is_it);
        if let Some(known) = known {
            return *known;
        }
        let start = self.text.len();
        self.text.push_str(text);
        // A record's short texts come nowhere near 4 GiB: the memory of all replicas is bounded far below.
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let span = Span { start: place(start), end: place(self.text.len()) };
        self.places.push(span);
        span
    }
}

fn long(text: &str) -> Arc<Box<str>> {
    Arc::new(text.into())
}
