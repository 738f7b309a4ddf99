//! What the `cel` crate has parsed -> our expressions, each part with its place.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use super::bounds;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::expr::ast::{Ast, AstKind, Call, Operator};
use crate::expr::places::Places;
use crate::source::Span;

/// Reads what the `cel` crate has parsed.
pub(super) struct Reader<'r> {
    pub(super) diagnostics: &'r mut Diagnostics,
    pub(super) info: &'r SourceInfo,
    /// Where the expression begins in its text.
    pub(super) from: usize,
    pub(super) places: &'r Places,
    /// The expression.
    pub(super) characters: &'r [char],
}

impl Reader<'_> {
    pub(super) fn read(&mut self, read: &IdedExpr) -> Ast {
        let at = self.place(read.id);
        let kind = match &read.expr {
            Expr::Ident(name) => AstKind::Name(name.clone()),
            Expr::Literal(literal) => self.literal(literal, at),
            Expr::Select(select) => {
                let of = self.read(&select.operand);
                let span = Span::new(at.file, of.span.start, at.end + select.field.len());
                return Ast::new(AstKind::Member(Box::new(of), select.field.clone()), span);
            }
            Expr::List(list) => AstKind::List(list.elements.iter().map(|element| self.read(element)).collect()),
            Expr::Map(map) => {
                let mut members = Vec::new();
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        members.push((self.read(&entry.key), self.read(&entry.value)));
                    }
                }
                AstKind::Object(members)
            }
            Expr::Call(call) => {
                let arguments: Vec<Ast> = call.args.iter().map(|argument| self.read(argument)).collect();
                let target = call.target.as_ref().map(|target| Box::new(self.read(target)));
                return self.call(&call.func_name, read.id, target, arguments);
            }
            Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => self.outside("this", at),
        };
        Ast::new(kind, at)
    }

    fn literal(&mut self, literal: &LiteralValue, at: Span) -> AstKind {
        match literal {
            LiteralValue::Null => AstKind::Null,
            LiteralValue::Boolean(value) => AstKind::Bool(*value.inner()),
            LiteralValue::Int(value) => AstKind::Int(*value.inner()),
            LiteralValue::Double(value) => AstKind::Double(*value.inner()),
            LiteralValue::String(text) => AstKind::Text(text.inner().to_owned()),
            LiteralValue::UInt(_) => self.outside("an unsigned number", at),
            LiteralValue::Bytes(_) => self.outside("a literal of bytes", at),
        }
    }

    fn outside(&mut self, what: &str, at: Span) -> AstKind {
        let message = format!("{what} is not of the part of CEL that the catalog takes");
        self.diagnostics.push(Diagnostic::error(Code::ExpressionSyntax, at, message));
        AstKind::Broken
    }

    fn call(&mut self, name: &str, id: u64, target: Option<Box<Ast>>, arguments: Vec<Ast>) -> Ast {
        let at = self.place(id);
        let whole = arguments.iter().chain(target.as_deref()).fold(at, |whole, part| join(whole, part.span));
        if target.is_none() {
            let mut arguments = arguments.into_iter().map(Box::new);
            let parts = (arguments.next(), arguments.next(), arguments.next());
            let kind = match (name, parts) {
                (operators::CONDITIONAL, (Some(one), Some(two), Some(three))) => AstKind::If(one, two, three),
                (operators::LOGICAL_AND, (Some(one), Some(two), _)) => AstKind::And(one, two),
                (operators::LOGICAL_OR, (Some(one), Some(two), _)) => AstKind::Or(one, two),
                (operators::LOGICAL_NOT, (Some(of), ..)) => AstKind::Not(of),
                (operators::NEGATE, (Some(of), ..)) => AstKind::Negate(of),
                (operators::INDEX, (Some(of), Some(index), _)) => AstKind::Index(of, index),
                (name, (one, two, three)) => match (operator(name), one, two) {
                    (Some(operator), Some(one), Some(two)) => AstKind::Binary(operator, one, two),
                    (_, one, two) => {
                        let first = [one, two, three].into_iter().flatten();
                        let arguments = first.chain(arguments).map(|argument| *argument).collect();
                        let at = self.name_before(at, name);
                        let whole = join(join(whole, at), self.to_bracket(id));
                        let call = Call { name: name.to_owned(), at, target: None, arguments };
                        return Ast::new(AstKind::Call(call), whole);
                    }
                },
            };
            return Ast::new(kind, whole);
        }
        let whole = join(whole, self.to_bracket(id));
        let at = self.name_before(at, name);
        Ast::new(AstKind::Call(Call { name: name.to_owned(), at, target, arguments }), whole)
    }

    /// From a bracket to the one that closes it.
    fn to_bracket(&self, id: u64) -> Span {
        let (start, _) = self.info.offset_for(id).unwrap_or_default();
        let open = usize::try_from(start).unwrap_or(0);
        let close = bounds::closing_of(self.characters, open).unwrap_or(open);
        self.places.span(self.from + open, self.from + close + 1)
    }

    /// A call's place is that of its bracket; its name stands before it.
    fn name_before(&self, at: Span, name: &str) -> Span {
        Span::new(at.file, at.start.saturating_sub(name.len()), at.start.max(1))
    }

    fn place(&self, id: u64) -> Span {
        let (start, stop) = self.info.offset_for(id).unwrap_or_default();
        let character = |offset: u32| usize::try_from(offset).unwrap_or(0);
        self.places.span(self.from + character(start), self.from + character(stop) + 1)
    }
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        _ => return None,
    })
}

fn join(one: Span, other: Span) -> Span {
    Span::new(one.file, one.start.min(other.start), one.end.max(other.end))
}
