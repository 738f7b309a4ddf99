//! Texts -> expressions. The grammar is CEL's, read by the `cel` crate; what of it the catalog does not use is refused here.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use super::ast::{Ast, AstKind, Call, Operator};
use super::places::Places;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// An expression is at most so long, in characters …
const MOST_CHARACTERS: usize = 10_000;
/// … and its brackets are nested at most so deep: the parser's stack is not without end.
const MOST_BRACKETS: usize = 64;

/// Reads expressions out of the nodes of sources.
pub(crate) struct Parser<'a, 'd> {
    pub(crate) sources: &'a Sources,
    pub(crate) diagnostics: &'d mut Diagnostics,
}

impl Parser<'_, '_> {
    /// A key that holds a bare expression.
    pub(crate) fn condition(&mut self, node: &Node) -> Ast {
        let broken = Ast::new(AstKind::Broken, node.span);
        match &node.value {
            Value::String(text) => {
                if text.trim().starts_with("${") {
                    let message = "a condition is an expression already";
                    let help = "write it without `${` and `}`";
                    self.report(Diagnostic::error(Code::ExpressionSyntax, node.span, message).help(help));
                    return broken;
                }
                let places = self.places(text, node.span);
                self.expression(text, 0, text.chars().count(), &places)
            }
            Value::Boolean(value) => Ast::new(AstKind::Bool(*value), node.span),
            Value::Broken => broken,
            _ => {
                let message = format!("a condition is wanted here, not {}", node.kind());
                let help = "write an expression such as `row.isArchived != true`, in single quotes where it begins with `!` or `[`";
                self.report(Diagnostic::error(Code::WrongKind, node.span, message).help(help));
                broken
            }
        }
    }

    /// A literal, or what `${…}` in it say; a mapping or sequence may hold both.
    pub(crate) fn value(&mut self, node: &Node) -> Ast {
        let kind = match &node.value {
            Value::Null => AstKind::Null,
            Value::Boolean(value) => AstKind::Bool(*value),
            Value::Integer(value) => AstKind::Int(*value),
            Value::Number(value) => AstKind::Double(*value),
            Value::String(text) => return self.text(text, node.span),
            Value::Sequence(items) => AstKind::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Mapping(entries) => {
                let member = |(name, node): &(crate::raw::Text, Node)| {
                    (Ast::new(AstKind::Text(name.value.clone()), name.span), self.value(node))
                };
                AstKind::Object(entries.iter().map(member).collect())
            }
            Value::Broken => AstKind::Broken,
        };
        Ast::new(kind, node.span)
    }

    /// A text with `${…}` in it.
    pub(crate) fn text(&mut self, text: &str, span: Span) -> Ast {
        if !text.contains("${") {
            return Ast::new(AstKind::Text(text.to_owned()), span);
        }
        let places = self.places(text, span);
        let characters: Vec<char> = text.chars().collect();
        let trimmed = characters.iter().take_while(|one| one.is_whitespace()).count();
        let end = characters.len() - characters.iter().rev().take_while(|one| one.is_whitespace()).count();
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = trimmed;
        while let Some(&one) = characters.get(at).filter(|_| at < end) {
            let follows = |text: &str| text.chars().zip(at..).all(|(wanted, at)| characters.get(at) == Some(&wanted));
            if follows("$${") {
                plain.push_str("${");
                at += 3;
            } else if follows("${") {
                let Some(close) = closing(&characters, at + 2) else {
                    let message = "this `${` has no `}`";
                    let help = "write `$${` for the characters themselves";
                    let place = places.span(at, at + 2);
                    self.report(Diagnostic::error(Code::ExpressionSyntax, place, message).help(help));
                    return Ast::new(AstKind::Broken, span);
                };
                if !plain.is_empty() {
                    parts.push(Ast::new(AstKind::Text(std::mem::take(&mut plain)), span));
                }
                let source: String = characters.get(at + 2..close).unwrap_or_default().iter().collect();
                let whole = parts.is_empty() && close + 1 == end;
                let read = self.expression(&source, at + 2, close, &places);
                if whole {
                    return read;
                }
                parts.push(read);
                at = close + 1;
            } else {
                plain.push(one);
                at += 1;
            }
        }
        if parts.is_empty() {
            return Ast::new(AstKind::Text(plain), span);
        }
        if !plain.is_empty() {
            parts.push(Ast::new(AstKind::Text(plain), span));
        }
        Ast::new(AstKind::Template(parts), span)
    }

    fn places(&self, text: &str, span: Span) -> Places {
        let source = self.sources.get(span.file).map_or("", |file| file.text.as_str());
        Places::of(text, span, source)
    }

