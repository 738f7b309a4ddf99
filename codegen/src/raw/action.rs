//! Actions: what a tool does, as it is written.

use std::collections::BTreeSet;

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// An action as it is written.
#[derive(Debug, Clone)]
pub struct Action {
    /// Where its kind is named.
    pub at: Span,
    /// All of it.
    pub span: Span,
    /// What it does.
    pub kind: ActionKind,
    /// `returns`; `None` for a custom action, which returns what its function returns.
    pub returns: Option<Spanned<Named<Expr>>>,
}

/// The kinds of actions.
#[derive(Debug, Clone)]
pub enum ActionKind {
    /// `insert`: a new row.
    Insert(InsertAction),
    /// `list`: rows, filtered, searched and sorted.
    List(ListAction),
    /// `update`: some fields of one row.
    Update(UpdateAction),
    /// `delete`: one row.
    Delete(DeleteAction),
    /// `custom`: a function in Rust.
    Custom,
}

/// `insert`
#[derive(Debug, Clone)]
pub struct InsertAction {
    /// `table`
    pub table: Option<Text>,
    /// `values`
    pub values: Named<Expr>,
}

/// `list`
#[derive(Debug, Clone)]
pub struct ListAction {
    /// `table`
    pub table: Option<Text>,
    /// `where`
    pub conditions: Named<Condition>,
    /// `search`
    pub search: Option<Search>,
    /// `sort`
    pub sort: Vec<SortKey>,
    /// `limit`
    pub limit: Option<Expr>,
}

/// `update`
#[derive(Debug, Clone)]
pub struct UpdateAction {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Expr>,
    /// `unless`: a row that is so already is left alone.
    pub unless: Option<Spanned<Named<Expr>>>,
    /// `clear`: the input that names the fields to be emptied.
    pub clear: Option<Expr>,
    /// `values`
    pub values: Named<Expr>,
}

/// `delete`
#[derive(Debug, Clone)]
pub struct DeleteAction {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Expr>,
    /// `mode`: whether the row can come back.
    pub mode: Option<Text>,
}

/// A condition of `where`.
#[derive(Debug, Clone)]
pub struct Condition {
    /// `equals`
    pub equals: Option<Expr>,
    /// `unless`: the condition is left out where this is true.
    pub unless: Option<Expr>,
}

/// `search`
#[derive(Debug, Clone)]
pub struct Search {
    /// `in`: the fields that are searched.
    pub fields: Vec<Text>,
    /// `for`: the text.
    pub text: Option<Expr>,
}

/// A key of `sort`.
#[derive(Debug, Clone)]
pub struct SortKey {
    /// The field.
    pub field: Text,
    /// Whether it was written with `-`, greatest first.
    pub descending: bool,
}

/// A value.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of values.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A literal. Strings that began with `$$` begin with `$` here.
    Literal(Node),
    /// `$input.x`
    Input(String),
    /// `$now` and its like, without the `$`.
    Variable(String),
    /// `{fn: name, of: …}`
    Function {
        /// The function.
        name: Text,
        /// What it is applied to.
        arguments: Vec<Expr>,
    },
}

/// The action that is a function in Rust.
const CUSTOM: &str = "custom";
const KINDS: [&str; 4] = ["insert", "list", "update", "delete"];

