//! Names, members and elements.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Checker, calls};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::expr::ast::Ast;
use crate::expr::ty::{ObjectTy, Ty, TyKind};
use crate::expr::typed::{Typed, TypedKind, Variable};
use crate::source::Span;

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &str, ast: &Ast) -> Typed {
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

    pub(super) fn member(&mut self, of: &Ast, name: &str, ast: &Ast) -> Typed {
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
            TyKind::Null => (Ty::null(), BTreeSet::new()),
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
        if let TypedKind::Variable(Variable::Input) = &typed.kind {
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

    pub(super) fn index(&mut self, of: &Ast, index: &Ast) -> Typed {
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
        let first = members.next().unwrap_or_else(Ty::never);
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
