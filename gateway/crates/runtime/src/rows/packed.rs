//! The fields of a record in little room, and mostly in two blocks of memory: values in eight bytes, and the id, short texts and
//! times in one string, where each is written once. The names stand apart, once for all records that have the same ones
//! ([`super::shape`]). As ordinary JSON values, a table of small rows takes several times the bytes that it came in.

use std::{
    mem::{size_of, size_of_val},
    sync::Arc,
};

use serde_json::Number;
use triomphe::ThinArc;

use super::{shape::Shape, stored::Stored};

/// What an allocator keeps beside each block that it hands out.
const BLOCK: usize = size_of::<[usize; 2]>();

/// A record's id, and its fields with their times, sorted by name. A clone shares them.
#[derive(Debug, Clone)]
pub(super) struct Fields(ThinArc<Head, Packed>);

/// What stands before the values.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) shape: Shape,
    pub(super) times: Times,
    /// Begins with the id.
    pub(super) text: Box<str>,
    /// Where the id ends.
    pub(super) id: u32,
    pub(super) apart: Box<[Apart]>,
}

/// When the fields were set: most records have one time for all.
#[derive(Debug)]
pub(super) enum Times {
    One(Span),
    Each(Box<[Span]>),
}

/// A place in the text of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Packed {
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
pub(super) enum Apart {
    Number(Number),
    Long(Kind, Arc<str>),
}

/// What a text is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Array,
    Object,
}

impl Fields {
    /// The fields of a record, with their values in the order of their names.
    pub(super) fn new(head: Head, values: &[Packed]) -> Self {
        Self(ThinArc::from_header_and_slice(head, values))
    }

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

    pub(super) fn head(&self) -> &Head {
        &self.0.header.header
    }

    pub(super) fn values(&self) -> &[Packed] {
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

    pub(super) fn at_place(&self, place: usize) -> Option<&str> {
        let at = match &self.head().times {
            Times::One(at) => *at,
            Times::Each(times) => *times.get(place)?,
        };
        Some(self.text(at))
    }

    pub(super) fn apart(&self, place: u32) -> Option<&Apart> {
        self.head().apart.get(place as usize)
    }

    /// The text at a place; that was made with it.
    pub(super) fn text(&self, place: Span) -> &str {
        place.of(&self.head().text)
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.iter().eq(other.iter())
    }
}

impl Span {
    pub(super) fn new(start: u32, len: u16) -> Self {
        Self { start, end: start.saturating_add(len.into()) }
    }

    pub(super) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub(super) fn of(self, text: &str) -> &str {
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