impl Action {
    /// Reads an action; `at` is the place of its key.
    pub(crate) fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Value::String(word) = &node.value {
            if word == CUSTOM {
                return Some(Self { at: node.span, span: node.span, kind: ActionKind::Custom, returns: None });
            }
            unknown_kind(word, node.span, diagnostics);
            return None;
        }
        let entries = reader::mapping(node, diagnostics)?;
        let mut kinds = entries.iter().filter(|(name, _)| KINDS.contains(&name.value.as_str()));
        let Some((kind, body)) = kinds.next() else {
            match entries.iter().find(|(name, _)| name.value != "returns") {
                Some((name, _)) => unknown_kind(&name.value, name.span, diagnostics),
                None => diagnostics.push(
                    Diagnostic::error(Code::MissingKey, at, "an action says what it does")
                        .help("one of `insert`, `list`, `update`, `delete`, or `action: custom`"),
                ),
            }
            return None;
        };
        if let Some((second, _)) = kinds.next() {
            let message = "an action does one thing";
            diagnostics.push(
                Diagnostic::error(Code::UnknownKey, second.span, message).also(kind.span, "it does this already"),
            );
        }
        let mut reader = Reader::new(&keys::ACTION, at, node, diagnostics)?;
        for known in KINDS {
            reader.optional(known);
        }
        let returns = reader.required("returns", diagnostics);
        reader.finish(diagnostics);
        let kind_read = match kind.value.as_str() {
            "insert" => InsertAction::read(kind.span, body, diagnostics).map(ActionKind::Insert),
            "list" => ListAction::read(kind.span, body, diagnostics).map(ActionKind::List),
            "update" => UpdateAction::read(kind.span, body, diagnostics).map(ActionKind::Update),
            _ => DeleteAction::read(kind.span, body, diagnostics).map(ActionKind::Delete),
        };
        let returns =
            returns.and_then(|(key, node)| Some(Spanned::new(reader::named(node, diagnostics, read_named)?, key)));
        Some(Self { at: kind.span, span: node.span, kind: kind_read?, returns })
    }
}

impl Action {
    /// Names of the inputs that its values name.
    pub(crate) fn inputs(&self) -> BTreeSet<&str> {
        let mut values: Vec<&Expr> = match &self.kind {
            ActionKind::Insert(insert) => insert.values.iter().map(|(_, value)| value).collect(),
            ActionKind::List(list) => {
                let conditions = list.conditions.iter().flat_map(|(_, one)| one.equals.iter().chain(&one.unless));
                conditions.chain(list.search.iter().flat_map(|search| &search.text)).chain(&list.limit).collect()
            }
            ActionKind::Update(update) => {
                let unless = update.unless.iter().flat_map(|unless| &unless.value);
                let values = unless.chain(&update.values).map(|(_, value)| value);
                values.chain(&update.id).chain(&update.clear).collect()
            }
            ActionKind::Delete(delete) => delete.id.iter().collect(),
            ActionKind::Custom => Vec::new(),
        };
        values.extend(self.returns.iter().flat_map(|returns| &returns.value).map(|(_, value)| value));
        let mut inputs = BTreeSet::new();
        while let Some(value) = values.pop() {
            match &value.kind {
                ExprKind::Input(name) => drop(inputs.insert(name.as_str())),
                ExprKind::Function { arguments, .. } => values.extend(arguments),
                ExprKind::Literal(_) | ExprKind::Variable(_) => {}
            }
        }
        inputs
    }
}

fn unknown_kind(word: &str, span: Span, diagnostics: &mut Diagnostics) {
    if word == CUSTOM {
        let message = format!("`{CUSTOM}` is a word, and no key");
        diagnostics.push(Diagnostic::error(Code::WrongKind, span, message).help("write `action: custom`"));
        return;
    }
    let message = format!("there is no action `{word}`");
    let help = did_you_mean(word, KINDS.into_iter().chain([CUSTOM]));
    diagnostics.push(Diagnostic::error(Code::UnknownWord, span, message).maybe_help(help));
}

fn read_named(_: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Expr> {
    Expr::read(node, diagnostics)
}

impl InsertAction {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::INSERT, at, node, diagnostics)?;
        let action =
            Self { table: reader.required_text("table", diagnostics), values: values(&mut reader, diagnostics) };
        reader.finish(diagnostics);
        Some(action)
    }
}

fn values(reader: &mut Reader<'_>, diagnostics: &mut Diagnostics) -> Named<Expr> {
    let found = reader.required("values", diagnostics);
    found.and_then(|(_, node)| reader::named(node, diagnostics, read_named)).unwrap_or_default()
}

