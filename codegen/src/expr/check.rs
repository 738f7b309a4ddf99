//! Expressions as they are written -> checked ones. A problem is reported once: what follows from it is of unknown type, which
//! fits everywhere.

mod calls;
mod guards;
mod literals;
mod operators;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{Ast, AstKind};
use super::scope::{Scope, Uses};
use super::ty::{ObjectTy, Ty, TyKind};
use super::typed::{Typed, TypedKind};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::source::Span;

/// The type of a value has at most so many parts.
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
            let message = format!("a condition is wanted here, and this is {}", typed.ty);
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

    fn name(&mut self, name: &str, ast: &Ast) -> Typed {
        if let Some((variable, ty)) = self.scope.get(name) {
            let ty = ty.clone();
            let ty = if self.scope.is_there(name) { ty.there() } else { ty };
            return Typed::new(TypedKind::Variable(variable.clone()), ty);
        }
        if name == "constants" && self.constants.is_some() {
            let ty = self.constants.clone().unwrap_or_else(Ty::unknown);
            return Typed::new(TypedKind::Constant(String::new()), ty);
        }
        if self.reported.contains(name) {
            return Typed::unknown();
        }
        if self.later.iter().any(|later| later == name) {
            let message = format!("`{name}` comes later");
            let help = "a step sees those before it: move one of them";
            return self.report(Diagnostic::error(Code::UnknownVariable, ast.span, message).help(help));
        }
        let known: Vec<String> = self.scope.names().map(str::to_owned).collect();
        let help = match name {
            "row" if known.iter().any(|known| known == "rows") => Some("a list gives `rows`".to_owned()),
            "rows" if known.iter().any(|known| known == "row") => Some("one row is called `row`".to_owned()),
            "row" => Some("it is there in `where`, `sort` and the `values` of an update".to_owned()),
            "it" | "at" => Some("it is there in a step with `each`".to_owned()),
            "deleted" => Some("it is there in a cascade".to_owned()),
            _ => did_you_mean(name, known.iter().map(String::as_str)),
        };
        let help = help.unwrap_or_else(|| format!("there are here: {}", known.join(", ")));
        let message = format!("there is no `{name}` here");
        self.report(Diagnostic::error(Code::UnknownVariable, ast.span, message).help(help))
    }

    fn member(&mut self, of: &Ast, name: &str, ast: &Ast) -> Typed {
        let typed = self.expression(of, None);
        if typed.ty.is_unknown() {
            return Typed::unknown();
        }
        let is_there = ast.path().is_some_and(|path| self.scope.is_there(&path));
        let at = Span::new(ast.span.file, ast.span.end.saturating_sub(name.len()), ast.span.end);
        let (mut ty, reads) = match &typed.ty.kind {
            TyKind::Object(object) => {
                let Some(member) = object.member(name) else {
                    let help = did_you_mean(name, object.members.iter().map(|(name, _)| name.as_str()));
                    let message = format!("{} has no `{name}`", object.what);
                    return self.report(Diagnostic::error(Code::UnknownField, at, message).maybe_help(help));
                };
                (member.clone(), object.reads.clone())
            }
            TyKind::Json => {
                // What is in it nobody knows.
                let message = "nothing is known of the members of this object";
                let help = "describe its `properties` in the schema";
                return self.report(Diagnostic::error(Code::UnknownField, at, message).help(help));
            }
            TyKind::Map(values) => {
                let message = format!("{} is read with brackets", typed.ty);
                let help = format!("write `[\"{name}\"]`; it gives {values}, or null");
                return self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
            }
            TyKind::List(_) => {
                let message = format!("{} has no `{name}`: its elements may", typed.ty);
                let help = format!("write `.map(x, x.{name})` for all, or `.first().{name}` for one");
                return self.report(Diagnostic::error(Code::UnknownField, at, message).help(help));
            }
            TyKind::Null => (Ty::null(), std::collections::BTreeSet::new()),
            _ => {
                let message = format!("{} has no members", typed.ty);
                let help = calls::instead(name)
                    .map_or_else(|| format!("a method is called with brackets: `{name}()`"), str::to_owned);
                return self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
            }
        };
        self.uses.note(&reads, name);
        ty = ty.or_null_if(typed.ty.nullable);
        if is_there {
            ty = ty.there();
        }
        if let TypedKind::Variable(super::typed::Variable::Input) = &typed.kind {
            ty = with_input(ty, name);
        } else if !typed.ty.flow.inputs.is_empty() && ty.flow.inputs.is_empty() {
            ty = ty.with(&typed.ty.flow);
        }
        if let TypedKind::Constant(path) = &typed.kind {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            return Typed::new(TypedKind::Constant(path), ty);
        }
        Typed::new(TypedKind::Member(Box::new(typed), name.to_owned()), ty)
    }

    fn index(&mut self, of: &Ast, index: &Ast) -> Typed {
        let typed = self.expression(of, None);
        let key = self.expression(index, None);
        if typed.ty.is_unknown() || key.ty.is_unknown() {
            return Typed::unknown();
        }
        let (wants_text, ty) = match &typed.ty.kind {
            TyKind::List(items) => (false, (**items).clone().or_null()),
            TyKind::Map(values) => (true, (**values).clone().or_null()),
            TyKind::Object(object) => match self.any_member(object, &key.ty) {
                Some(ty) => (true, ty),
                None => {
                    let message = format!("the members of {} are of several types", object.what);
                    return self.report(Diagnostic::error(Code::ExpressionType, index.span, message));
                }
            },
            TyKind::Null => (key.ty.is_text(), Ty::null()),
            _ => {
                let message = format!("a list or map is wanted before `[`, and this is {}", typed.ty);
                return self.report(Diagnostic::error(Code::ExpressionType, of.span, message));
            }
        };
        let fits = if wants_text { key.ty.is_text() } else { matches!(key.ty.kind, TyKind::Int) };
        if !fits && !matches!(key.ty.kind, TyKind::Null) {
            let wanted = if wants_text { "a text" } else { "an integer" };
            let message = format!("{wanted} is wanted in these brackets, and this is {}", key.ty);
            return self.report(Diagnostic::error(Code::ExpressionType, index.span, message));
        }
        let ty = ty.or_null_if(typed.ty.nullable || key.ty.nullable);
        Typed::new(TypedKind::Function("at", vec![typed, key]), ty)
    }

    /// What a member of an object is that a text names; there, where every word that the text can be is a member.
    fn any_member(&mut self, object: &Arc<ObjectTy>, key: &Ty) -> Option<Ty> {
        let names: Vec<&str> = object.members.iter().map(|(name, _)| name.as_str()).collect();
        let has_all = key.words().is_some_and(|words| words.iter().all(|word| names.contains(&word.as_str())));
        for name in &names {
            self.uses.note(&object.reads, name);
        }
        let mut members = object.members.iter().map(|(_, member)| member.clone());
        let first = members.next().unwrap_or_else(Ty::unknown);
        let all = members.try_fold(first, |all, member| all.unify(&member))?;
        Some(all.or_null_if(!has_all))
    }
}

/// The type of an input: what flows from it is known by its path.
fn with_input(ty: Ty, path: &str) -> Ty {
    let mut flow = ty.flow.clone();
    flow.inputs = Arc::new([path.to_owned()].into());
    let kind = match &ty.kind {
        TyKind::List(items) => TyKind::List(Arc::new(with_input((**items).clone(), path))),
        TyKind::Map(values) => TyKind::Map(Arc::new(with_input((**values).clone(), path))),
        TyKind::Object(object) => {
            let members = object.members.iter();
            let members = members.map(|(name, ty)| (name.clone(), with_input(ty.clone(), &format!("{path}.{name}"))));
            TyKind::Object(Arc::new(ObjectTy { members: members.collect(), ..(**object).clone() }))
        }
        kind => kind.clone(),
    };
    Ty { kind, flow, ..ty.clone() }
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
