//! TypeScript -> the two lists, with `oxc_parser`.

use std::thread;

use oxc_allocator::Allocator;
use oxc_ast::ast::{BindingPattern, Declaration, Expression, Program, Statement, VariableDeclarator};
use oxc_parser::Parser;
use oxc_span::{GetSpan as _, SourceType};

use super::changes::Changes;
use super::entry;
use super::lists::WebRegistry;
use super::literal::Literals;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// Larger files are not read.
const MAX_BYTES: usize = 512 << 10;
/// What the parser's recursion takes at most for one byte of source, and what it needs at all.
const STACK_PER_BYTE: usize = 8 << 10;
const STACK: usize = 16 << 20;

/// Reads `ENCRYPTION_REGISTRY`.
pub(super) fn registry(file: FileId, text: &str, web: &mut WebRegistry, diagnostics: &mut Diagnostics) {
    constant("ENCRYPTION_REGISTRY", file, text, diagnostics, |value, literals| literals.registry(value, web));
}

/// Reads `PLAINTEXT_ALLOWLIST`.
pub(super) fn allowlist(file: FileId, text: &str, web: &mut WebRegistry, diagnostics: &mut Diagnostics) {
    constant("PLAINTEXT_ALLOWLIST", file, text, diagnostics, |value, literals| {
        web.plaintext = literals.strings(value).unwrap_or_default();
    });
}

/// Parses a file and reads the value of one constant.
fn constant(
    name: &'static str,
    file: FileId,
    text: &str,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(&Expression<'_>, &mut Literals<'_>) + Send,
) {
    if text.len() > MAX_BYTES {
        let message = format!("this file has {} bytes; at most {MAX_BYTES} are read", text.len());
        diagnostics.push(Diagnostic::error(Code::TooLarge, Span::start_of(file), message));
        return;
    }
    let mut literals = Literals { file, diagnostics, entry: None };
    // The parser recurses; its stack grows with the source, so that no nesting can exhaust it.
    let done = thread::scope(|scope| {
        let parse = || {
            let allocator = Allocator::default();
            let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
            for problem in parsed.diagnostics.errors() {
                let label = problem.labels.first();
                let start = label.map_or(0, |label| label.offset());
                let span = oxc_span::Span::sized(start, label.map_or(0, |label| label.len()));
                literals.refuse(span, format!("this is not TypeScript: {}", problem.message));
            }
            if parsed.panicked || parsed.diagnostics.has_errors() {
                return;
            }
            judge(name, &parsed.program, &mut literals, read);
        };
        let stack = STACK + text.len() * STACK_PER_BYTE;
        thread::Builder::new().stack_size(stack).spawn_scoped(scope, parse).map(|thread| thread.join().is_ok())
    });
    if !matches!(done, Ok(true)) {
        let message = "this file cannot be parsed on this machine: it is too deep for it";
        diagnostics.push(Diagnostic::error(Code::TooLarge, Span::start_of(file), message));
    }
}

fn judge(
    name: &'static str,
    program: &Program<'_>,
    literals: &mut Literals<'_>,
    read: impl FnOnce(&Expression<'_>, &mut Literals<'_>),
) {
    let mut declared = declarations(name, program).into_iter();
    let Some(declarator) = declared.next() else {
        let message = format!("this file has no `export const {name} = …`");
        return literals.refuse(otherwise_declared(name, program), message);
    };
    for again in declared {
        literals.refuse(again.id.span(), format!("`{name}` is declared twice"));
    }
    match &declarator.init {
        Some(value) => read(value, literals),
        None => literals.refuse(declarator.span, format!("`{name}` has no value")),
    }
    let of_entry = literals.entry.and_then(|used| entry::check(program, used));
    for (span, message) in of_entry.into_iter().chain(Changes::of(name, program).found) {
        literals.refuse(span, message);
    }
}

/// The exported constants of this name.
fn declarations<'a, 'b>(name: &str, program: &'b Program<'a>) -> Vec<&'b VariableDeclarator<'a>> {
    let mut found = Vec::new();
    for statement in &program.body {
        if let Statement::ExportDeclaration(export) = statement
            && let Declaration::VariableDeclaration(variables) = &export.declaration
            && variables.kind.is_const()
            && !variables.declare
        {
            let is_named = |one: &&VariableDeclarator<'_>| match &one.id {
                BindingPattern::BindingIdentifier(id) => id.name == name,
                _ => false,
            };
            found.extend(variables.declarations.iter().filter(is_named));
        }
    }
    found
}

/// Where a variable of this name is declared in another way (`let`, without `export`), or the start of the file.
fn otherwise_declared(name: &str, program: &Program<'_>) -> oxc_span::Span {
    let variables = program.body.iter().filter_map(|statement| match statement {
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::VariableDeclaration(variables) => Some(variables),
            _ => None,
        },
        Statement::VariableDeclaration(variables) => Some(variables),
        _ => None,
    });
    let is_named = |one: &&VariableDeclarator<'_>| one.id.get_identifier_name().is_some_and(|id| id == name);
    let found = variables.flat_map(|variables| &variables.declarations).find(is_named);
    found.map_or(oxc_span::Span::empty(0), |one| one.id.span())
}
