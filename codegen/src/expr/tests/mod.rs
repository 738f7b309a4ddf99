//! Expressions against types that are written out here.

mod emitted;
mod evaluated;
mod flows;
mod guards;
mod large;
mod literals;
mod made;
mod places;
mod spoiled;
mod types;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ast, Checker, ObjectTy, Parser, Scope, Ty, TyKind, Typed, Uses, Variable};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// What expressions of a test may name.
#[derive(Clone)]
struct Names {
    scope: Scope,
    constants: Option<Ty>,
}

fn object(what: &str, members: &[(&str, Ty)]) -> Ty {
    let members = members.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect();
    Ty::of(TyKind::Object(Arc::new(ObjectTy { what: what.to_owned(), members, reads: BTreeSet::new() })))
}

fn words(words: &[&str]) -> Ty {
    Ty::of(TyKind::Enum(words.iter().map(|word| (*word).to_owned()).collect()))
}

fn list(items: Ty) -> Ty {
    Ty::list(items)
}

fn map(values: Ty) -> Ty {
    Ty::of(TyKind::Map(Arc::new(values)))
}

/// Inputs of every type, each once as `x` and once as `maybeX`, which may be null; rows, and what is always there.
fn names() -> Names {
    let kinds = [
        ("flag", Ty::of(TyKind::Bool)),
        ("count", Ty::of(TyKind::Int)),
        ("weight", Ty::of(TyKind::Double)),
        ("text", Ty::of(TyKind::Text)),
        ("id", Ty::of(TyKind::Id)),
        ("day", Ty::of(TyKind::Date)),
        ("time", Ty::of(TyKind::Timestamp)),
        ("moment", Ty::of(TyKind::Moment)),
        ("json", Ty::of(TyKind::Json)),
        ("size", words(&["small", "medium", "large"])),
        ("part", words(&["small", "large"])),
        ("tags", list(Ty::of(TyKind::Text))),
        ("counts", list(Ty::of(TyKind::Int))),
        ("weights", list(Ty::of(TyKind::Double))),
        ("prices", map(Ty::of(TyKind::Double))),
    ];
    let task = object(
        "a task",
        &[
            ("title", Ty::of(TyKind::Text)),
            ("note", Ty::of(TyKind::Text).or_null()),
            ("size", words(&["small", "medium", "large"])),
            ("due", Ty::of(TyKind::Moment).or_null()),
            ("minutes", Ty::of(TyKind::Int).or_null()),
            (
                "owner",
                object("an owner", &[("name", Ty::of(TyKind::Text)), ("nick", Ty::of(TyKind::Text).or_null())])
                    .or_null(),
            ),
        ],
    );
    let mut members: Vec<(String, Ty)> = Vec::new();
    for (name, ty) in &kinds {
        members.push(((*name).to_owned(), ty.clone()));
        let maybe = format!("maybe{}{}", name[..1].to_uppercase(), &name[1..]);
        members.push((maybe, ty.clone().or_null()));
    }
    members.push(("tasks".to_owned(), list(task.clone())));
    let input = ObjectTy { what: "the input".to_owned(), members, reads: BTreeSet::new() };
    let mut scope = Scope::default();
    scope.add("input", Variable::Input, Ty::of(TyKind::Object(Arc::new(input))));
    scope.add("now", Variable::Now, Ty::of(TyKind::Timestamp));
    scope.add("today", Variable::Today, Ty::of(TyKind::Date));
    scope.add("task", Variable::Named("task".to_owned()), task.clone());
    scope.add("found", Variable::Named("found".to_owned()), task.or_null());
    let constants = serde_json::json!({ "prices": { "small": 1, "medium": 2, "large": 3 }, "months": [5, 6] });
    Names { scope, constants: Some(Ty::of_json(&constants)) }
}

impl Names {
    /// The checked expression, or what is wrong with it.
    fn check(&self, source: &str, wanted: Option<&Ty>) -> Result<Typed, Vec<Diagnostic>> {
        self.read(source, |checker, ast| match wanted {
            Some(wanted) => checker.value(ast, wanted, "this place"),
            None => checker.expression(ast, None),
        })
    }

    fn condition(&self, source: &str) -> Result<Typed, Vec<Diagnostic>> {
        self.read(source, |checker, ast| checker.condition(ast))
    }

    fn read(
        &self,
        source: &str,
        check: impl FnOnce(&mut Checker<'_>, &Ast) -> Typed,
    ) -> Result<Typed, Vec<Diagnostic>> {
        let sources: Sources = [("source", source)].into_iter().collect();
        let file = sources.iter().next().unwrap().0;
        let node = Node { value: Value::String(source.to_owned()), span: Span::new(file, 0, source.len()) };
        let mut diagnostics = Diagnostics::default();
        let reported = BTreeSet::new();
        let mut parser = Parser { sources: &sources, reported: &reported, diagnostics: &mut diagnostics };
        let ast = if source.contains("${") { parser.value(&node) } else { parser.condition(&node) };
        let mut checker = Checker {
            scope: self.scope.clone(),
            uses: Uses::default(),
            constants: self.constants.clone(),
            makes_ids: true,
            reported: BTreeSet::new(),
            is_partial: false,
            later: Vec::new(),
            diagnostics: &mut diagnostics,
        };
        let typed = check(&mut checker, &ast);
        let problems: Vec<Diagnostic> = diagnostics.iter().cloned().collect();
        if problems.is_empty() { Ok(typed) } else { Err(problems) }
    }

    /// The type of an expression in words, or the code and message of its problem.
    fn told(&self, source: &str) -> String {
        match self.check(source, None) {
            Ok(typed) => typed.ty.to_string(),
            Err(problems) => problems.iter().map(told).collect::<Vec<_>>().join("; "),
        }
    }
}

fn told(problem: &Diagnostic) -> String {
    format!("{}: {}", problem.code().id(), problem.message())
}

/// The one code of what is wrong.
fn code(problems: &[Diagnostic]) -> Option<Code> {
    match problems {
        [one] => Some(one.code()),
        _ => None,
    }
}
