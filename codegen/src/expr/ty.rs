//! Types of expressions.

mod fit;
mod words;

use std::collections::BTreeSet;
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

    /// Whether it has at most this many parts: a type that holds another one twice can grow without end.
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
}
