//! `web.yaml`: the mirror of the web application's tables.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::yaml::{Node, Value};

/// The mirror as it is written.
#[derive(Debug, Clone)]
pub struct Web {
    /// Its file.
    pub file: FileId,
    /// `base`: the fields of every row.
    pub base: Vec<WebField>,
    /// `spaces`: the modules of each type of space, or `*` for all of them.
    pub spaces: Named<Vec<Text>>,
    /// `userTables`: tables of which a user has a row, and spaces have none.
    pub user_tables: Vec<Text>,
    /// `apps`: the tables of each app.
    pub apps: Named<Named<WebTable>>,
}

/// A table of the web.
#[derive(Debug, Clone)]
pub struct WebTable {
    /// `wire`: its name on the wire, alone or beside its fields.
    pub wire: Text,
    /// `fields`, beside those of every row; a table that no tool uses has none here.
    pub fields: Option<Vec<WebField>>,
}

/// A field of a table: `note?: string | null`.
#[derive(Debug, Clone)]
pub struct WebField {
    /// Its name, without `?`.
    pub name: Text,
    /// Whether a row may be without it.
    pub is_optional: bool,
    /// Whether it may be null.
    pub is_nullable: bool,
    /// What else it holds.
    pub kind: WebKind,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebKind {
    /// Any text.
    String,
    /// One of these texts.
    Words(Vec<String>),
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list of anything.
    List,
    /// An object of any form.
    Object,
    /// Anything.
    Any,
}

impl Web {
    /// Reads the file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::WEB, Span::start_of(file), node, diagnostics)?;
        let web = Self {
            file,
            base: reader
                .required("base", diagnostics)
                .and_then(|(_, node)| fields(node, diagnostics))
                .unwrap_or_default(),
            spaces: reader
                .required("spaces", diagnostics)
                .and_then(|(_, node)| {
                    reader::named(node, diagnostics, |_, node, diagnostics| reader::strings(node, diagnostics))
                })
                .unwrap_or_default(),
            user_tables: reader
                .required("userTables", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            apps: reader
                .required("apps", diagnostics)
                .and_then(|(_, node)| {
                    reader::named(node, diagnostics, |_, node, diagnostics| {
                        reader::named(node, diagnostics, WebTable::read)
                    })
                })
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(web)
    }

    /// All tables: app, name, and what is known of them.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&Text, &Text, &WebTable)> {
        self.apps.iter().flat_map(|(app, tables)| tables.iter().map(move |(name, table)| (app, name, table)))
    }

    /// The table of this name, with its app and the place of its name.
    pub(crate) fn table(&self, name: &str) -> Option<(&Text, &Text, &WebTable)> {
        self.tables().find(|(_, known, _)| known.value == name)
    }

    /// Whether a user has one row of this table.
    pub(crate) fn is_of_user(&self, table: &str) -> bool {
        self.user_tables.iter().any(|known| known.value == table)
    }
}

impl WebTable {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Value::String(_) = node.value {
            return Some(Self { wire: reader::string(node, diagnostics)?, fields: None });
        }
        let mut reader = Reader::new(&keys::WEB_TABLE, name.span, node, diagnostics)?;
        let wire = reader.required_text("wire", diagnostics);
        let fields = reader.required("fields", diagnostics).and_then(|(_, node)| fields(node, diagnostics));
        reader.finish(diagnostics);
        Some(Self { wire: wire?, fields })
    }
}

impl WebField {
    /// As it is written: `note?`
    #[cfg(feature = "web-registry")]
    pub(crate) fn key(&self) -> String {
        format!("{}{}", self.name.value, if self.is_optional { "?" } else { "" })
    }

    /// As its type is written: `string | null`
    pub(crate) fn types(&self) -> String {
        let kind = match &self.kind {
            WebKind::String => "string".to_owned(),
            WebKind::Words(words) => words.join(" | "),
            WebKind::Number => "number".to_owned(),
            WebKind::Boolean => "boolean".to_owned(),
            WebKind::List => "list".to_owned(),
            WebKind::Object => "object".to_owned(),
            WebKind::Any => "any".to_owned(),
        };
        if self.is_nullable { format!("{kind} | null") } else { kind }
    }

    /// Whether a reader cannot count on a value.
    pub(crate) fn may_be_missing(&self) -> bool {
        self.is_optional || self.is_nullable
    }
}

/// The kind of a type's word, if it is one.
fn kind(word: &str) -> Option<WebKind> {
    match word {
        "string" => Some(WebKind::String),
        "number" => Some(WebKind::Number),
        "boolean" => Some(WebKind::Boolean),
        "list" => Some(WebKind::List),
        "object" => Some(WebKind::Object),
        "any" => Some(WebKind::Any),
        _ => None,
    }
}

fn fields(node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<WebField>> {
    let fields = reader::named(node, diagnostics, |name, node, diagnostics| {
        let (name, is_optional) = match name.value.strip_suffix('?') {
            Some(bare) => (Text::new(bare.to_owned(), name.span), true),
            None => (name.clone(), false),
        };
        // A field of an unreadable type, which is reported, is there all the same.
        let (kind, is_nullable) = types(node, diagnostics).unwrap_or((WebKind::Any, false));
        Some(WebField { name, is_optional, is_nullable, kind })
    })?;
    Some(fields.into_iter().map(|(_, field)| field).collect())
}

/// What a type holds, and whether it may be null.
fn types(node: &Node, diagnostics: &mut Diagnostics) -> Option<(WebKind, bool)> {
    let types = reader::string(node, diagnostics)?;
    let parts: Vec<&str> = types.value.split('|').map(str::trim).collect();
    let words: Vec<&str> = parts.iter().filter(|part| **part != "null").copied().collect();
    let kind = match words.as_slice() {
        [word] if let Some(kind) = kind(word) => kind,
        [_, ..] if words.iter().all(|word| kind(word).is_none() && !word.is_empty()) => {
            WebKind::Words(words.iter().map(|word| (*word).to_owned()).collect())
        }
        _ => {
            let message = format!("`{}` is not the type of a field", types.value);
            let help = "write `string`, `number`, `boolean`, `list`, `object`, `any`, or the words that a text may be: \
                        `low | high`; add `| null` if it may be null";
            diagnostics.push(Diagnostic::error(Code::WrongKind, types.span, message).help(help));
            return None;
        }
    };
    Some((kind, words.len() < parts.len()))
}
