//! JSON Schemas as they are written: the keywords of the subset, unresolved.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// The keyword by which clients repeat an argument in a header.
const HEADER: &str = "x-mcp-header";

/// Keywords of other dialects, and what is written instead.
const INSTEAD: [(&str, &str); 5] = [
    ("nullable", "write `type: [string, 'null']`"),
    ("const", "write `enum` with one word"),
    ("oneOf", "write one type; two kinds of a thing are two properties"),
    ("anyOf", "write one type; two kinds of a thing are two properties"),
    ("example", "write it under `examples` of the tool"),
];

/// A schema, every keyword optional.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Where it is named (its key), for what concerns it as a whole.
    pub at: Span,
    /// `$ref`
    pub reference: Option<Text>,
    /// `type`
    pub types: Option<Spanned<TypeList>>,
    /// `title`
    pub title: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `enum`; each item is a string or null.
    pub variants: Option<Spanned<Vec<Spanned<Option<String>>>>>,
    /// `properties`
    pub properties: Option<Spanned<Named<Schema>>>,
    /// `only`
    pub only: Option<Spanned<Vec<Text>>>,
    /// `additionalProperties`
    pub additional: Option<Spanned<Box<Schema>>>,
    /// `required`
    pub required: Option<Spanned<Vec<Text>>>,
    /// `items`
    pub items: Option<Spanned<Box<Schema>>>,
    /// `minLength`, `maxLength`, `minItems`, `maxItems`, `minimum`, `maximum`
    pub bounds: Vec<(&'static str, Spanned<Bound>)>,
    /// `pattern`
    pub pattern: Option<Text>,
    /// `format`
    pub format: Option<Text>,
    /// `uniqueItems`
    pub unique_items: Option<Spanned<bool>>,
    /// `sealed`
    pub sealed: Option<Spanned<bool>>,
    /// `default`
    pub default: Option<(Span, Node)>,
    /// Whether there is a `description`, readable or not.
    pub has_description: bool,
    /// Whether something that decides its type could not be read, and was reported.
    pub unreadable: bool,
}

/// The names in `type`.
#[derive(Debug, Clone)]
pub struct TypeList {
    /// The name that is not `null`.
    pub name: Text,
    /// Whether `null` stands beside it.
    pub nullable: bool,
}

/// A number that limits something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
}

impl Schema {
    /// Reads a schema; `at` is the place of its key.
    pub(crate) fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut reader = Reader::or_broken(&keys::SCHEMA, at, node, diagnostics);
        let mut schema = Self {
            at,
            reference: reader.optional_text("$ref", diagnostics),
            types: reader.optional("type").and_then(|(_, node)| types(node, diagnostics)),
            title: reader.optional_text("title", diagnostics),
            description: reader.optional_text("description", diagnostics),
            variants: reader.optional("enum").and_then(|(key, node)| variants(key, node, diagnostics)),
            properties: reader.optional("properties").and_then(|(key, node)| {
                let properties = reader::named(node, diagnostics, |name, node, diagnostics| {
                    Some(Self::read(name.span, node, diagnostics))
                })?;
                Some(Spanned::new(properties, key))
            }),
            required: reader
                .optional("required")
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            only: reader
                .optional("only")
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            additional: reader
                .optional("additionalProperties")
                .map(|(key, node)| Spanned::new(Box::new(Self::read(key, node, diagnostics)), key)),
            items: reader
                .optional("items")
                .map(|(key, node)| Spanned::new(Box::new(Self::read(key, node, diagnostics)), key)),
            bounds: ["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"]
                .into_iter()
                .filter_map(|name| Some((name, bound(reader.optional(name)?.1, diagnostics)?)))
                .collect(),
            pattern: reader.optional_text("pattern", diagnostics),
            format: reader.optional_text("format", diagnostics),
            unique_items: reader.optional("uniqueItems").and_then(|(_, node)| reader::boolean(node, diagnostics)),
            sealed: reader.optional("sealed").and_then(|(_, node)| reader::boolean(node, diagnostics)),
            default: reader.optional("default").map(|(key, node)| (key, node.clone())),
            has_description: reader.optional("description").is_some() || reader.is_broken(),
            unreadable: false,
        };
        schema.unreadable = reader.is_broken()
            || reader.is_unreadable("$ref", schema.reference.as_ref())
            || reader.is_unreadable("type", schema.types.as_ref())
            || reader.is_unreadable("enum", schema.variants.as_ref())
            || reader.is_unreadable("properties", schema.properties.as_ref())
            || reader.is_unreadable("items", schema.items.as_ref());
        reader.finish_with(unknown_keyword, diagnostics);
        schema
    }

    /// Whether a property of this name is written, in order or not.
    pub(crate) fn has_property(&self, name: &str) -> bool {
        let properties = self.properties.as_ref().map_or(&[][..], |properties| properties.value.as_slice());
        properties.iter().any(|(key, _)| key.value == name)
    }
}

