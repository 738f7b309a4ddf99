//! Operators: arithmetic, comparisons, `in`.

use std::sync::Arc;

use super::Checker;
use crate::diagnostics::{Code, Diagnostic};
use crate::expr::ast::{Ast, AstKind, Operator};
use crate::expr::ty::{Ty, TyKind};
use crate::expr::typed::{Typed, TypedKind};

impl Checker<'_> {
    pub(super) fn negate(&mut self, of: &Ast) -> Typed {
        let typed = self.operand(of);
        if typed.ty.is_unknown() {
            return typed;
        }
        let ty = match typed.ty.kind {
            TyKind::Int | TyKind::Double | TyKind::Duration => typed.ty.clone(),
            _ => {
                let message = format!("`-` takes a number, and this is {}", typed.ty);
                return self.report(Diagnostic::error(Code::ExpressionType, of.span, message));
            }
        };
        Typed::new(TypedKind::Function("neg", vec![typed]), ty)
    }

    /// An operand that must be there.
    pub(super) fn operand(&mut self, ast: &Ast) -> Typed {
        let typed = self.expression(ast, None);
        self.must_be_there(typed, ast)
    }

    pub(super) fn must_be_there(&mut self, typed: Typed, ast: &Ast) -> Typed {
        if typed.ty.nullable && !typed.ty.is_unknown() {
            let message = "this may be null";
            let path = ast.path().unwrap_or_else(|| "…".to_owned());
            let help =
                format!("write `coalesce({path}, …)`, or ask before: `{path} != null && …`, `{path} == null ? … : …`");
            return self.report(Diagnostic::error(Code::MayBeNull, ast.span, message).help(help));
        }
        typed
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        one: &Ast,
        other: &Ast,
        ast: &Ast,
        wanted: Option<&Ty>,
    ) -> Typed {
        match operator {
            Operator::Equal | Operator::NotEqual => self.equality(operator, one, other, ast),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                self.ordering(operator, one, other, ast)
            }
            Operator::In => self.membership(one, other, ast),
            _ => self.arithmetic(operator, one, other, ast, wanted),
        }
    }

    /// Both operands; a literal takes the type of the other one.
    fn pair(&mut self, one: &Ast, other: &Ast) -> (Typed, Typed) {
        if matches!(one.kind, AstKind::Text(_)) {
            let right = self.expression(other, None);
            let left = self.expression(one, Some(&comparable(&right.ty)));
            (left, right)
        } else {
            let left = self.expression(one, None);
            let right = self.expression(other, Some(&comparable(&left.ty)));
            (left, right)
        }
    }

    fn equality(&mut self, operator: Operator, one: &Ast, other: &Ast, ast: &Ast) -> Typed {
        let (left, right) = self.pair(one, other);
        if left.ty.is_unknown() || right.ty.is_unknown() {
            return Typed::new(TypedKind::Bool(true), Ty::of(TyKind::Bool));
        }
        if left.ty.unify(&right.ty).is_none() || is_moment_pair(&left.ty, &right.ty) {
            let message = format!("{} is never equal to {}", left.ty.clone().there(), right.ty.clone().there());
            let help = if is_moment_pair(&left.ty, &right.ty) {
                Some("compare days with `dayOf(x)`, instants with `instantOf(x)`".to_owned())
            } else {
                converted(&left.ty, &right.ty)
            };
            return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).maybe_help(help));
        }
        let (left_ty, right_ty) = (left.ty.clone(), right.ty.clone());
        for ty in [&left_ty, &right_ty] {
            if !matches!(left_ty.kind, TyKind::Null) && !matches!(right_ty.kind, TyKind::Null) {
                self.use_whole(ty);
            }
        }
        let equal = Typed::new(TypedKind::Function("equal", vec![left, right]), Ty::of(TyKind::Bool));
        match operator {
            Operator::NotEqual => Typed::new(TypedKind::Not(Box::new(equal)), Ty::of(TyKind::Bool)),
            _ => equal,
        }
    }

    fn ordering(&mut self, operator: Operator, one: &Ast, other: &Ast, ast: &Ast) -> Typed {
        let (left, right) = self.pair(one, other);
        if left.ty.is_unknown() || right.ty.is_unknown() {
            return Typed::new(TypedKind::Bool(true), Ty::of(TyKind::Bool));
        }
        let ordered = |ty: &Ty| {
            matches!(
                ty.kind,
                TyKind::Int
                    | TyKind::Double
                    | TyKind::Text
                    | TyKind::Id
                    | TyKind::Date
                    | TyKind::Timestamp
                    | TyKind::Duration
                    | TyKind::Enum(_)
                    | TyKind::Null
            )
        };
        let (left_ty, right_ty) = (&left.ty, &right.ty);
        if matches!(left_ty.kind, TyKind::Moment) || matches!(right_ty.kind, TyKind::Moment) {
            let message = "a date or time has no order by itself";
            let help = "compare days with `dayOf(x)`, instants with `instantOf(x)`";
            return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).help(help));
        }
        let same = left_ty.is_number() && right_ty.is_number()
            || left_ty.is_text() && right_ty.is_text()
            || std::mem::discriminant(&left_ty.kind) == std::mem::discriminant(&right_ty.kind)
            || matches!(left_ty.kind, TyKind::Null)
            || matches!(right_ty.kind, TyKind::Null);
        if !ordered(left_ty) || !ordered(right_ty) || !same {
            let message = format!("`{}` does not compare {} with {}", operator.word(), left_ty, right_ty);
            let help = match (&left_ty.kind, &right_ty.kind) {
                (TyKind::Date, TyKind::Timestamp) | (TyKind::Timestamp, TyKind::Date) => {
                    Some("compare days with `dayOf(x)`, instants with `instantOf(x)`".to_owned())
                }
                _ => converted(left_ty, right_ty),
            };
            return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).maybe_help(help));
        }
        let words = match (left_ty.words(), right_ty.words()) {
            (Some(one), Some(other)) if one == other || one.iter().all(|word| other.contains(word)) => {
                Some(other.to_vec())
            }
            (Some(one), Some(other)) if other.iter().all(|word| one.contains(word)) => Some(one.to_vec()),
            _ => None,
        };
        let ranked = |typed: Typed| match &words {
            Some(words) => Typed::new(TypedKind::Rank(Box::new(typed), words.clone()), Ty::of(TyKind::Int)),
            None => typed,
        };
        let name = match operator {
            Operator::Less => "less",
            Operator::LessOrEqual => "less_equal",
            Operator::Greater => "greater",
            _ => "greater_equal",
        };
        Typed::new(TypedKind::Function(name, vec![ranked(left), ranked(right)]), Ty::of(TyKind::Bool))
    }

    fn membership(&mut self, one: &Ast, other: &Ast, ast: &Ast) -> Typed {
        // The elements that are written out take the type of the left side; else its literal takes that of the elements.
        let (left, right) = match (&one.kind, &other.kind) {
            (kind, AstKind::List(items)) if !matches!(kind, AstKind::Text(_)) => {
                let left = self.expression(one, None);
                let wanted = Ty::list(comparable(&left.ty));
                (Some(left), self.list(items, Some(&wanted)))
            }
            _ => (None, self.expression(other, None)),
        };
        let element = match &right.ty.kind {
            TyKind::List(items) => Some((**items).clone()),
            TyKind::Map(_) | TyKind::Object(_) => Some(Ty::of(TyKind::Text)),
            TyKind::Unknown => Some(Ty::unknown()),
            _ => None,
        };
        let Some(element) = element else {
            let message = format!("`in` looks into a list or map, and this is {}", right.ty);
            let help = if right.ty.is_text() {
                Some("a part of a text is found by `.contains(…)`".to_owned())
            } else {
                None
            };
            return self.report(Diagnostic::error(Code::ExpressionType, other.span, message).maybe_help(help));
        };
        let left = left.unwrap_or_else(|| self.expression(one, Some(&comparable(&element))));
        if left.ty.is_unknown() || right.ty.is_unknown() {
            return Typed::new(TypedKind::Bool(true), Ty::of(TyKind::Bool));
        }
        if left.ty.unify(&element).is_none() {
            let message = format!("{} is never in {}", left.ty.clone().there(), right.ty);
            let help = converted(&left.ty, &element);
            return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).maybe_help(help));
        }
        let right = self.must_be_there(right, other);
        if right.ty.is_unknown() {
            return Typed::new(TypedKind::Bool(true), Ty::of(TyKind::Bool));
        }
        Typed::new(TypedKind::Function("is_in", vec![left, right]), Ty::of(TyKind::Bool))
    }

    fn arithmetic(&mut self, operator: Operator, one: &Ast, other: &Ast, ast: &Ast, wanted: Option<&Ty>) -> Typed {
        // The elements of two lists that are joined take the type that their place wants.
        let wanted = wanted.filter(|ty| matches!(ty.kind, TyKind::List(_)));
        let left = self.expression(one, wanted);
        let left = self.must_be_there(left, one);
        let right = self.expression(other, wanted);
        let right = self.must_be_there(right, other);
        if left.ty.is_unknown() || right.ty.is_unknown() {
            return Typed::unknown();
        }
        let flow = left.ty.flow.and(&right.ty.flow);
        let is_zero = |ast: &Ast| match ast.kind {
            AstKind::Int(value) => value == 0,
            AstKind::Double(value) => value == 0.0,
            _ => true,
        };
        use TyKind::{Double, Duration, Int, List, Text, Timestamp};
        let both_text = left.ty.is_text() && right.ty.is_text();
        let (name, ty) = match (operator, &left.ty.kind, &right.ty.kind) {
            (Operator::Add, _, _) if both_text => ("add", Ty::of(Text)),
            (Operator::Add, List(left), List(right)) => match left.unify(right) {
                Some(items) => ("add", Ty::of(List(Arc::new(items)))),
                None => return self.no_arithmetic(operator, &ast_types(left, right), ast),
            },
            (Operator::Add, Timestamp, Duration) | (Operator::Add, Duration, Timestamp) => ("add", Ty::of(Timestamp)),
            (Operator::Subtract, Timestamp, Duration) => ("sub", Ty::of(Timestamp)),
            (Operator::Add, Duration, Duration) => ("add", Ty::of(Duration)),
            (Operator::Subtract, Duration, Duration) => ("sub", Ty::of(Duration)),
            (Operator::Divide, Int, Int) => {
                let message = "`/` divides numbers, and both of these are integers";
                let help = format!("write `double({}) / …`", one.path().unwrap_or_else(|| "a".to_owned()));
                return self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).help(help));
            }
            (Operator::Divide, Int | Double, Int | Double) => ("div", Ty::of(Double).or_null_if(is_zero(other))),
            (Operator::Remainder, Int, Int) => ("rem", Ty::of(Int).or_null_if(is_zero(other))),
            (Operator::Remainder, Int | Double, Int | Double) => ("rem", Ty::of(Double).or_null_if(is_zero(other))),
            (_, Int, Int) => (arithmetic_name(operator), Ty::of(Int)),
            (_, Int | Double, Int | Double) => (arithmetic_name(operator), Ty::of(Double)),
            _ => return self.no_arithmetic(operator, &ast_types(&left.ty, &right.ty), ast),
        };
        Typed::new(TypedKind::Function(name, vec![left, right]), ty.with(&flow))
    }

    fn no_arithmetic(&mut self, operator: Operator, types: &str, ast: &Ast) -> Typed {
        let message = format!("`{}` does not take {types}", operator.word());
        let help = match operator {
            Operator::Add => {
                "it adds numbers, texts, lists, and a duration to a timestamp; `string(x)` makes a text, `date.plusDays(n)` another date"
            }
            Operator::Subtract => {
                "it takes numbers, and a duration from a timestamp; `daysBetween(a, b)`, `secondsBetween(a, b)` tell what is between"
            }
            _ => "it takes numbers",
        };
        self.report(Diagnostic::error(Code::ExpressionType, ast.span, message).help(help))
    }
}