    fn expression(&mut self, source: &str, from: usize, to: usize, places: &Places) -> Ast {
        let span = places.span(from, to);
        let broken = Ast::new(AstKind::Broken, span);
        if source.trim().is_empty() {
            self.report(Diagnostic::error(Code::ExpressionSyntax, span, "there is no expression here"));
            return broken;
        }
        if to - from > MOST_CHARACTERS {
            let message = format!("an expression has at most {MOST_CHARACTERS} characters");
            self.report(
                Diagnostic::error(Code::TooLarge, span, message).help("give parts of it names with `value` steps"),
            );
            return broken;
        }
        if let Some(at) = too_deep(source) {
            let message = format!("an expression has at most {MOST_BRACKETS} brackets in each other");
            let place = places.span(from + at, from + at + 1);
            self.report(
                Diagnostic::error(Code::TooLarge, place, message).help("give parts of it names with `value` steps"),
            );
            return broken;
        }
        if let Some((at, length)) = comment(source) {
            let place = places.span(from + at, from + at + length);
            let message = "there are no comments in expressions";
            self.report(
                Diagnostic::error(Code::ExpressionSyntax, place, message)
                    .help("a comment of YAML stands on a line before"),
            );
            return broken;
        }
        match cel::Env::default().with_optional_support(false).parser().parse_with_source_info(source) {
            Ok((read, info)) => Reader { parser: self, info: &info, from, places }.read(&read),
            Err(errors) => {
                let (message, at) = what_is_wrong(source, &errors);
                let place = places.span(from + at, from + at + 1);
                self.report(Diagnostic::error(Code::ExpressionSyntax, place, message));
                broken
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// The first problem in plain words, and the character at which it stands: the parser's own words name its tokens.
fn what_is_wrong(source: &str, errors: &cel::parser::ParseErrors) -> (String, usize) {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let before = source.split('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(|line| line.chars().count() + 1);
    let at = before.sum::<usize>() + usize::try_from(column - 1).unwrap_or(0);
    let characters: Vec<char> = source.chars().collect();
    let at = at.min(characters.len().saturating_sub(1));
    let message = first.map_or("", |error| error.msg.as_str());
    let word = || -> String {
        let rest = characters.get(at..).unwrap_or_default();
        let word: String = rest.iter().take_while(|one| one.is_alphanumeric() || **one == '_').collect();
        if word.is_empty() { rest.iter().take(1).collect() } else { word }
    };
    let text = if message.contains("<EOF>") {
        "the expression ends too early".to_owned()
    } else if source.contains(['\'', '"'])
        && message.contains("token recognition error")
        && message.contains(['"', '\''])
        && at + 1 < characters.len()
        && characters.get(at).is_some_and(|one| matches!(one, '"' | '\''))
    {
        "a text without its end begins here".to_owned()
    } else if characters.get(at) == Some(&'=') {
        "`=` sets nothing here: `==` compares".to_owned()
    } else if characters.get(at).is_some_and(|one| matches!(one, '&' | '|')) {
        "`&&` and `||` join conditions".to_owned()
    } else if word() == "and" || word() == "or" || word() == "not" {
        format!("`{}` is no operator: write `&&`, `||` or `!`", word())
    } else {
        format!("`{}` cannot stand here", word())
    };
    (text, at)
}

/// Where the `}` stands that ends an expression which begins at `from`: not in a text, and not that of a map.
fn closing(characters: &[char], from: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = from;
    while let Some(&one) = characters.get(at) {
        match one {
            '"' | '\'' => at = end_of_text(characters, at)?,
            '{' | '(' | '[' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' | ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The closing quote of the text that begins at `from`.
fn end_of_text(characters: &[char], from: usize) -> Option<usize> {
    let quote = *characters.get(from)?;
    let mut at = from + 1;
    loop {
        match *characters.get(at)? {
            '\\' => at += 2,
            one if one == quote => return Some(at),
            _ => at += 1,
        }
    }
}

/// The bracket that is one too deep.
fn too_deep(source: &str) -> Option<usize> {
    let characters: Vec<char> = source.chars().collect();
    let (mut open, mut at) = (0_usize, 0);
    while let Some(&one) = characters.get(at) {
        match one {
            '"' | '\'' => at = end_of_text(&characters, at).unwrap_or(characters.len()),
            '{' | '(' | '[' => {
                open += 1;
                if open > MOST_BRACKETS {
                    return Some(at);
                }
            }
            '}' | ')' | ']' => open = open.saturating_sub(1),
            // Each of these is a level of the parser too.
            '!' | '-' | '?' if characters.get(at + 1) == Some(&one) => {
                let run = characters.get(at..).unwrap_or_default().iter().take_while(|next| **next == one).count();
                if run > MOST_BRACKETS {
                    return Some(at);
                }
                at += run - 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// A comment of CEL outside of texts: where it begins, and its length.
fn comment(source: &str) -> Option<(usize, usize)> {
    let characters: Vec<char> = source.chars().collect();
    let mut at = 0;
    while let Some(&one) = characters.get(at) {
        match one {
            '"' | '\'' => at = end_of_text(&characters, at)?,
            '/' if characters.get(at + 1) == Some(&'/') => return Some((at, characters.len() - at)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Reads what the `cel` crate has parsed.
struct Reader<'r, 'a, 'd> {
    parser: &'r mut Parser<'a, 'd>,
    info: &'r SourceInfo,
    from: usize,
    places: &'r Places,
}

impl Reader<'_, '_, '_> {
    fn read(&mut self, read: &IdedExpr) -> Ast {
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
                return self.call(&call.func_name, at, target, arguments);
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
        self.parser.report(Diagnostic::error(Code::ExpressionSyntax, at, message));
        AstKind::Broken
    }

    fn call(&mut self, name: &str, at: Span, target: Option<Box<Ast>>, arguments: Vec<Ast>) -> Ast {
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
                        AstKind::Call(Call { name: name.to_owned(), at, target: None, arguments })
                    }
                },
            };
            return Ast::new(kind, whole);
        }
        let at = self.name_before(at, name);
        Ast::new(AstKind::Call(Call { name: name.to_owned(), at, target, arguments }), whole)
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