impl ListAction {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::LIST, at, node, diagnostics)?;
        let action = Self {
            table: reader.required_text("table", diagnostics),
            conditions: reader
                .optional("where")
                .and_then(|(_, node)| reader::named(node, diagnostics, Condition::read))
                .unwrap_or_default(),
            search: reader.optional("search").and_then(|(key, node)| Search::read(key, node, diagnostics)),
            sort: reader
                .required("sort", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default()
                .into_iter()
                .map(SortKey::read)
                .collect(),
            limit: reader.optional("limit").and_then(|(_, node)| Expr::read(node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(action)
    }
}

impl UpdateAction {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::UPDATE, at, node, diagnostics)?;
        let action = Self {
            table: reader.required_text("table", diagnostics),
            id: reader.required("id", diagnostics).and_then(|(_, node)| Expr::read(node, diagnostics)),
            unless: reader
                .optional("unless")
                .and_then(|(key, node)| Some(Spanned::new(reader::named(node, diagnostics, read_named)?, key))),
            clear: reader.optional("clear").and_then(|(_, node)| Expr::read(node, diagnostics)),
            values: values(&mut reader, diagnostics),
        };
        reader.finish(diagnostics);
        Some(action)
    }
}

impl DeleteAction {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::DELETE, at, node, diagnostics)?;
        let action = Self {
            table: reader.required_text("table", diagnostics),
            id: reader.required("id", diagnostics).and_then(|(_, node)| Expr::read(node, diagnostics)),
            mode: reader.required_text("mode", diagnostics),
        };
        reader.finish(diagnostics);
        Some(action)
    }
}

impl Condition {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if !matches!(node.value, Value::Mapping(_)) {
            return Some(Self { equals: Expr::read(node, diagnostics), unless: None });
        }
        let mut reader = Reader::new(&keys::CONDITION, name.span, node, diagnostics)?;
        let condition = Self {
            equals: reader.required("equals", diagnostics).and_then(|(_, node)| Expr::read(node, diagnostics)),
            unless: reader.optional("unless").and_then(|(_, node)| Expr::read(node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(condition)
    }
}

impl Search {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::SEARCH, at, node, diagnostics)?;
        let search = Self {
            fields: reader
                .required("in", diagnostics)
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            text: reader.required("for", diagnostics).and_then(|(_, node)| Expr::read(node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(search)
    }
}

impl SortKey {
    fn read(text: Text) -> Self {
        match text.value.strip_prefix('-') {
            Some(field) => Self { field: Spanned::new(field.to_owned(), text.span), descending: true },
            None => Self { field: text, descending: false },
        }
    }
}

impl Expr {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let kind = match &node.value {
            Value::Broken => return None,
            Value::Mapping(entries) if !entries.is_empty() => return Self::function(node, diagnostics),
            Value::String(text) => match text.strip_prefix('$') {
                Some(rest) if rest.starts_with('$') => {
                    ExprKind::Literal(Node { value: Value::String(rest.to_owned()), span: node.span })
                }
                Some(rest) => match rest.strip_prefix("input.") {
                    Some(input) => ExprKind::Input(input.to_owned()),
                    None => ExprKind::Variable(rest.to_owned()),
                },
                None => ExprKind::Literal(node.clone()),
            },
            _ => ExprKind::Literal(node.clone()),
        };
        Some(Self { span: node.span, kind })
    }

    fn function(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::FUNCTION, node.span, node, diagnostics)?;
        let name = reader.required_text("fn", diagnostics);
        let arguments = reader.required("of", diagnostics).map(|(_, node)| match &node.value {
            Value::Sequence(items) => items.iter().filter_map(|item| Self::read(item, diagnostics)).collect(),
            _ => Self::read(node, diagnostics).into_iter().collect(),
        });
        reader.finish(diagnostics);
        Some(Self { span: node.span, kind: ExprKind::Function { name: name?, arguments: arguments? } })
    }
}
