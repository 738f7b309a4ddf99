//! Types of expressions.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::ir::{Kind, Presence, Schema, Struct};

/// What the compiler knows of a value.
#[derive(Debug, Clone)]
pub(crate) struct Ty {
    pub(crate) kind: TyKind,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// Whether it is a list that has an element.
    pub(crate) filled: bool,
    pub(crate) flow: Flow,
}

/// The types of values that are there.
#[derive(Debug, Clone)]
pub(crate) enum TyKind {
    /// Was reported: fits everywhere.
    Unknown,
    /// Nothing but null.
    Null,
    Bool,
    Int,
    Double,
    Text,
    Id,
    Date,
    Timestamp,
    /// A date or a time.
    Moment,
    Duration,
    /// An object without known members.
    Json,
    /// One of these words, which are in order.
    Enum(Arc<[String]>),
    List(Arc<Ty>),
    Map(Arc<Ty>),
    Object(Arc<ObjectTy>),
}

/// An object with known members.
#[derive(Debug, Clone)]
pub(crate) struct ObjectTy {
    /// What it is, in messages: `a task`.
    pub(crate) what: String,
    pub(crate) members: Vec<(String, Ty)>,
    /// The reads that it may have come from; what is used of it must be read there.
    pub(crate) reads: BTreeSet<Read>,
}

/// One of the places in a tool where rows are read, by number.
pub(crate) type Read = usize;

/// Where the content of a value comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow {
    /// Whether it holds text of an encrypted field.
    pub(crate) sealed: bool,
    /// The inputs that it holds text of, by path.
    pub(crate) inputs: Arc<BTreeSet<String>>,
}

impl Flow {
    /// Both together.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let inputs = match (self.inputs.is_empty(), other.inputs.is_empty()) {
            (_, true) => Arc::clone(&self.inputs),
            (true, _) => Arc::clone(&other.inputs),
            _ => Arc::new(self.inputs.union(&other.inputs).cloned().collect()),
        };
        Self { sealed: self.sealed || other.sealed, inputs }
    }
}

impl Ty {
    /// A value of this kind that is there.
    pub(crate) fn of(kind: TyKind) -> Self {
        Self { kind, nullable: false, filled: false, flow: Flow::default() }
    }

    pub(crate) fn unknown() -> Self {
        Self::of(TyKind::Unknown)
    }

    /// Of which there is no value: the elements of a list that has none.
    pub(crate) fn never() -> Self {
        Self::of(TyKind::Null)
    }

    pub(crate) fn null() -> Self {
        Self { nullable: true, ..Self::of(TyKind::Null) }
    }

    pub(crate) fn list(items: Self) -> Self {
        Self::of(TyKind::List(Arc::new(items)))
    }

    pub(crate) fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Where `nullable`, it may be null too.
    pub(crate) fn or_null_if(self, nullable: bool) -> Self {
        Self { nullable: self.nullable || nullable, ..self }
    }

    /// A list that has an element, where it is one.
    pub(crate) fn filled_if(self, filled: bool) -> Self {
        Self { filled, ..self }
    }

    pub(crate) fn there(self) -> Self {
        Self { nullable: false, ..self }
    }

    pub(crate) fn with(self, flow: &Flow) -> Self {
        Self { flow: self.flow.and(flow), ..self }
    }

