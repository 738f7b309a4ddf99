//! Texts -> expressions. The grammar is CEL's, read by the `cel` crate; what of it the catalog does not use is refused here.

use std::collections::BTreeSet;

mod bounds;
mod reader;
mod words;

use self::bounds::{MOST_BRACKETS, MOST_CHARACTERS, MOST_LEVELS, Unclosed};
use self::reader::Reader;
use super::ast::{Ast, AstKind};
use super::places::Places;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

/// What expressions have, with members.
const OBJECTS: [&str; 6] = ["input", "row", "user", "space", "constants", "it"];

/// Reads expressions out of the nodes of sources.
pub(crate) struct Parser<'a, 'd> {
    pub(crate) sources: &'a Sources,
    /// Names that were reported where they are given: nothing more is said of an expression that has one.
    pub(crate) reported: &'d BTreeSet<String>,
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
                let message = format!("expected a condition, found {}", node.kind());
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
            return match self.meant(text, span) {
                true => Ast::new(AstKind::Broken, span),
                false => Ast::new(AstKind::Text(text.to_owned()), span),
            };
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
                let close = match bounds::closing(&characters, at + 2) {
                    Ok(close) => close,
                    Err(unclosed) => {
                        self.unclosed(unclosed, at, span, &places);
                        return Ast::new(AstKind::Broken, span);
                    }
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

    /// Whether a text was meant to be an expression, which is reported: `input.name`, `$row`, `input.height * 2`.
    fn meant(&mut self, text: &str, span: Span) -> bool {
        if !self.is_meant(text, span) {
            return false;
        }
        let expression = without_dollars(text.trim());
        let message = format!("`{}` is a text here", text.trim());
        let help = format!("write `'${{{}}}'` for its value", expression.replace('\'', "''"));
        self.report(Diagnostic::error(Code::ExpressionSyntax, span, message).help(help));
        true
    }

    /// A text is meant where all of it is an expression that names a member of what expressions have.
    fn is_meant(&self, text: &str, span: Span) -> bool {
        const WHOLE: [&str; 14] = [
            "$input",
            "$row",
            "$rows",
            "$now",
            "$today",
            "$uuid",
            "$place",
            "$count",
            "$user",
            "$space",
            "$constants",
            "$it",
            "$result",
            "uuid()",
        ];
        let text = text.trim();
        if WHOLE.contains(&text) {
            return true;
        }
        let names_object = || {
            let words = text.split(|one: char| !one.is_ascii_alphanumeric() && one != '_' && one != '.');
            let object = |word: &str| word.split_once('.').map(|(object, _)| OBJECTS.contains(&object));
            words.filter_map(object).any(|is_one| is_one)
        };
        let has_dollar = text.starts_with('$');
        if text.len() > MOST_CHARACTERS || !has_dollar && !names_object() {
            return false;
        }
        let expression = without_dollars(text);
        let places = self.places(&expression, span);
        let (reported, mut diagnostics) = (BTreeSet::new(), Diagnostics::default());
        let mut quiet = Parser { sources: self.sources, reported: &reported, diagnostics: &mut diagnostics };
        let read = quiet.expression(&expression, 0, expression.chars().count(), &places);
        diagnostics.errors() == 0 && read.has_member_of(&|name| has_dollar || OBJECTS.contains(&name))
    }

    fn places(&self, text: &str, span: Span) -> Places {
        let source = self.sources.get(span.file).map_or("", |file| file.text.as_str());
        Places::of(text, span, source)
    }

    /// Reports that the `${` at a character has no end, or something in it.
    fn unclosed(&mut self, unclosed: Unclosed, at: usize, whole: Span, places: &Places) {
        let (message, help, place) = match unclosed {
            Unclosed::Text(at) => {
                ("this text has no end", "a text ends with the quote with which it begins", places.span(at, at + 1))
            }
            Unclosed::Bracket(at) => {
                ("this bracket is not closed", "what it opens ends with `)`, `]` or `}`", places.span(at, at + 1))
            }
            Unclosed::Expression => {
                ("this `${` has no `}`", "write `$${` for the characters themselves", places.span(at, at + 2))
            }
        };
        let help = self.cut(whole).unwrap_or(help);
        self.report(Diagnostic::error(Code::ExpressionSyntax, place, message).help(help));
    }

    /// What to do where YAML has ended a text without quotes before its end.
    fn cut(&self, whole: Span) -> Option<&'static str> {
        let text = self.sources.get(whole.file)?.text.as_str();
        let behind = text.get(whole.end..)?.trim_start_matches([' ', '\t']);
        if text.get(whole.start..)?.starts_with(['"', '\'', '|', '>']) {
            return None;
        }
        match behind.chars().next()? {
            '#' => Some("put all of it in single quotes: ` #` begins a comment"),
            ',' | '}' | ']' => Some("put all of it in single quotes: in braces, a comma or bracket ends it"),
            _ => None,
        }
    }

    fn expression(&mut self, source: &str, from: usize, to: usize, places: &Places) -> Ast {
        let span = places.span(from, to);
        let broken = Ast::new(AstKind::Broken, span);
        if source.trim().is_empty() {
            let help = "write one, such as `input.name`, or leave the key out";
            self.report(Diagnostic::error(Code::ExpressionSyntax, span, "there is no expression here").help(help));
            return broken;
        }
        if to - from > MOST_CHARACTERS {
            self.too_large(span, &format!("an expression has at most {MOST_CHARACTERS} characters"));
            return broken;
        }
        if let Some(at) = bounds::too_deep(source) {
            let place = places.span(from + at, from + at + 1);
            self.too_large(place, &format!("an expression has at most {MOST_BRACKETS} brackets in each other"));
            return broken;
        }
        if let Some((at, length)) = bounds::comment(source) {
            let place = places.span(from + at, from + at + length);
            let message = "there are no comments in expressions";
            self.report(
                Diagnostic::error(Code::ExpressionSyntax, place, message)
                    .help("a comment of YAML stands on a line before"),
            );
            return broken;
        }
        let levels = format!("an expression has at most {MOST_LEVELS} levels");
        match cel::Env::default().with_optional_support(false).parser().parse_with_source_info(source) {
            Ok((read, _)) if bounds::has_too_many_levels(&read) => {
                self.too_large(span, &levels);
                broken
            }
            Ok((read, info)) => {
                let characters: Vec<char> = source.chars().collect();
                Reader { diagnostics: self.diagnostics, info: &info, from, places, characters: &characters }.read(&read)
            }
            Err(errors) if errors.errors.iter().any(|error| error.msg.contains("recursion")) => {
                self.too_large(span, &levels);
                broken
            }
            Err(errors) => {
                let problem = words::of(source, &errors);
                if self.reported.iter().any(|name| source.contains(name.as_str())) {
                    return broken;
                }
                let place = places.span(from + problem.at, from + problem.at + problem.length);
                let help = if problem.is_cut { self.cut(places.whole()).or(problem.help) } else { problem.help };
                let help = help.map(str::to_owned);
                self.report(Diagnostic::error(Code::ExpressionSyntax, place, problem.message).maybe_help(help));
                broken
            }
        }
    }

    fn too_large(&mut self, at: Span, message: &str) {
        let help = "give parts of it names with `value` steps";
        self.report(Diagnostic::error(Code::TooLarge, at, message).help(help));
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// An expression with names as an earlier edition wrote them, `$input.name`, as it is written now.
fn without_dollars(text: &str) -> String {
    let mut without = String::new();
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        let begins_name = one == '$' && rest.peek().is_some_and(char::is_ascii_alphabetic);
        if !begins_name {
            without.push(one);
        }
    }
    without
}
