//! Names: what they may look like, what they become in Rust, and that no two become the same.
//!
//! - modules: `snake_case`; they are file names and modules of Rust.
//! - toolsets and prompts: small letters, digits and `-`; they are parts of addresses.
//! - apps, tools, tables, fields, steps: letters and digits, beginning with a lower-case letter (`journalEntries`); tools,
//!   fields and steps take `_` too.
//! - types: letters and digits, beginning with a capital (`Priority`).
//!
//! A name is at most 40 characters. A tool's full name is at most 44: providers of models take 64, of which a host's prefix
//! such as `mcp__mana__` takes up to 20. Two underscores in a row end that prefix, so no tool's name has them. Two names collide when
//! they become the same name in Rust, or differ in dots, underscores and case alone:
//! agents, file systems and generated code do not all tell such names apart. Give one of them another name.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::ir::{RustIdent, TypeName};
use crate::raw::Text;
use crate::source::{FileId, Sources, Span};
use crate::written::is_no_module;

const MAX_LENGTH: usize = 40;

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Module,
    App,
    Toolset,
    Prompt,
    Tool,
    Table,
    Field,
    Step,
    Type,
}

/// Names of one kind, with the places where they were given.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    taken: BTreeMap<String, (String, Option<Span>)>,
}

impl Of {
    fn what(self) -> &'static str {
        match self {
            Self::Module => "a module",
            Self::App => "an app",
            Self::Toolset => "a toolset",
            Self::Prompt => "a prompt",
            Self::Tool => "a tool",
            Self::Table => "a table",
            Self::Field => "a field",
            Self::Step => "a step",
            Self::Type => "a type",
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Module => "small letters, digits and single `_` between them, beginning with a letter",
            Self::Toolset | Self::Prompt => "small letters, digits and `-`, beginning with a letter",
            Self::Tool | Self::Field | Self::Step => {
                "letters, digits and single `_` between them, beginning with a small letter"
            }
            Self::App | Self::Table => "letters and digits, beginning with a small letter",
            Self::Type => "letters and digits, beginning with a capital",
        }
    }

    fn allows(self, name: &str) -> bool {
        let mut chars = name.chars();
        let first = chars.next();
        let begins = match self {
            Self::Type => first.is_some_and(|one| one.is_ascii_uppercase()),
            _ => first.is_some_and(|one| one.is_ascii_lowercase()),
        };
        let rest = |one: char| match self {
            Self::Module => one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_',
            Self::Toolset | Self::Prompt => one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-',
            Self::Tool | Self::Field | Self::Step => one.is_ascii_alphanumeric() || one == '_',
            Self::App | Self::Table | Self::Type => one.is_ascii_alphanumeric(),
        };
        // Hosts end the name of a server with two underscores: `mcp__mana__todo_create`.
        begins && chars.all(rest) && !name.contains("__") && !name.ends_with('_')
    }
}

/// Whether a name follows the rules; reported where it does not.
pub(super) fn check(of: Of, name: &Text, diagnostics: &mut Diagnostics) -> bool {
    if !of.allows(&name.value) {
        let message = format!("`{}` cannot be the name of {}", name.value, of.what());
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message).help(of.rule()));
        return false;
    }
    if name.value.len() > MAX_LENGTH {
        let message = format!("the name of {} has at most {MAX_LENGTH} characters", of.what());
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message));
        return false;
    }
    true
}

/// Whether every catalog has this for itself: its tools that find and call others, or a file of its code.
pub(super) fn is_of_catalog(name: &str) -> bool {
    ["catalog", "prompts", "services", "toolsets", "words"].contains(&name)
}

/// Whether a module of Rust cannot have this name, because the language has it for itself.
pub(super) fn is_of_rust(name: &str) -> bool {
    name == "mod" || RustIdent::new(name).is_none_or(|ident| ident.is_raw())
}

/// The name of a module's file.
pub(super) fn stem(file: FileId, sources: &Sources) -> &str {
    let source = sources.path(file);
    source.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).unwrap_or(source)
}

/// Whether a module can be named so.
///
/// # Errors
/// Why it cannot, in a line.
pub(crate) fn module(name: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("`{name}` cannot be the name of a module: {why}"));
    match Of::Module.allows(name) {
        false => refused(Of::Module.rule()),
        true if name.len() > MAX_LENGTH => refused(&format!("at most {MAX_LENGTH} characters")),
        true if is_of_rust(name) => refused("Rust has it for itself"),
        true if is_no_module(name) => refused("its file is not a module's"),
        true if is_of_catalog(name) => refused("every catalog has one of its own"),
        true => Ok(()),
    }
}