    /// What flows into it flows into everything in it too.
    pub(crate) fn with_deep(self, flow: &Flow) -> Self {
        let deep = |ty: &Self| Arc::new(ty.clone().with_deep(flow));
        let kind = match &self.kind {
            TyKind::List(items) => TyKind::List(deep(items)),
            TyKind::Map(values) => TyKind::Map(deep(values)),
            TyKind::Object(object) => {
                let members = object.members.iter().map(|(name, ty)| (name.clone(), ty.clone().with_deep(flow)));
                TyKind::Object(Arc::new(ObjectTy { members: members.collect(), ..(**object).clone() }))
            }
            kind => kind.clone(),
        };
        Self { kind, ..self }.with(flow)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.kind, TyKind::Unknown)
    }

    /// The type of values of a schema.
    pub(crate) fn of_schema(schema: &Schema) -> Self {
        let kind = match &schema.kind {
            Kind::String(_) => TyKind::Text,
            Kind::Uuid | Kind::Id => TyKind::Id,
            Kind::Date => TyKind::Date,
            Kind::Timestamp => TyKind::Timestamp,
            Kind::Moment => TyKind::Moment,
            Kind::Enum(one) => TyKind::Enum(one.variants.iter().map(|variant| variant.value.clone()).collect()),
            Kind::Integer { .. } => TyKind::Int,
            Kind::Number { .. } => TyKind::Double,
            Kind::Boolean => TyKind::Bool,
            Kind::Array { items, .. } => TyKind::List(Arc::new(Self::of_schema(items))),
            Kind::Map(values) => TyKind::Map(Arc::new(Self::of_schema(values))),
            Kind::Struct(one) => TyKind::Object(Arc::new(ObjectTy::of_struct(one, "an object"))),
            Kind::Object => TyKind::Json,
        };
        let flow = Flow { sealed: schema.sealed, inputs: Arc::default() };
        let filled = matches!(schema.kind, Kind::Array { min_items: Some(1..), .. });
        let ty = Self::of(kind).or_null_if(schema.nullable).filled_if(filled);
        if schema.sealed { ty.with_deep(&flow) } else { ty }
    }

    /// The type of constants that are written out.
    pub(crate) fn of_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        Self::of(match json {
            Json::Null => return Self::null(),
            Json::Bool(_) => TyKind::Bool,
            Json::Number(number) if number.is_i64() => TyKind::Int,
            Json::Number(_) => TyKind::Double,
            Json::String(_) => TyKind::Text,
            Json::Array(items) => {
                let mut types = items.iter().map(Self::of_json);
                let all = types.try_fold(Self::never(), |all, item| all.unify(&item));
                TyKind::List(Arc::new(all.unwrap_or_else(Self::unknown)))
            }
            Json::Object(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), Self::of_json(member)));
                let what = "the constant".to_owned();
                TyKind::Object(Arc::new(ObjectTy { what, members: members.collect(), reads: BTreeSet::new() }))
            }
        })
    }

    /// The elements of a list.
    pub(crate) fn items(&self) -> Option<&Self> {
        match &self.kind {
            TyKind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn object(&self) -> Option<&ObjectTy> {
        match &self.kind {
            TyKind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The words, where it is an enum.
    pub(crate) fn words(&self) -> Option<&[String]> {
        match &self.kind {
            TyKind::Enum(words) => Some(words),
            _ => None,
        }
    }

    /// Whether it is a text, an id or a word.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, TyKind::Text | TyKind::Id | TyKind::Enum(_))
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.kind, TyKind::Int | TyKind::Double)
    }

    /// All that flows into it, at any depth.
    pub(crate) fn whole_flow(&self) -> Flow {
        match &self.kind {
            TyKind::List(items) | TyKind::Map(items) => self.flow.and(&items.whole_flow()),
            TyKind::Object(object) => {
                object.members.iter().fold(self.flow.clone(), |flow, (_, member)| flow.and(&member.whole_flow()))
            }
            _ => self.flow.clone(),
        }
    }

    /// Whether it has at most so many parts: a type that holds another one twice can grow without end.
    pub(crate) fn has_at_most(&self, parts: usize) -> bool {
        let mut open = vec![self];
        let mut count = 0;
        while let Some(one) = open.pop() {
            count += 1;
            if count > parts {
                return false;
            }
            match &one.kind {
                TyKind::List(items) | TyKind::Map(items) => open.push(items),
                TyKind::Object(object) => open.extend(object.members.iter().map(|(_, member)| member)),
                _ => {}
            }
        }
        true
    }

    /// Whether a value of this type can stand where `wanted` is, null left aside.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        use TyKind::{Date, Double, Enum, Id, Int, Json, List, Map, Moment, Null, Object, Text, Timestamp, Unknown};
        match (&self.kind, &wanted.kind) {
            (Unknown | Null, _)
            | (_, Unknown)
            | (Int, Double)
            | (Enum(_) | Id, Text)
            | (Date | Timestamp, Moment)
            | (Object(_) | Map(_), Json) => true,
            (Enum(words), Enum(wanted)) => words.iter().all(|word| wanted.contains(word)),
            (List(one), List(other)) | (Map(one), Map(other)) => one.fits(other) && (!one.nullable || other.nullable),
            (Object(one), Map(other)) => one.members.iter().all(|(_, member)| member.fits(other)),
            (Object(one), Object(other)) => one.fits(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }

    /// What a value is that is of one type or of the other; `None` where they have nothing in common.
    pub(crate) fn unify(&self, other: &Self) -> Option<Self> {
        let kind = match (&self.kind, &other.kind) {
            (TyKind::Object(one), TyKind::Object(two)) => TyKind::Object(Arc::new(one.unify(two)?)),
            (TyKind::List(one), TyKind::List(two)) => TyKind::List(Arc::new(one.unify(two)?)),
            (TyKind::Map(one), TyKind::Map(two)) => TyKind::Map(Arc::new(one.unify(two)?)),
            (TyKind::Enum(one), TyKind::Enum(two)) => {
                let more = two.iter().filter(|word| !one.contains(word));
                TyKind::Enum(one.iter().chain(more).cloned().collect())
            }
            (TyKind::Unknown, _) | (_, TyKind::Unknown) => TyKind::Unknown,
            (TyKind::Null, kind) | (kind, TyKind::Null) => kind.clone(),
            _ if self.fits(other) => other.kind.clone(),
            _ if other.fits(self) => self.kind.clone(),
            (one, two) if one.is_of_text() && two.is_of_text() => TyKind::Text,
            (TyKind::Date, TyKind::Timestamp) | (TyKind::Timestamp, TyKind::Date) => TyKind::Moment,
            _ => return None,
        };
        let filled = self.filled && other.filled;
        Some(Self { kind, nullable: self.nullable || other.nullable, filled, flow: self.flow.and(&other.flow) })
    }
}

impl TyKind {
    fn is_of_text(&self) -> bool {
        matches!(self, Self::Text | Self::Id | Self::Enum(_))
    }
}

impl ObjectTy {
    pub(crate) fn of_struct(one: &Struct, what: &str) -> Self {
        let members = one.properties.iter().map(|property| {
            let ty = Ty::of_schema(&property.schema).or_null_if(property.presence == Presence::Optional);
            let is_there = matches!(&property.presence, Presence::Default(default) if !default.is_null());
            (property.name.clone(), if is_there { ty.there() } else { ty })
        });
        // What was reported is there, and anything may be said of it.
        let reported = one.reported.iter().map(|name| (name.clone(), Ty::unknown().or_null()));
        Self { what: what.to_owned(), members: members.chain(reported).collect(), reads: BTreeSet::new() }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Ty> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, ty)| ty)
    }

    fn fits(&self, wanted: &Self) -> bool {
        wanted.members.iter().all(|(name, wanted)| match self.member(name) {
            Some(member) => member.fits(wanted) && (!member.nullable || wanted.nullable),
            None => wanted.nullable,
        })
    }

    fn unify(&self, other: &Self) -> Option<Self> {
        let mut members = Vec::new();
        for (name, one) in &self.members {
            let ty = match other.member(name) {
                Some(two) => one.unify(two)?,
                None => one.clone().or_null(),
            };
            members.push((name.clone(), ty));
        }
        let more = other.members.iter().filter(|(name, _)| self.member(name).is_none());
        members.extend(more.map(|(name, ty)| (name.clone(), ty.clone().or_null())));
        let reads = self.reads.union(&other.reads).copied().collect();
        Some(Self { what: self.what.clone(), members, reads })
    }
}