/// How one of two values is made comparable with the other.
fn converted(one: &Ty, other: &Ty) -> Option<String> {
    let text = match (one.is_text(), other.is_text(), one.is_number() || other.is_number()) {
        (true, false, true) | (false, true, true) => "write `int(x)` of the text, or `string(x)` of the number",
        (true, false, _) | (false, true, _) => "write `string(x)` for a value that is not a text",
        _ => "compare values of one type",
    };
    Some(text.to_owned())
}

fn arithmetic_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Subtract => "sub",
        Operator::Multiply => "mul",
        _ => "add",
    }
}

fn ast_types(one: &Ty, other: &Ty) -> String {
    format!("{one} and {other}")
}

/// What a literal beside a value of this type is read as: a word of another enum is compared as text.
fn comparable(ty: &Ty) -> Ty {
    ty.clone().there()
}

/// Whether one is a date or time, and the other one of both: their equality would depend on how they were written.
fn is_moment_pair(one: &Ty, other: &Ty) -> bool {
    let is_time = |ty: &Ty| matches!(ty.kind, TyKind::Date | TyKind::Timestamp | TyKind::Moment);
    let is_moment = |ty: &Ty| matches!(ty.kind, TyKind::Moment);
    (is_moment(one) && is_time(other))
        || (is_time(one) && is_moment(other))
        || matches!((&one.kind, &other.kind), (TyKind::Date, TyKind::Timestamp) | (TyKind::Timestamp, TyKind::Date))
}