/// A keyword that is not read.
fn unknown_keyword(keyword: &Text) -> Diagnostic {
    if !keyword.value.eq_ignore_ascii_case(HEADER) {
        if keyword.value.ends_with('.') || keyword.value.contains(char::is_whitespace) {
            let message = format!("`{}` is not a keyword: perhaps a comma has ended a text in braces", keyword.value);
            return Diagnostic::error(Code::UnknownKeyword, keyword.span, message)
                .help("quote the text that has the comma, for example `description: 'First, second.'`");
        }
        let message = format!("`{}` is outside the subset of JSON Schema", keyword.value);
        let instead = INSTEAD.iter().find(|(known, _)| *known == keyword.value);
        let help = instead.map(|(_, instead)| (*instead).to_owned());
        return Diagnostic::error(Code::UnknownKeyword, keyword.span, message).maybe_help(help);
    }
    let message = format!("`{HEADER}` would send this argument in an HTTP header, in plain text");
    Diagnostic::error(Code::HeaderKeyword, keyword.span, message)
        .label("proxies and servers log headers")
        .help("leave it out: an argument stays in the body, where what is encrypted can be told from what is not")
}

fn types(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<TypeList>> {
    let names = match &node.value {
        Value::Sequence(items) if let Some(null) = items.iter().find(|item| matches!(item.value, Value::Null)) => {
            let message = "`null` is a word here, and stands in quotes";
            diagnostics
                .push(Diagnostic::error(Code::WrongKind, null.span, message).help("write `type: [string, 'null']`"));
            return None;
        }
        Value::Sequence(_) => reader::strings(node, diagnostics)?,
        _ => vec![reader::string(node, diagnostics)?],
    };
    let nullable = names.iter().any(|name| name.value == "null");
    let mut others = names.iter().filter(|name| name.value != "null");
    match (others.next(), others.next(), names.len()) {
        (Some(name), None, 1 | 2) => Some(Spanned::new(TypeList { name: name.clone(), nullable }, node.span)),
        _ => {
            let message = "`type` is one type, or one type and 'null'";
            diagnostics.push(
                Diagnostic::error(Code::WrongKind, node.span, message)
                    .help("for example `type: string` or `type: [string, 'null']`"),
            );
            None
        }
    }
}

fn variants(key: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<Vec<Spanned<Option<String>>>>> {
    let mut variants = Vec::new();
    for item in reader::sequence(node, diagnostics)? {
        match &item.value {
            Value::String(text) => variants.push(Spanned::new(Some(text.clone()), item.span)),
            Value::Null => variants.push(Spanned::new(None, item.span)),
            _ => reader::wrong_kind(item, "a string", diagnostics),
        }
    }
    Some(Spanned::new(variants, key))
}

fn bound(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<Bound>> {
    match node.value {
        Value::Integer(value) => Some(Spanned::new(Bound::Integer(value), node.span)),
        Value::Number(value) => Some(Spanned::new(Bound::Number(value), node.span)),
        _ => {
            reader::wrong_kind(node, "a number", diagnostics);
            None
        }
    }
}
