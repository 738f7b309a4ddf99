//! Checked expressions: every type is known, every name is resolved. What emits them and what evaluates them read these.

use std::collections::BTreeSet;

use super::ty::Ty;

/// A checked expression.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) kind: TypedKind,
    pub(crate) ty: Ty,
}

/// The kinds of checked expressions.
#[derive(Debug, Clone)]
pub(crate) enum TypedKind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// A date that is written out.
    Date(String),
    /// A time that is written out.
    Timestamp(String),
    /// A day or a time that is written out.
    Moment(String),
    Variable(Variable),
    /// A part of the module's constants: the name of the first member, and further ones.
    Constant(String),
    Member(Box<Typed>, String),
    Not(Box<Typed>),
    And(Box<Typed>, Box<Typed>),
    Or(Box<Typed>, Box<Typed>),
    If(Box<Typed>, Box<Typed>, Box<Typed>),
    /// The first of them that is there.
    Coalesce(Vec<Typed>),
    /// A function of the crate of values, by its name in Rust.
    Function(&'static str, Vec<Typed>),
    /// The place of a word among the words of its enum.
    Rank(Box<Typed>, Vec<String>),
    /// A function over the elements of a list.
    Over(Over),
    List(Vec<Typed>),
    Object(Vec<(String, Typed)>),
    /// A new id.
    Uuid,
}

/// A name that stands for a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variable {
    /// The result of a step, or the element of a list.
    Named(String),
    Input,
    /// The row at hand.
    Row,
    /// The row that is deleted, in a cascade.
    Deleted,
    It,
    At,
    Now,
    Today,
    User,
    Space,
}

/// A function over the elements of a list.
#[derive(Debug, Clone)]
pub(crate) struct Over {
    pub(crate) function: OverFunction,
    pub(crate) list: Box<Typed>,
    /// What an element is called.
    pub(crate) element: String,
    pub(crate) body: Box<Typed>,
}

/// The functions over elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverFunction {
    Filter,
    Exists,
    All,
    Map,
    SortBy,
    GroupBy,
    KeyBy,
}

impl OverFunction {
    /// All of them with the names under which they are called.
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("filter", Self::Filter),
        ("exists", Self::Exists),
        ("all", Self::All),
        ("map", Self::Map),
        ("sortBy", Self::SortBy),
        ("groupBy", Self::GroupBy),
        ("keyBy", Self::KeyBy),
    ];

    /// Its name in the crate of values.
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Exists => "exists",
            Self::All => "all",
            Self::Map => "map",
            Self::SortBy => "sort_by",
            Self::GroupBy => "group_by",
            Self::KeyBy => "key_by",
        }
    }

    /// Whether its second argument is a condition.
    pub(crate) fn takes_condition(self) -> bool {
        matches!(self, Self::Filter | Self::Exists | Self::All)
    }
}

impl Typed {
    pub(crate) fn new(kind: TypedKind, ty: Ty) -> Self {
        Self { kind, ty }
    }

    /// Something that was reported.
    pub(crate) fn unknown() -> Self {
        Self::new(TypedKind::Null, Ty::unknown())
    }

    /// The parts of a condition that must all hold.
    pub(crate) fn conjuncts(self) -> Vec<Self> {
        match self.kind {
            TypedKind::And(one, other) => one.conjuncts().into_iter().chain(other.conjuncts()).collect(),
            kind => vec![Self { kind, ty: self.ty }],
        }
    }

    /// The expressions directly in it.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            TypedKind::Member(one, _) | TypedKind::Not(one) | TypedKind::Rank(one, _) => vec![one],
            TypedKind::And(one, two) | TypedKind::Or(one, two) => vec![one, two],
            TypedKind::If(one, two, three) => vec![one, two, three],
            TypedKind::Coalesce(all) | TypedKind::Function(_, all) | TypedKind::List(all) => all.iter().collect(),
            TypedKind::Over(over) => vec![&over.list, &over.body],
            TypedKind::Object(members) => members.iter().map(|(_, member)| member).collect(),
            TypedKind::Null
            | TypedKind::Bool(_)
            | TypedKind::Int(_)
            | TypedKind::Double(_)
            | TypedKind::Text(_)
            | TypedKind::Date(_)
            | TypedKind::Timestamp(_)
            | TypedKind::Moment(_)
            | TypedKind::Variable(_)
            | TypedKind::Constant(_)
            | TypedKind::Uuid => Vec::new(),
        }
    }

    /// Whether it or a part of it is so.
    pub(crate) fn any(&self, is_so: &dyn Fn(&Self) -> bool) -> bool {
        is_so(self) || self.parts().into_iter().any(|part| part.any(is_so))
    }

    /// Whether it mentions the variable.
    pub(crate) fn mentions(&self, variable: &Variable) -> bool {
        self.any(&|part| matches!(&part.kind, TypedKind::Variable(one) if one == variable))
    }

    /// The members of a variable that it reads; of a variable that is used as a whole, none.
    pub(crate) fn members_of(&self, variable: &Variable, found: &mut BTreeSet<String>) {
        if let TypedKind::Member(of, name) = &self.kind
            && matches!(&of.kind, TypedKind::Variable(one) if one == variable)
        {
            found.insert(name.clone());
        }
        for part in self.parts() {
            part.members_of(variable, found);
        }
    }
}
