//! What a condition says of null: where `x != null`, `x == <literal>`, `x in …` or an ordering of `x` holds, `x` and every
//! path before it is there.

use super::Checker;
use crate::expr::ast::{Ast, AstKind, Operator};
use crate::expr::ty::TyKind;

impl Checker<'_> {
    /// Notes what is not null where `condition` is `holds`.
    pub(crate) fn learn(&mut self, condition: &Ast, holds: bool) {
        match (&condition.kind, holds) {
            (AstKind::Not(of), _) => self.learn(of, !holds),
            (AstKind::And(one, other), true) | (AstKind::Or(one, other), false) => {
                self.learn(one, holds);
                self.learn(other, holds);
            }
            (AstKind::Binary(operator, one, other), _) => self.learn_comparison(*operator, one, other, holds),
            (AstKind::Call(call), true) => {
                // A method of null is refused, so what it is called on is there; a member of it may be a guard's subject.
                if let (Some(target), "exists" | "contains" | "startsWith" | "endsWith") =
                    (&call.target, call.name.as_str())
                {
                    self.there(target);
                }
            }
            _ => {}
        }
    }

    fn learn_comparison(&mut self, operator: Operator, one: &Ast, other: &Ast, holds: bool) {
        let is_null = |ast: &Ast| matches!(ast.kind, AstKind::Null);
        match (operator, holds) {
            (Operator::NotEqual, true) | (Operator::Equal, false) => {
                if is_null(other) {
                    self.there(one);
                } else if is_null(one) {
                    self.there(other);
                }
            }
            (Operator::Equal, true) | (Operator::NotEqual, false) => {
                if other.is_literal() || self.is_never_null(other) {
                    self.there(one);
                }
                if one.is_literal() || self.is_never_null(one) {
                    self.there(other);
                }
            }
            (Operator::In, true) => self.there(one),
            (Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual, true) => {
                self.there(one);
                self.there(other);
            }
            _ => {}
        }
    }

    /// Notes that a path is there; so is what a function takes that gives null for null.
    fn there(&mut self, ast: &Ast) {
        if let Some(path) = ast.path() {
            self.scope.note_there(&path);
        }
        if let AstKind::Call(call) = &ast.kind
            && matches!(call.name.as_str(), "dayOf" | "instantOf" | "secondsBetween" | "daysBetween")
        {
            for argument in &call.arguments {
                self.there(argument);
            }
        }
    }

    /// Whether a path is of a type without null.
    fn is_never_null(&self, ast: &Ast) -> bool {
        let Some(path) = ast.path() else { return false };
        let mut names = path.split('.');
        let Some((_, ty)) = names.next().and_then(|name| self.scope.get(name)) else { return false };
        if self.scope.is_there(&path) {
            return true;
        }
        let mut ty = ty;
        for name in names {
            if ty.nullable {
                return false;
            }
            match &ty.kind {
                TyKind::Object(object) => match object.member(name) {
                    Some(member) => ty = member,
                    None => return false,
                },
                _ => return false,
            }
        }
        !ty.nullable
    }
}