/// As messages name it.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TyKind::Unknown => f.write_str("something"),
            TyKind::Null => return f.write_str("null"),
            TyKind::Bool => f.write_str("a boolean"),
            TyKind::Int => f.write_str("an integer"),
            TyKind::Double => f.write_str("a number"),
            TyKind::Text => f.write_str("a text"),
            TyKind::Id => f.write_str("an id"),
            TyKind::Date => f.write_str("a date"),
            TyKind::Timestamp => f.write_str("a timestamp"),
            TyKind::Moment => f.write_str("a date or time"),
            TyKind::Duration => f.write_str("a duration"),
            TyKind::Json => f.write_str("an object without known members"),
            TyKind::Enum(words) => {
                let shown: Vec<_> = words.iter().take(6).map(|word| format!("\"{word}\"")).collect();
                let more = if words.len() > shown.len() { ", …" } else { "" };
                write!(f, "one of {}{more}", shown.join(", "))
            }
            TyKind::List(items) => write!(f, "a list of {}", items.plural()),
            TyKind::Map(items) => write!(f, "a map of {}", items.plural()),
            TyKind::Object(object) => f.write_str(&object.what),
        }?;
        if self.nullable { f.write_str(" that may be null") } else { Ok(()) }
    }
}

impl Ty {
    /// Several of it, as messages name them.
    pub(crate) fn plural(&self) -> String {
        match &self.kind {
            TyKind::Unknown => "something".to_owned(),
            TyKind::Null => "nulls".to_owned(),
            TyKind::Bool => "booleans".to_owned(),
            TyKind::Int => "integers".to_owned(),
            TyKind::Double => "numbers".to_owned(),
            TyKind::Text => "texts".to_owned(),
            TyKind::Id => "ids".to_owned(),
            TyKind::Date => "dates".to_owned(),
            TyKind::Timestamp => "timestamps".to_owned(),
            TyKind::Moment => "dates or times".to_owned(),
            TyKind::Duration => "durations".to_owned(),
            TyKind::Enum(_) => "words".to_owned(),
            TyKind::List(_) => "lists".to_owned(),
            TyKind::Map(_) => "maps".to_owned(),
            TyKind::Json | TyKind::Object(_) => "objects".to_owned(),
        }
    }
}