/// `completedAt` -> `completed_at`
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, one) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(index + 1);
        let begins_word = before.is_some_and(|before| {
            before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
        });
        if one.is_uppercase() && begins_word {
            snake.push('_');
        }
        snake.extend(one.to_lowercase());
    }
    snake
}

/// `journalEntries` -> `JournalEntries`, `in-progress` -> `InProgress`
pub(crate) fn pascal(name: &str) -> String {
    let words = name.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(String::new(), |mut pascal, word| {
        let mut chars = word.chars();
        pascal.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        pascal.push_str(chars.as_str());
        pascal
    })
}

/// The field of this property.
pub(super) fn field_ident(name: &Text, diagnostics: &mut Diagnostics) -> Option<RustIdent> {
    if !check(Of::Field, name, diagnostics) {
        return None;
    }
    or_report(RustIdent::new(&snake(&name.value)), name, diagnostics)
}

/// The variant of this text of an `enum`.
pub(super) fn variant_ident(value: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<RustIdent> {
    let mut ident = pascal(value);
    if ident.is_empty() && value.is_empty() {
        ident = "Empty".to_owned();
    }
    if ident.starts_with(|first: char| first.is_ascii_digit()) {
        ident.insert(0, 'N');
    }
    let name = Text::new(value.to_owned(), span);
    or_report(RustIdent::new(&ident), &name, diagnostics)
}

/// The Rust type of this name.
pub(super) fn type_name(name: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<TypeName> {
    let text = Text::new(name.to_owned(), span);
    or_report(TypeName::new(name), &text, diagnostics)
}

fn or_report<T>(ident: Option<T>, name: &Text, diagnostics: &mut Diagnostics) -> Option<T> {
    if ident.is_none() {
        let message = format!("`{}` cannot be made a name of Rust", name.value);
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message));
    }
    ident
}

impl Namespace {
    /// A namespace in which some names are taken from the start.
    pub(super) fn with_reserved(reserved: &[&str]) -> Self {
        let taken = reserved.iter().map(|name| ((*name).to_owned(), ((*name).to_owned(), None))).collect();
        Self { taken }
    }

    /// Takes the name that `original` becomes; reported where it is taken already.
    pub(super) fn take(&mut self, becomes: &str, original: &str, span: Span, diagnostics: &mut Diagnostics) -> bool {
        let Some((other, first)) = self.taken.get(becomes) else {
            self.taken.insert(becomes.to_owned(), (original.to_owned(), Some(span)));
            return true;
        };
        let diagnostic = match first {
            Some(first) if original == other => {
                let message = format!("`{becomes}` is taken already");
                Diagnostic::error(Code::NameCollision, span, message).also(*first, "it is the name of something here")
            }
            Some(first) => {
                let message = format!("`{original}` and `{other}` both become `{becomes}`");
                Diagnostic::error(Code::NameCollision, span, message).also(*first, format!("`{other}` is named here"))
            }
            None => {
                let becomes = match original == becomes {
                    true => String::new(),
                    false => format!(" becomes `{becomes}`, which"),
                };
                let message = format!("`{original}`{becomes} is reserved for generated code");
                diagnostics.push(Diagnostic::error(Code::NameCollision, span, message).help("choose another name"));
                return false;
            }
        };
        diagnostics.push(diagnostic.help("give one of them another name"));
        false
    }
}

/// Types that generated code names, and that a module can therefore not define.
pub(super) const RESERVED_TYPES: &[&str] = &[
    "Arc",
    "Box",
    "Cascade",
    "Change",
    "Clone",
    "Copy",
    "CustomTool",
    "Date",
    "Debug",
    "Decode",
    "Default",
    "Drop",
    "Env",
    "Eq",
    "Err",
    "FieldDefault",
    "FieldSpec",
    "Filter",
    "Fn",
    "From",
    "Future",
    "Given",
    "Hash",
    "HostHints",
    "Id",
    "Input",
    "Into",
    "Iterator",
    "JsonObject",
    "LazyLock",
    "ListOf",
    "Member",
    "Module",
    "Moment",
    "None",
    "Ok",
    "Operation",
    "Option",
    "Ord",
    "PageOf",
    "PartialEq",
    "Place",
    "PolicyHint",
    "Query",
    "Record",
    "Result",
    "Scope",
    "Self",
    "Send",
    "Serialize",
    "Service",
    "Some",
    "Sort",
    "SortBy",
    "Steps",
    "String",
    "Sync",
    "TableInfo",
    "TableSpec",
    "Timestamp",
    "Tool",
    "ToolContext",
    "ToolEntry",
    "ToolError",
    "ToolOutput",
    "ToolSpec",
    "Type",
    "Unreadable",
    "Uuid",
    "Value",
    "Vec",
];
