//! Packs the fields of a record, and merges newer ones into them.

use std::mem::size_of;

use super::{
    packed::{Apart, Fields, Head, Kind, Packed, Span, Times},
    shape::Shapes,
};
use crate::log::Cell;

/// Longer texts stand by themselves, so that a change of another field does not copy them.
const LONG: u16 = 256;
/// How many places back a text is looked for before it is written again: a row's times are often one, and so is its space.
const LOOK_BACK: usize = 32;
/// Fields of a usual record, for which room is made at once.
const USUAL_FIELDS: usize = 14;
/// Room that is kept from one record to the next.
const KEPT_ROOM: usize = 64 << 10;

/// A field that is to be merged into a record's.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) name: &'a str,
    pub(super) at: &'a str,
    pub(super) value: &'a Cell<'a>,
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
        let fields = Fields::new(head, &self.values);
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
fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn empty<T>(room: &mut Vec<T>) {
    room.clear();
    room.shrink_to(KEPT_ROOM / size_of::<T>());
}

#[cfg(test)]
mod tests;
