//! Literals, templates, lists and objects: they take the type that their place wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use mana_mcp_values::{Date, Moment, Timestamp};

use super::Checker;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::expr::ast::{Ast, AstKind};
use crate::expr::ty::{Flow, ObjectTy, Ty, TyKind};
use crate::expr::typed::{Typed, TypedKind};
use crate::ir::MAX_SAFE_INTEGER;
use crate::source::Span;

impl Checker<'_> {
    pub(super) fn integer(&mut self, value: i64, at: Span) -> Typed {
        if value.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() {
            let message = format!("an integer is within ±{MAX_SAFE_INTEGER}");
            let help = "beyond that, JSON does not keep every integer";
            return self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
        }
        Typed::new(TypedKind::Int(value), Ty::of(TyKind::Int))
    }

    /// A text that is written out, or what its place makes of it.
    pub(super) fn text(&mut self, text: &str, wanted: Option<&Ty>, at: Span) -> Typed {
        let owned = || text.to_owned();
        let made = |kind: TypedKind, ty: TyKind| Some(Typed::new(kind, Ty::of(ty)));
        let (read, example) = match wanted.map(|wanted| &wanted.kind) {
            Some(TyKind::Date) => (
                text.parse::<Date>().ok().and_then(|_| made(TypedKind::Date(owned()), TyKind::Date)),
                "a date is written 2026-05-01",
            ),
            Some(TyKind::Timestamp) => (
                text.parse::<Timestamp>().ok().and_then(|_| made(TypedKind::Timestamp(owned()), TyKind::Timestamp)),
                "a time is written 2026-05-01T09:00:00Z",
            ),
            Some(TyKind::Moment) => (
                Moment::is_one(text).then(|| made(TypedKind::Moment(owned()), TyKind::Moment)).flatten(),
                "a day is written 2026-05-01, a time 2026-05-01T09:00:00Z",
            ),
            Some(TyKind::Enum(words)) => {
                if words.iter().any(|word| word == text) {
                    return Typed::new(TypedKind::Text(owned()), Ty::of(TyKind::Enum(Arc::clone(words))));
                }
                let message = format!("\"{text}\" is not a word of this enum");
                let help = did_you_mean(text, words.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("it is {}", Ty::of(TyKind::Enum(Arc::clone(words)))));
                return self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
            }
            Some(TyKind::Id) => return Typed::new(TypedKind::Text(owned()), Ty::of(TyKind::Id)),
            _ => return Typed::new(TypedKind::Text(owned()), Ty::of(TyKind::Text)),
        };
        read.unwrap_or_else(|| {
            let wanted = wanted.cloned().unwrap_or_else(Ty::unknown);
            let message = format!("\"{text}\" is not {}", wanted.there());
            self.report(Diagnostic::error(Code::ExpressionType, at, message).help(example))
        })
    }

    pub(super) fn template(&mut self, parts: &[Ast]) -> Typed {
        let mut typed = Vec::new();
        let mut ty = Ty::of(TyKind::Text);
        for part in parts {
            let one = self.expression(part, None);
            if one.ty.is_unknown() {
                return Typed::unknown();
            }
            let fits = one.ty.is_text()
                || matches!(
                    one.ty.kind,
                    TyKind::Int | TyKind::Bool | TyKind::Date | TyKind::Timestamp | TyKind::Moment
                );
            if !fits {
                let help = match one.ty.kind {
                    TyKind::Double => "write `string(x.round(2))`, with as many digits as are wanted",
                    TyKind::List(_) => "write `x.join(\", \")`",
                    _ => "name a member that is a text",
                };
                let message = format!("{} cannot stand in a text", one.ty);
                return self.report(Diagnostic::error(Code::ExpressionType, part.span, message).help(help));
            }
            if one.ty.nullable {
                let message = "this part of the text may be null";
                let help = "write `coalesce(x, \"\")`, or leave the text out where it is null: `x == null ? null : …`";
                return self.report(Diagnostic::error(Code::MayBeNull, part.span, message).help(help));
            }
            ty = ty.with(&one.ty.flow);
            typed.push(one);
        }
        Typed::new(TypedKind::Function("template", typed), ty)
    }

    pub(super) fn list(&mut self, items: &[Ast], wanted: Option<&Ty>) -> Typed {
        let wanted_items = wanted.and_then(Ty::items);
        let mut typed = Vec::new();
        let mut all: Option<Ty> = None;
        for item in items {
            let one = self.expression(item, wanted_items);
            let Some(ty) = all.as_ref().map_or_else(|| Some(one.ty.clone()), |all| all.unify(&one.ty)) else {
                let before = all.unwrap_or_else(Ty::unknown);
                let message = format!("the elements before this one are {}, and this is {}", before.plural(), one.ty);
                let help = "the elements of a list are of one type";
                return self.report(Diagnostic::error(Code::ExpressionType, item.span, message).help(help));
            };
            all = Some(ty);
            typed.push(one);
        }
        let items = all.or_else(|| wanted_items.cloned()).unwrap_or_else(Ty::never);
        let filled = !typed.is_empty();
        Typed::new(TypedKind::List(typed), Ty::list(items).filled_if(filled))
    }

    pub(super) fn object(&mut self, members: &[(Ast, Ast)], wanted: Option<&Ty>, at: Span) -> Typed {
        let mut typed: Vec<(String, Typed)> = Vec::new();
        for (key, value) in members {
            let AstKind::Text(name) = &key.kind else {
                let message = "the key of a member is a text that is written out";
                let help = "write `{\"name\": …}`; a map with other keys is made by `.keyBy(…)` or `.with(…)`";
                return self.report(Diagnostic::error(Code::ExpressionType, key.span, message).help(help));
            };
            if typed.iter().any(|(known, _)| known == name) {
                let message = format!("`{name}` is duplicated");
                return self.report(Diagnostic::error(Code::DuplicateKey, key.span, message));
            }
            let known = wanted.map(|wanted| &wanted.kind);
            let wanted = match known {
                Some(TyKind::Object(object)) => match object.member(name) {
                    Some(member) => Some(member.clone()),
                    None => {
                        let help = did_you_mean(name, object.members.iter().map(|(name, _)| name.as_str()));
                        let message = format!("{} has no `{name}`", object.what);
                        self.report(Diagnostic::error(Code::UnknownField, key.span, message).maybe_help(help));
                        None
                    }
                },
                Some(TyKind::Map(values)) => Some((**values).clone()),
                _ => None,
            };
            let value = match &wanted {
                Some(wanted) => {
                    let what = format!("`{name}`");
                    let wanted = wanted.clone();
                    let one = self.expression(value, Some(&wanted));
                    if matches!(one.kind, TypedKind::Null) && !one.ty.is_unknown() && wanted.nullable {
                        one
                    } else {
                        self.fit(one, &wanted, value.span, &what)
                    }
                }
                None => self.expression(value, None),
            };
            typed.push((name.clone(), value));
        }
        if let Some(TyKind::Object(object)) = wanted.map(|wanted| &wanted.kind) {
            let missing =
                object.members.iter().find(|(name, ty)| !ty.nullable && !typed.iter().any(|(known, _)| known == name));
            if let Some((name, _)) = missing {
                let message = format!("`{name}` of {} is missing here", object.what);
                let help = format!("add `{name}`");
                return self.report(Diagnostic::error(Code::FieldNeverSet, at, message).help(help));
            }
        }
        let members = typed.iter().map(|(name, one)| (name.clone(), one.ty.clone())).collect();
        let object = ObjectTy { what: "an object".to_owned(), members, reads: BTreeSet::new() };
        let is_map = matches!(wanted.map(|wanted| &wanted.kind), Some(TyKind::Map(_) | TyKind::Json));
        let flow = typed.iter().fold(Flow::default(), |flow, (_, one)| flow.and(&one.ty.whole_flow()));
        let ty = match wanted {
            Some(wanted) if is_map => wanted.clone().there().with_deep(&flow),
            _ => Ty::of(TyKind::Object(Arc::new(object))),
        };
        Typed::new(TypedKind::Object(typed), ty)
    }
}
