//! Expressions as they are written -> checked ones. A problem is reported once: what follows from it is of unknown type, which
//! fits everywhere.

mod calls;
mod guards;
mod literals;
mod members;
mod operators;

use std::collections::BTreeSet;

use super::ast::{Ast, AstKind};
use super::scope::{Scope, Uses};
use super::ty::{Ty, TyKind};
use super::typed::{Typed, TypedKind};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// The most parts that the type of a value may have.
const MOST_PARTS: usize = 5_000;

/// Checks the expressions of one tool.
pub(crate) struct Checker<'d> {
    pub(crate) scope: Scope,
    pub(crate) uses: Uses,
    /// The module's constants.
    pub(crate) constants: Option<Ty>,
    /// Whether new ids are made here.
    pub(crate) makes_ids: bool,
    /// Names that were reported where they are given.
    pub(crate) reported: BTreeSet<String>,
    /// Whether a part of an expression could not be read.
    pub(crate) is_partial: bool,
    /// The steps that come later.
    pub(crate) later: Vec<String>,
    pub(crate) diagnostics: &'d mut Diagnostics,
}

impl Checker<'_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) -> Typed {
        self.diagnostics.push(diagnostic);
        Typed::unknown()
    }

    /// A condition: true or false, never null.
    pub(crate) fn condition(&mut self, ast: &Ast) -> Typed {
        let typed = self.expression(ast, Some(&Ty::of(TyKind::Bool)));
        if typed.ty.is_unknown() {
            return typed;
        }
        if !matches!(typed.ty.kind, TyKind::Bool) {
            let message = format!("expected a condition, found {}", typed.ty);
            let help = match typed.ty.kind {
                TyKind::Null => None,
                TyKind::Int | TyKind::Double => Some("compare it, for example with `> 0`".to_owned()),
                TyKind::Text => Some("compare it, for example with `!= \"\"`".to_owned()),
                TyKind::List(_) => Some("write `x.size() > 0`".to_owned()),
                _ => Some("compare it, for example with `!= null`".to_owned()),
            };
            return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).maybe_help(help));
        }
        if typed.ty.nullable {
            let message = "this condition may be null";
            let help = match ast.path() {
                Some(path) => format!("write `{path} == true`"),
                None => "compare it with `== true`".to_owned(),
            };
            return self.report(Diagnostic::error(Code::MayBeNull, ast.span, message).help(help));
        }
        typed
    }

    /// An expression for a place that takes values of this type. Reported where it does not fit.
    pub(crate) fn value(&mut self, ast: &Ast, wanted: &Ty, what: &str) -> Typed {
        let typed = self.expression(ast, Some(wanted));
        self.fit(typed, wanted, ast.span, what)
    }

    /// Reports what does not fit `wanted`, and notes what is used of the rows in it.
    pub(crate) fn fit(&mut self, typed: Typed, wanted: &Ty, at: Span, what: &str) -> Typed {
        if typed.ty.is_unknown() || wanted.is_unknown() {
            self.use_whole(&typed.ty);
            return typed;
        }
        if !typed.ty.fits(wanted) {
            let message = format!("{what} takes {}, and this is {}", wanted.clone().there(), typed.ty);
            let why = misfit(&typed.ty, wanted);
            return self.report(Diagnostic::error(Code::ExpressionType, at, message).maybe_help(why));
        }
        if typed.ty.nullable && !wanted.nullable {
            let message = format!("{what} takes {wanted}, and this may be null");
            let help = "give another value with `coalesce(…, …)`, or stop before with `require`";
            return self.report(Diagnostic::error(Code::MayBeNull, at, message).help(help));
        }
        self.use_as(&typed.ty, wanted);
        typed
    }

    /// Notes that the members that `wanted` names are used of the rows in a value.
    pub(crate) fn use_as(&mut self, ty: &Ty, wanted: &Ty) {
        match (&ty.kind, &wanted.kind) {
            (TyKind::Object(from), TyKind::Object(to)) => {
                for (name, wanted) in &to.members {
                    if let Some(member) = from.member(name) {
                        self.uses.note(&from.reads, name);
                        self.use_as(member, wanted);
                    }
                }
            }
            (TyKind::List(from) | TyKind::Map(from), TyKind::List(to) | TyKind::Map(to)) => self.use_as(from, to),
            _ => self.use_whole(ty),
        }
    }

    /// Notes that everything in a value is used.
    pub(crate) fn use_whole(&mut self, ty: &Ty) {
        match &ty.kind {
            TyKind::Object(object) => {
                for (name, member) in &object.members {
                    self.uses.note(&object.reads, name);
                    self.use_whole(member);
                }
            }
            TyKind::List(items) | TyKind::Map(items) => self.use_whole(items),
            _ => {}
        }
    }

    /// The checked expression. `wanted` is what its place takes: literals become that, other values are what they are.
    pub(crate) fn expression(&mut self, ast: &Ast, wanted: Option<&Ty>) -> Typed {
        match &ast.kind {
            AstKind::Broken => {
                self.is_partial = true;
                Typed::unknown()
            }
            AstKind::Null => Typed::new(TypedKind::Null, Ty::null()),
            AstKind::Bool(value) => Typed::new(TypedKind::Bool(*value), Ty::of(TyKind::Bool)),
            AstKind::Int(value) => self.integer(*value, ast.span),
            AstKind::Double(value) => Typed::new(TypedKind::Double(*value), Ty::of(TyKind::Double)),
            AstKind::Text(text) => self.text(text, wanted, ast.span),
            AstKind::Template(parts) => self.template(parts),
            AstKind::Name(name) => self.name(name, ast),
            AstKind::Member(of, name) => self.member(of, name, ast),
            AstKind::Index(of, index) => self.index(of, index),
            AstKind::Call(call) => {
                let typed = self.call(call, wanted);
                self.bounded(typed, call.at)
            }
            AstKind::List(items) => self.list(items, wanted),
            AstKind::Object(members) => {
                let typed = self.object(members, wanted, ast.span);
                self.bounded(typed, ast.span)
            }
            AstKind::Not(of) => {
                let of = self.condition(of);
                Typed::new(TypedKind::Not(Box::new(of)), Ty::of(TyKind::Bool))
            }
            AstKind::Negate(of) => self.negate(of),
            AstKind::And(one, other) => {
                let left = self.condition(one);
                let right = self.within(|checker| {
                    checker.learn(one, true);
                    checker.condition(other)
                });
                Typed::new(TypedKind::And(Box::new(left), Box::new(right)), Ty::of(TyKind::Bool))
            }
            AstKind::Or(one, other) => {
                let left = self.condition(one);
                let right = self.within(|checker| {
                    checker.learn(one, false);
                    checker.condition(other)
                });
                Typed::new(TypedKind::Or(Box::new(left), Box::new(right)), Ty::of(TyKind::Bool))
            }
            AstKind::If(condition, yes, no) => self.choice(condition, yes, no, wanted, ast.span),
            AstKind::Binary(operator, one, other) => self.binary(*operator, one, other, ast, wanted),
        }
    }

    /// Reports a value whose type has too many parts.
    fn bounded(&mut self, typed: Typed, at: Span) -> Typed {
        if typed.ty.has_at_most(MOST_PARTS) {
            return typed;
        }
        let message = format!("the type of this value has more than {MOST_PARTS} parts");
        let help = "keep the members that are used: `.map(x, {\"id\": x.id, …})`";
        self.report(Diagnostic::error(Code::TooLarge, at, message).help(help))
    }

    /// What `check` makes, with what it learns forgotten.
    pub(crate) fn within<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        let scope = self.scope.clone();
        let made = check(self);
        self.scope = scope;
        made
    }

    fn choice(&mut self, condition: &Ast, yes: &Ast, no: &Ast, wanted: Option<&Ty>, at: Span) -> Typed {
        let tested = self.condition(condition);
        let one = self.within(|checker| {
            checker.learn(condition, true);
            checker.expression(yes, wanted)
        });
        let other = self.within(|checker| {
            checker.learn(condition, false);
            checker.expression(no, wanted)
        });
        let Some(ty) = one.ty.unify(&other.ty) else {
            let message = format!("this is {} where the condition holds, and else {}", one.ty, other.ty);
            let help = "make one of the other, for example with `string(x)`";
            return self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
        };
        Typed::new(TypedKind::If(Box::new(tested), Box::new(one), Box::new(other)), ty)
    }
}

