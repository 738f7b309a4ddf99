//! Expressions as they are written, each part with its place in the source.

use crate::source::Span;

/// An expression.
#[derive(Debug, Clone)]
pub(crate) struct Ast {
    pub(crate) kind: AstKind,
    /// From its first token to its last one, as far as the parser tells.
    pub(crate) span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
pub(crate) enum AstKind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// `input`, `now`, the name of a step.
    Name(String),
    /// `task.title`
    Member(Box<Ast>, String),
    /// `tasks[0]`
    Index(Box<Ast>, Box<Ast>),
    /// `x.take(3)`, `uuid()`
    Call(Call),
    List(Vec<Ast>),
    /// The members of an object, by key.
    Object(Vec<(Ast, Ast)>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    And(Box<Ast>, Box<Ast>),
    Or(Box<Ast>, Box<Ast>),
    If(Box<Ast>, Box<Ast>, Box<Ast>),
    Binary(Operator, Box<Ast>, Box<Ast>),
    /// Texts and expressions between them: `Invoice ${invoice.number}`.
    Template(Vec<Ast>),
    /// Was reported already.
    Broken,
}

/// A call of a function, or of a method of `target`.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) at: Span,
    pub(crate) target: Option<Box<Ast>>,
    pub(crate) arguments: Vec<Ast>,
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    /// As it is written.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

impl Ast {
    pub(crate) fn new(kind: AstKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// `task.owner.id` as a path, where it is nothing but names.
    pub(crate) fn path(&self) -> Option<String> {
        match &self.kind {
            AstKind::Name(name) => Some(name.clone()),
            AstKind::Member(of, name) => Some(format!("{}.{name}", of.path()?)),
            _ => None,
        }
    }

    /// Whether a member of a variable with such a name is a part of it.
    pub(crate) fn has_member_of(&self, is_one: &dyn Fn(&str) -> bool) -> bool {
        match &self.kind {
            AstKind::Member(of, _) => match &of.kind {
                AstKind::Name(name) => is_one(name),
                _ => of.has_member_of(is_one),
            },
            _ => self.parts().into_iter().any(|part| part.has_member_of(is_one)),
        }
    }

    /// The expressions directly in it; names of members are none.
    fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            AstKind::Text(_)
            | AstKind::Null
            | AstKind::Bool(_)
            | AstKind::Int(_)
            | AstKind::Double(_)
            | AstKind::Name(_)
            | AstKind::Broken => Vec::new(),
            AstKind::Member(of, _) | AstKind::Not(of) | AstKind::Negate(of) => vec![of],
            AstKind::Index(one, other)
            | AstKind::And(one, other)
            | AstKind::Or(one, other)
            | AstKind::Binary(_, one, other) => vec![one, other],
            AstKind::If(one, two, three) => vec![one, two, three],
            AstKind::Call(call) => call.target.iter().map(|target| &**target).chain(&call.arguments).collect(),
            AstKind::List(parts) | AstKind::Template(parts) => parts.iter().collect(),
            AstKind::Object(members) => members.iter().map(|(_, member)| member).collect(),
        }
    }

    /// The texts that are written out in it.
    pub(crate) fn texts<'a>(&'a self, found: &mut Vec<&'a str>) {
        if let AstKind::Text(text) = &self.kind {
            found.push(text);
        }
        self.parts().into_iter().for_each(|part| part.texts(found));
    }

    /// Whether it is a value that stands there, and not null.
    pub(crate) fn is_literal(&self) -> bool {
        match &self.kind {
            AstKind::Bool(_) | AstKind::Int(_) | AstKind::Double(_) | AstKind::Text(_) => true,
            AstKind::Negate(of) => of.is_literal(),
            _ => false,
        }
    }
}
