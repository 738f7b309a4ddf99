//! The fields of a record in little room, and mostly in two blocks of memory: values in eight bytes, and the id, short texts and
//! times in one string, where each is written once. The names stand apart, once for all records that have the same ones
//! ([`super::shape`]). As ordinary JSON values, a table of small rows takes several times the bytes that it came in.

use std::{
    mem::{size_of, size_of_val},
    sync::Arc,
};

use serde_json::{Number, Value};
use triomphe::ThinArc;

use super::shape::{Shape, Shapes};
use crate::{decode::tree, log::Cell};

/// Longer texts stand by themselves, so that a change of another field does not copy them.
const LONG: u16 = 256;
/// So many places back a text is looked for before it is written again: a row's times are often one, and so is its space.
const LOOK_BACK: usize = 32;
/// What an allocator keeps beside each block that it hands out.
const BLOCK: usize = size_of::<[usize; 2]>();
/// Fields of a usual record, for which room is made at once.
const USUAL_FIELDS: usize = 14;
/// Room that is kept from one record to the next.
const KEPT_ROOM: usize = 64 << 10;

/// A value as it is stored, encrypted where its writer encrypted it.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
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
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value by itself.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String((*text).to_owned()),
            // It was written from a value, so it is no deeper than can be read.
            Self::Array(json) | Self::Object(json) => tree::from_str(json).unwrap_or_default(),
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

/// A record's id, and its fields with their times, sorted by name. A clone shares them.
#[derive(Debug, Clone)]
pub(super) struct Fields(ThinArc<Head, Packed>);

/// What stands before the values.
#[derive(Debug)]
struct Head {
    shape: Shape,
    times: Times,
    /// Begins with the id.
    text: Box<str>,
    id: u32,
    apart: Box<[Apart]>,
}

/// When the fields were set: most records have one time for all.
#[derive(Debug)]
enum Times {
    One(Span),
    Each(Box<[Span]>),
}

/// A place in the text of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
enum Packed {
    Null,
    Bool(bool),
    Integer(i32),
    /// In the text of the record.
    Short {
        kind: Kind,
        len: u16,
        start: u32,
    },
    /// Its place among the values that stand apart.
    Apart(u32),
}

const _: () = assert!(size_of::<Packed>() == 8);

/// A value that has no room among the others.
#[derive(Debug, Clone)]
enum Apart {
    Number(Number),
    Long(Kind, Arc<str>),
}

/// What a text is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Array,
    Object,
}

impl Fields {
    /// The record's id.
    pub(super) fn id(&self) -> &str {
        self.text(Span { start: 0, end: self.head().id })
    }

    /// Whether there are all that a record needs.
    pub(super) fn is_whole(&self) -> bool {
        self.head().shape.is_whole()
    }

    /// A field's value.
    pub(super) fn get(&self, name: &str) -> Option<Stored<'_>> {
        self.value(self.head().shape.place(name)?)
    }

    /// When a field was set; empty where nobody said when.
    pub(super) fn at(&self, name: &str) -> Option<&str> {
        self.at_place(self.head().shape.place(name)?)
    }

    /// The earliest time at which any of them was set.
    pub(super) fn earliest(&self) -> Option<&str> {
        self.iter().filter_map(|(_, at, _)| at).filter(|at| !at.is_empty()).min()
    }

    /// Names, times and values, by name.
    fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<Stored<'_>>)> {
        let named = self.head().shape.names().enumerate();
        named.map(|(place, name)| (name, self.at_place(place), self.value(place)))
    }

    /// An estimate of the memory that they take beside their own place.
    pub(super) fn bytes(&self) -> usize {
        let Head { shape, times, text, apart, .. } = self.head();
        let times = match times {
            Times::One(_) => 0,
            Times::Each(times) => BLOCK + size_of::<Span>() * times.len(),
        };
        let long = apart.iter().map(|value| match value {
            Apart::Number(_) => 0,
            Apart::Long(_, text) => text.len() + size_of::<[usize; 2]>() + BLOCK,
        });
        let apart = if apart.is_empty() { 0 } else { BLOCK + size_of::<Apart>() * apart.len() + long.sum::<usize>() };
        let values = size_of_val(self.values());
        // An Arc's counter, and the number of the values.
        size_of::<[usize; 2]>()
            + size_of::<Head>()
            + values
            + text.len()
            + 2 * BLOCK
            + times
            + apart
            + shape.own_bytes()
    }

    fn head(&self) -> &Head {
        &self.0.header.header
    }

    fn values(&self) -> &[Packed] {
        &self.0.slice
    }

    fn value(&self, place: usize) -> Option<Stored<'_>> {
        Some(match *self.values().get(place)? {
            Packed::Null => Stored::Null,
            Packed::Bool(value) => Stored::Bool(value),
            Packed::Integer(number) => Stored::Number(number.into()),
            Packed::Short { kind, len, start } => kind.stored(self.text(Span::new(start, len))),
            Packed::Apart(place) => match self.apart(place)? {
                Apart::Number(number) => Stored::Number(number.clone()),
                Apart::Long(kind, text) => kind.stored(text),
            },
        })
    }

    fn at_place(&self, place: usize) -> Option<&str> {
        let at = match &self.head().times {
            Times::One(at) => *at,
            Times::Each(times) => *times.get(place)?,
        };
        Some(self.text(at))
    }

    fn apart(&self, place: u32) -> Option<&Apart> {
        self.head().apart.get(place as usize)
    }

    /// The text at a place; that was made with it.
    fn text(&self, place: Span) -> &str {
        place.of(&self.head().text)
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.iter().eq(other.iter())
    }
}