/// Why a value does not fit, where that can be said in a line.
fn misfit(found: &Ty, wanted: &Ty) -> Option<String> {
    match (&found.kind, &wanted.kind) {
        (TyKind::Double, TyKind::Int) => Some("write `int(x)`, or `.floor()`, `.ceil()`".to_owned()),
        (TyKind::Moment, TyKind::Date) => Some("write `dayOf(x)`".to_owned()),
        (TyKind::Moment, TyKind::Timestamp) => Some("write `instantOf(x)`".to_owned()),
        (TyKind::Timestamp, TyKind::Date) => Some("write `x.date()`".to_owned()),
        (TyKind::Date, TyKind::Timestamp) => Some("write `x.at(\"00:00\")`".to_owned()),
        (TyKind::List(_), TyKind::Text) => Some("write `x.join(\", \")`".to_owned()),
        (_, TyKind::Text) if !found.is_text() => Some("write `string(x)`".to_owned()),
        (TyKind::Text, TyKind::Int) => Some("write `int(x)`, which is null for another text".to_owned()),
        (TyKind::Text, TyKind::Double) => Some("write `double(x)`, which is null for another text".to_owned()),
        (TyKind::Text, TyKind::Date) => Some("write `date(x)`, which is null for another text".to_owned()),
        (TyKind::Text, TyKind::Id) => Some("say `format: id` of it in its schema".to_owned()),
        (TyKind::Text, TyKind::Enum(_)) => Some("say its words with `enum` in its schema".to_owned()),
        (_, TyKind::List(items)) if found.fits(items) => Some("write `[x]` for a list of one".to_owned()),
        (TyKind::Enum(words), TyKind::Enum(wanted)) => {
            let other = words.iter().find(|word| !wanted.contains(word))?;
            Some(format!("it may be \"{other}\""))
        }
        (TyKind::List(one), TyKind::List(other)) => misfit(one, other),
        (TyKind::Object(one), TyKind::Object(other)) => other.members.iter().find_map(|(name, wanted)| {
            let Some(member) = one.member(name) else {
                return (!wanted.nullable).then(|| format!("`{name}` is missing"));
            };
            if !member.fits(wanted) {
                return Some(format!("`{name}` is {member}, and {wanted} is wanted"));
            }
            (member.nullable && !wanted.nullable).then(|| format!("`{name}` may be null"))
        }),
        _ => None,
    }
}

/// Names that mean something by themselves, or that the grammar of CEL has for itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 11] =
        ["input", "row", "it", "at", "now", "today", "user", "space", "constants", "deleted", "result"];
    const OF_CEL: [&str; 20] = [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
    ];
    RESERVED.contains(&name) || OF_CEL.contains(&name) || name == "while"
}
