//! A file of `services/`: a service and its operations.

use super::{Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};
use crate::yaml::{Node, Value};

/// A service as it is written.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its file.
    pub file: FileId,
    /// `service`
    pub name: Option<Text>,
    /// `summary`
    pub summary: Option<Text>,
    /// `baseUrl`: the setting that holds its address.
    pub base_url: Option<Text>,
    /// `auth`
    pub auth: Option<Text>,
    /// `operations`
    pub operations: Named<Operation>,
}

/// An operation as it is written.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method and the path.
    pub route: Option<(Text, Text)>,
    /// `request`
    pub request: Option<Schema>,
    /// `response`
    pub response: Option<Schema>,
    /// `errors`: the caller's error messages, by status.
    pub errors: Vec<(Spanned<u16>, Text)>,
    /// `timeoutSeconds`
    pub timeout: Option<Spanned<i64>>,
    /// `repeats`
    pub repeats: Option<Text>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl Service {
    /// Reads the file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::SERVICE, Span::start_of(file), node, diagnostics)?;
        let service = Self {
            file,
            name: reader.required_text("service", diagnostics),
            summary: reader.required_text("summary", diagnostics),
            base_url: reader.required_text("baseUrl", diagnostics),
            auth: reader.required_text("auth", diagnostics),
            operations: reader
                .required("operations", diagnostics)
                .and_then(|(_, node)| reader::named(node, diagnostics, Operation::read))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(service)
    }
}

impl Operation {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::OPERATION, name.span, node, diagnostics)?;
        let mut route = None;
        for method in METHODS {
            if let Some((key, node)) = reader.optional(method)
                && let Some(path) = reader::string(node, diagnostics)
            {
                if route.is_some() {
                    let message = "an operation has one method";
                    diagnostics.push(Diagnostic::error(Code::Contradiction, key, message));
                }
                route = Some((Text::new(method.to_owned(), key), path));
            }
        }
        if route.is_none() {
            let message = format!("the operation `{}` has no path", name.value);
            let help = "write `get: /path`, or `post`, `put`, `patch`, `delete`";
            diagnostics.push(Diagnostic::error(Code::MissingKey, name.span, message).help(help));
        }
        let operation = Self {
            route,
            request: reader.optional("request").map(|(key, node)| Schema::read(key, node, diagnostics)),
            response: reader.required("response", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
            errors: errors(&mut reader, diagnostics),
            timeout: reader.required("timeoutSeconds", diagnostics).and_then(|(_, node)| match node.value {
                Value::Integer(seconds) => Some(Spanned::new(seconds, node.span)),
                _ => {
                    reader::wrong_kind(node, "a whole number", diagnostics);
                    None
                }
            }),
            repeats: reader.required_text("repeats", diagnostics),
        };
        reader.finish(diagnostics);
        Some(operation)
    }
}

fn errors(reader: &mut Reader<'_>, diagnostics: &mut Diagnostics) -> Vec<(Spanned<u16>, Text)> {
    let entries = reader.optional("errors").and_then(|(_, node)| reader::mapping(node, diagnostics));
    let mut errors = Vec::new();
    for (status, node) in entries.unwrap_or_default() {
        let Ok(number) = status.value.parse::<u16>() else {
            let message = format!("`{}` is not an HTTP status", status.value);
            diagnostics.push(Diagnostic::error(Code::WrongKind, status.span, message));
            continue;
        };
        let Some(mut of) = Reader::new(&keys::SERVICE_ERROR, status.span, node, diagnostics) else { continue };
        if let Some(message) = of.required_text("message", diagnostics) {
            errors.push((Spanned::new(number, status.span), message));
        }
        of.finish(diagnostics);
    }
    errors
}
