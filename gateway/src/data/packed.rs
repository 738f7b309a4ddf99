//! The fields of a record in little room: values in 16 bytes, and short texts and times in one string, where each is
//! written once. As ordinary JSON values, a table of small rows takes several times the bytes that it came in.

use std::{
    borrow::{Borrow, Cow},
    mem::size_of,
    sync::Arc,
};

use serde_json::{Number, Value};

/// Longer texts stand by themselves, so that a change of another field does not copy them.
const LONG: usize = 256;
/// So many places back a text is looked for before it is written again: a row's times are often one, and so is its space.
const LOOK_BACK: usize = 32;
/// So many fields are looked through one by one.
const FEW: usize = 24;
/// What an allocator keeps beside each block that it hands out.
const BLOCK: usize = size_of::<[usize; 2]>();

/// The name of a field, held once for all records that have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(Arc<Box<str>>);

impl Name {
    pub(super) fn new(name: &str) -> Self {
        Self(Arc::new(name.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

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
    pub(super) name: Name,
    pub(super) at: Cow<'a, str>,
    pub(super) value: Value,
}

/// The fields of a record with their times, sorted by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    fields: Box<[Field]>,
    text: Box<str>,
}

#[derive(Debug, Clone)]
struct Field {
    name: Name,
    at: Span,
    value: Packed,
}

/// A place in the text of a record.
#[derive(Debug, Clone, Copy)]
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
    /// A field's value.
    pub(super) fn get(&self, name: &str) -> Option<Stored<'_>> {
        self.find(name).map(|field| self.value(field))
    }

    /// When a field was set; empty where nobody said when.
    pub(super) fn at(&self, name: &str) -> Option<&str> {
        self.find(name).map(|field| self.text(field.at))
    }

    /// Names, times and values, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, Stored<'_>)> {
        self.fields.iter().map(|field| (field.name.as_str(), self.text(field.at), self.value(field)))
    }

    /// Sets fields that are sorted by name, each where its time is later than or equal to the one that stands.
    pub(super) fn merge(&mut self, incoming: Vec<Incoming<'_>>) {
        let mut packer = Packer::new(self.fields.len() + incoming.len(), self.text.len());
        let mut standing = self.fields.iter().peekable();
        for field in incoming {
            while let Some(smaller) = standing.next_if(|other| other.name < field.name) {
                packer.keep(self, smaller);
            }
            match standing.next_if(|other| other.name == field.name) {
                Some(other) if self.text(other.at) > field.at.as_ref() => packer.keep(self, other),
                _ => packer.add(field),
            }
        }
        standing.for_each(|field| packer.keep(self, field));
        *self = packer.finish();
    }

    /// An estimate of the memory that they take beside their own place.
    pub(super) fn bytes(&self) -> usize {
        let long = self.fields.iter().map(|field| match &field.value {
            Packed::LongText(text) | Packed::LongArray(text) | Packed::LongObject(text) => {
                text.len() + size_of::<[usize; 4]>() + 2 * BLOCK
            }
            _ => 0,
        });
        2 * BLOCK + size_of::<Field>() * self.fields.len() + self.text.len() + long.sum::<usize>()
    }

    fn find(&self, name: &str) -> Option<&Field> {
        // A few names are compared faster than they are divided: most differ in their lengths already.
        if self.fields.len() <= FEW {
            return self.fields.iter().find(|field| field.name.as_str() == name);
        }
        let index = self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        self.fields.get(index)
    }

    fn value<'a>(&'a self, field: &'a Field) -> Stored<'a> {
        match &field.value {
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
        self.iter().eq(other.iter())
    }
}

impl Span {
    /// The text at this place. Spans are made with the text that they are in.
    fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Writes the fields of a record anew.
struct Packer {
    fields: Vec<Field>,
    text: String,
    /// The last places that were written.
    places: Vec<Span>,
}

impl Packer {
    fn new(fields: usize, text: usize) -> Self {
        Self { fields: Vec::with_capacity(fields), text: String::with_capacity(text), places: Vec::new() }
    }

    fn keep(&mut self, from: &Fields, field: &Field) {
        let at = self.write(from.text(field.at));
        let value = match &field.value {
            Packed::Text(span) => Packed::Text(self.write(from.text(*span))),
            Packed::Array(span) => Packed::Array(self.write(from.text(*span))),
            Packed::Object(span) => Packed::Object(self.write(from.text(*span))),
            other => other.clone(),
        };
        self.fields.push(Field { name: field.name.clone(), at, value });
    }

    fn add(&mut self, Incoming { name, at, value }: Incoming<'_>) {
        let at = self.write(&at);
        let value = match value {
            Value::Null => Packed::Null,
            Value::Bool(value) => Packed::Bool(value),
            Value::Number(number) => Packed::Number(number),
            Value::String(text) if text.len() > LONG => Packed::LongText(Arc::new(text.into())),
            Value::String(text) => Packed::Text(self.write(&text)),
            array @ Value::Array(_) => match array.to_string() {
                json if json.len() > LONG => Packed::LongArray(Arc::new(json.into())),
                json => Packed::Array(self.write(&json)),
            },
            object @ Value::Object(_) => match object.to_string() {
                json if json.len() > LONG => Packed::LongObject(Arc::new(json.into())),
                json => Packed::Object(self.write(&json)),
            },
        };
        self.fields.push(Field { name, at, value });
    }

    /// The place of a text, which is written where it does not stand yet.
    fn write(&mut self, text: &str) -> Span {
        let known = self.places.iter().rev().take(LOOK_BACK).find(|place| place.of(&self.text) == text);
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

    fn finish(self) -> Fields {
        Fields { fields: self.fields.into(), text: self.text.into() }
    }
}
