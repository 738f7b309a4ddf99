//! Literals of TypeScript as values; everything else is reported at its place.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};
use oxc_span::GetSpan;

use super::lists::WebRegistry;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::raw::{Named, Text};
use crate::source::{FileId, Span, Spanned};

/// The function that makes an entry.
pub(super) const ENTRY: &str = "entry";

/// Reads the literals of one file.
pub(super) struct Literals<'d> {
    pub(super) file: FileId,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// Where [`ENTRY`] is called first.
    pub(super) entry: Option<oxc_span::Span>,
}

/// An entry of the registry.
struct Entry {
    enabled: bool,
    fields: Vec<Text>,
}

impl Literals<'_> {
    pub(super) fn span(&self, span: oxc_span::Span) -> Span {
        Span::new(self.file, span.start as usize, span.end as usize)
    }

    /// Says that something cannot be judged, and why.
    pub(super) fn refuse(&mut self, span: oxc_span::Span, message: impl Into<String>) {
        let span = self.span(span);
        self.diagnostics.push(Diagnostic::error(Code::WebRegistry, span, message));
    }

    /// `{ table: entry([…]), … }`
    pub(super) fn registry(&mut self, value: &Expression<'_>, web: &mut WebRegistry) {
        let Expression::ObjectExpression(object) = value.get_inner_expression() else {
            return self.refuse(value.span(), "the registry is not an object literal");
        };
        for (table, value) in self.properties(object) {
            let Some(entry) = self.entry(value) else { continue };
            if !entry.enabled {
                web.disabled.push(table);
            } else if entry.fields.is_empty() {
                self.refuse(value.span(), format!("`{}` is encrypted, but has no encrypted fields", table.value));
            } else {
                web.encrypted.push((table, entry.fields));
            }
        }
    }

    /// `entry<Local>([…])`, `entry([…], { enabled: false })` or `{ enabled: true, fields: […] }`
    fn entry(&mut self, value: &Expression<'_>) -> Option<Entry> {
        match value.get_inner_expression() {
            Expression::ObjectExpression(object) => self.written_out(object),
            Expression::CallExpression(call) if !call.optional && is_named(&call.callee, ENTRY) => {
                self.entry.get_or_insert(call.callee.span());
                let mut arguments = call.arguments.iter();
                let fields = match arguments.next() {
                    Some(argument) => self.argument(argument).and_then(|value| self.strings(value)),
                    None => {
                        self.refuse(call.span, "an entry names its fields");
                        None
                    }
                };
                let enabled = match arguments.next() {
                    Some(argument) => self.argument(argument).and_then(|value| self.options(value)),
                    None => Some(true),
                };
                if let Some(third) = arguments.next() {
                    self.refuse(third.span(), "an entry has two arguments");
                    return None;
                }
                Some(Entry { enabled: enabled?, fields: fields? })
            }
            other => {
                self.refuse(other.span(), "an entry is `entry([…])` or `{ enabled: …, fields: […] }`; this is neither");
                None
            }
        }
    }

    fn argument<'a, 'b>(&mut self, argument: &'b Argument<'a>) -> Option<&'b Expression<'a>> {
        let value = argument.as_expression();
        if value.is_none() {
            self.refuse(argument.span(), "a spread cannot be judged");
        }
        value
    }

    /// `{ enabled: false }`
    fn options(&mut self, value: &Expression<'_>) -> Option<bool> {
        let Expression::ObjectExpression(object) = value.get_inner_expression() else {
            self.refuse(value.span(), "the options of an entry are not an object literal");
            return None;
        };
        self.known(object, &["enabled"]).remove("enabled").and_then(|value| self.boolean(value))
    }

    /// `{ enabled: true, fields: […] }`
    fn written_out(&mut self, object: &ObjectExpression<'_>) -> Option<Entry> {
        let mut values = self.known(object, &["enabled", "fields"]);
        let enabled = values.remove("enabled").and_then(|value| self.boolean(value));
        let fields = values.remove("fields").and_then(|value| self.strings(value));
        Some(Entry { enabled: enabled?, fields: fields? })
    }

    /// The values of an object that has these keys and no others; what is missing is reported.
    fn known<'a, 'b>(
        &mut self,
        object: &'b ObjectExpression<'a>,
        keys: &[&'static str],
    ) -> BTreeMap<&'static str, &'b Expression<'a>> {
        let mut found = BTreeMap::new();
        let properties = self.properties(object);
        let is_whole = properties.len() == object.properties.len();
        for (name, value) in properties {
            match keys.iter().find(|key| **key == name.value) {
                Some(key) => drop(found.insert(*key, value)),
                None => {
                    let message = format!("`{}` says nothing that can be judged here", name.value);
                    self.diagnostics.push(Diagnostic::error(Code::WebRegistry, name.span, message));
                }
            }
        }
        for key in keys.iter().filter(|key| is_whole && !found.contains_key(*key)) {
            self.refuse(object.span, format!("`{key}` is missing"));
        }
        found
    }

    /// The literal properties of an object; all others are reported, of two with one name both.
    fn properties<'a, 'b>(&mut self, object: &'b ObjectExpression<'a>) -> Named<&'b Expression<'a>> {
        let mut found: Named<&Expression<'a>> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let mut twice: Vec<String> = Vec::new();
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                self.refuse(property.span(), "a spread cannot be judged");
                continue;
            };
            let name = match &property.key {
                _ if property.computed => None,
                PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
                PropertyKey::StringLiteral(name) if !name.lone_surrogates => Some(name.value.to_string()),
                _ => None,
            };
            let Some(name) = name else {
                self.refuse(property.key.span(), "a computed key cannot be judged");
                continue;
            };
            if property.kind != PropertyKind::Init || property.method || property.shorthand || name == "__proto__" {
                self.refuse(property.span, format!("`{name}` has no literal value"));
                continue;
            }
            let span = self.span(property.key.span());
            if let Some(first) = seen.get(&name) {
                let message = format!("the key `{name}` is duplicated");
                let problem = Diagnostic::error(Code::WebRegistry, span, message).also(*first, "first here");
                self.diagnostics.push(problem);
                twice.push(name);
                continue;
            }
            seen.insert(name.clone(), span);
            found.push((Spanned::new(name, span), &property.value));
        }
        twice.sort();
        found.retain(|(name, _)| twice.binary_search(&name.value).is_err());
        found
    }

    fn boolean(&mut self, value: &Expression<'_>) -> Option<bool> {
        match value.get_inner_expression() {
            Expression::BooleanLiteral(literal) => Some(literal.value),
            other => {
                self.refuse(other.span(), "this is not `true` or `false`");
                None
            }
        }
    }

    /// `['a', 'b']`, distinct; `None` where any of it cannot be judged.
    pub(super) fn strings(&mut self, value: &Expression<'_>) -> Option<Vec<Text>> {
        match value.get_inner_expression() {
            Expression::ArrayExpression(array) => self.items(array),
            other => {
                self.refuse(other.span(), "this is not an array literal");
                None
            }
        }
    }

    fn items(&mut self, array: &ArrayExpression<'_>) -> Option<Vec<Text>> {
        let before = self.diagnostics.len();
        let mut items: Vec<Text> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for element in &array.elements {
            let why = match (element, element.as_expression().map(Expression::get_inner_expression)) {
                (_, Some(Expression::StringLiteral(text))) if !text.lone_surrogates => {
                    let span = self.span(text.span);
                    if let Some(first) = seen.insert(text.value.to_string(), span) {
                        let message = format!("`{}` is listed twice", text.value);
                        let problem = Diagnostic::error(Code::WebRegistry, span, message).also(first, "first here");
                        self.diagnostics.push(problem);
                    }
                    items.push(Spanned::new(text.value.to_string(), span));
                    continue;
                }
                (ArrayExpressionElement::SpreadElement(_), _) => "a spread cannot be judged",
                (_, Some(Expression::TemplateLiteral(_) | Expression::TaggedTemplateExpression(_))) => {
                    "a template string cannot be judged; write it with quotes"
                }
                _ => "this is not a string literal",
            };
            self.refuse(element.span(), why);
        }
        (self.diagnostics.len() == before).then_some(items)
    }
}

fn is_named(expression: &Expression<'_>, name: &str) -> bool {
    match expression.get_inner_expression() {
        Expression::Identifier(identifier) => identifier.name == name,
        _ => false,
    }
}