impl Span {
    fn new(start: u32, len: u16) -> Self {
        Self { start, end: start.saturating_add(len.into()) }
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Kind {
    fn stored(self, text: &str) -> Stored<'_> {
        match self {
            Self::Text => Stored::Text(text),
            Self::Array => Stored::Array(text),
            Self::Object => Stored::Object(text),
        }
    }
}

/// Writes the fields of one record after the other, in room that it keeps.
#[derive(Debug, Default)]
pub(super) struct Packer {
    shapes: Shapes,
    values: Vec<Packed>,
    times: Vec<Span>,
    text: String,
    apart: Vec<Apart>,
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
        let (mut names, mut place) = (Vec::with_capacity(USUAL_FIELDS), 0);
        let old = |place| standing.and_then(|fields| Some((fields, fields.head().shape.name(place)?)));
        let mut stamped = None;
        for field in incoming {
            while let Some((fields, name)) = old(place).filter(|(_, name)| *name < field.name) {
                self.keep(fields, place);
                names.push(name);
                place += 1;
            }
            let same = old(place).filter(|(_, name)| *name == field.name).map(|(fields, _)| fields);
            match same {
                Some(fields) if fields.at_place(place) > Some(field.at) => self.keep(fields, place),
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
            names.push(field.name);
            place += usize::from(same.is_some());
        }
        while let Some((fields, name)) = old(place) {
            self.keep(fields, place);
            names.push(name);
            place += 1;
        }
        debug_assert_eq!(names.len(), self.values.len(), "a value for each name");
        let times = match self.times.split_first() {
            Some((one, others)) if others.iter().all(|other| other == one) => Times::One(*one),
            _ => Times::Each(self.times.as_slice().into()),
        };
        let head = Head {
            shape: self.shapes.of(&names),
            times,
            text: self.text.as_str().into(),
            id: id.end,
            apart: self.apart.drain(..).collect(),
        };
        let fields = Fields(ThinArc::from_header_and_slice(head, &self.values));
        self.text.clear();
        self.text.shrink_to(KEPT_ROOM);
        empty(&mut self.values);
        empty(&mut self.times);
        empty(&mut self.places);
        empty(&mut self.apart);
        fields
    }

    /// An estimate of the memory that the names take, which stand beside the records.
    pub(super) fn bytes(&self) -> usize {
        self.shapes.bytes()
    }

    fn keep(&mut self, from: &Fields, place: usize) {
        let (Some(value), Some(at)) = (from.values().get(place), from.at_place(place)) else { return };
        let at = self.write(at);
        let value = match *value {
            Packed::Short { kind, len, start } => self.short(kind, from.text(Span::new(start, len)), len),
            Packed::Apart(place) => from.apart(place).map_or(Packed::Null, |value| self.apart(value.clone())),
            other => other,
        };
        self.values.push(value);
        self.times.push(at);
    }

    fn add(&mut self, at: Span, value: &Cell<'_>) {
        let value = match value {
            Cell::Null => Packed::Null,
            Cell::Bool(value) => Packed::Bool(*value),
            Cell::Number(number) => match number.as_i64().and_then(|number| number.try_into().ok()) {
                Some(integer) => Packed::Integer(integer),
                None => self.apart(Apart::Number(number.clone())),
            },
            Cell::Text(text) => self.text(Kind::Text, text),
            Cell::Array(json) => self.text(Kind::Array, json),
            Cell::Object(json) => self.text(Kind::Object, json),
        };
        self.values.push(value);
        self.times.push(at);
    }

    fn text(&mut self, kind: Kind, text: &str) -> Packed {
        match u16::try_from(text.len()) {
            Ok(len) if len <= LONG => self.short(kind, text, len),
            _ => self.apart(Apart::Long(kind, text.into())),
        }
    }

    fn short(&mut self, kind: Kind, text: &str, len: u16) -> Packed {
        Packed::Short { kind, len, start: self.write(text).start }
    }

    fn apart(&mut self, value: Apart) -> Packed {
        self.apart.push(value);
        Packed::Apart(offset(self.apart.len() - 1))
    }

    /// The place of a text, which is written where it does not stand yet.
    fn write(&mut self, text: &str) -> Span {
        let is_it = |place: &&Span| place.len() == text.len() && place.of(&self.text) == text;
        let known = self.places.iter().rev().take(LOOK_BACK).find(is_it);
        if let Some(known) = known {
            return *known;
        }
        let start = offset(self.text.len());
        self.text.push_str(text);
        let span = Span { start, end: offset(self.text.len()) };
        self.places.push(span);
        span
    }
}

/// Nothing comes near 4 Gi of anything: the memory of all replicas is bounded far below.
pub(super) fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn empty<T>(room: &mut Vec<T>) {
    room.clear();
    room.shrink_to(KEPT_ROOM / size_of::<T>());
}

#[cfg(test)]
mod tests;
