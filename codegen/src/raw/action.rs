//! Actions: what a tool does, as it is written.

use super::{Named, Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
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
    /// `page`
    pub page: Option<Page>,
    /// `returns`; `None` for a custom action, which returns what its function returns.
    pub returns: Option<(Span, Node)>,
}

/// The kinds of actions.
#[derive(Debug, Clone)]
pub enum ActionKind {
    /// Steps, in their order. A verb alone is a step.
    Steps(Vec<Step>),
    /// `custom`: a function in Rust.
    Custom,
}

/// The list that is given out in pages.
#[derive(Debug, Clone)]
pub enum Page {
    /// `true`: that of the only list.
    Only(Span),
    /// The name of a step.
    Of(Text),
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name; that of its result, where a verb stands alone.
    pub name: Text,
    /// `when`
    pub when: Option<Node>,
    /// `otherwise`
    pub otherwise: Option<Node>,
    /// `each`
    pub each: Option<Node>,
    /// What it does, where that could be read.
    pub verb: Option<Verb>,
    /// Where the verb is named.
    pub at: Span,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// `value`
    Value(Node),
    /// `get`
    Get(RowOf),
    /// `find`
    Find(Query),
    /// `list`
    List(Query),
    /// `insert`
    Insert(Insert),
    /// `put`
    Put(Put),
    /// `update`
    Update(Update),
    /// `delete`
    Delete(Delete),
    /// `restore`
    Restore(RowOf),
    /// `call`
    Call(Call),
    /// `require`, with `else`
    Require(Node, Option<Node>),
}

/// `get`, `restore`
#[derive(Debug, Clone)]
pub struct RowOf {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
}

/// `find`, `list`
#[derive(Debug, Clone)]
pub struct Query {
    /// `table`
    pub table: Option<Text>,
    /// `where`
    pub condition: Option<Node>,
    /// `search`
    pub search: Option<Search>,
    /// `sort`
    pub sort: Vec<Text>,
    /// `limit`
    pub limit: Option<Node>,
}

/// `search`
#[derive(Debug, Clone)]
pub struct Search {
    /// `in`: the fields that are searched.
    pub fields: Vec<Text>,
    /// `for`: the text.
    pub text: Option<Node>,
}

/// `insert`
#[derive(Debug, Clone)]
pub struct Insert {
    /// `table`
    pub table: Option<Text>,
    /// `values`
    pub values: Named<Node>,
}

/// `put`
#[derive(Debug, Clone)]
pub struct Put {
    /// `table`
    pub table: Option<Text>,
    /// `key`
    pub key: Named<Node>,
    /// `values`
    pub values: Named<Node>,
    /// `existing`
    pub existing: Option<Text>,
}

/// `update`
#[derive(Debug, Clone)]
pub struct Update {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
    /// `where`
    pub condition: Option<Node>,
    /// `given`
    pub given: Vec<Text>,
    /// `clear`
    pub clear: Option<Node>,
    /// `values`
    pub values: Named<Node>,
    /// `atMost`
    pub at_most: Option<Spanned<i64>>,
}

/// `delete`
#[derive(Debug, Clone)]
pub struct Delete {
    /// `table`
    pub table: Option<Text>,
    /// `id`
    pub id: Option<Node>,
    /// `where`
    pub condition: Option<Node>,
    /// `mode`
    pub mode: Option<Text>,
    /// `atMost`
    pub at_most: Option<Spanned<i64>>,
}

/// `call`
#[derive(Debug, Clone)]
pub struct Call {
    /// `service`
    pub service: Option<Text>,
    /// `operation`
    pub operation: Option<Text>,
    /// `with`
    pub with: Named<Node>,
}

/// The verbs, as they are written.
const VERBS: [&str; 11] =
    ["value", "get", "find", "list", "insert", "put", "update", "delete", "restore", "call", "require"];

impl Action {
    /// Reads an action; `at` is the place of its key.
    pub(crate) fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Value::String(word) = &node.value {
            if word == "custom" {
                return Some(Self {
                    at: node.span,
                    span: node.span,
                    kind: ActionKind::Custom,
                    page: None,
                    returns: None,
                });
            }
            let message = format!("there is no action `{word}`");
            let help = "write `action: custom` for a function in Rust, else a mapping with `steps` or one verb";
            diagnostics.push(Diagnostic::error(Code::UnknownWord, node.span, message).help(help));
            return None;
        }
        let mut reader = Reader::new(&keys::ACTION, at, node, diagnostics)?;
        let entries = reader::mapping(node, diagnostics)?;
        let steps = reader.optional("steps");
        let page = reader.optional("page").and_then(|(_, node)| page(node, diagnostics));
        let returns = reader.required("returns", diagnostics).map(|(key, node)| (key, node.clone()));
        let alone = Step::verb_of(entries, &mut reader, diagnostics);
        reader.finish(diagnostics);
        let (kind, at) = match (steps, alone) {
            (Some((_, node)), None) => {
                let steps = reader::named(node, diagnostics, Step::read)?;
                (ActionKind::Steps(steps.into_iter().map(|(_, step)| step).collect()), node.span)
            }
            (Some((key, _)), Some((verb, _))) => {
                let message = "an action has `steps`, or one verb alone";
                diagnostics.push(
                    Diagnostic::error(Code::Contradiction, verb.span, message)
                        .also(key, "here are steps")
                        .help("make a step of it: a name, and the verb under it"),
                );
                return None;
            }
            (None, Some((word, verb))) => {
                let name = match word.value.as_str() {
                    "list" => "rows",
                    "get" | "find" | "insert" | "update" | "restore" => "row",
                    _ => "result",
                };
                let at = word.span;
                let name = Spanned::new(name.to_owned(), at);
                let step = Step { name, when: None, otherwise: None, each: None, verb, at };
                (ActionKind::Steps(vec![step]), at)
            }
            (None, None) => {
                let message = "an action says what the tool does";
                let help = format!("write `steps`, or one of {}", VERBS.join(", "));
                diagnostics.push(Diagnostic::error(Code::MissingKey, at, message).help(help));
                return None;
            }
        };
        Some(Self { at, span: node.span, kind, page, returns })
    }
}

fn page(node: &Node, diagnostics: &mut Diagnostics) -> Option<Page> {
    match &node.value {
        Value::Boolean(true) => Some(Page::Only(node.span)),
        Value::String(name) => Some(Page::Of(Spanned::new(name.clone(), node.span))),
        _ => {
            reader::wrong_kind(node, "`true` or the name of a step", diagnostics);
            None
        }
    }
}

impl Step {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::STEP, name.span, node, diagnostics)?;
        let entries = reader::mapping(node, diagnostics)?;
        let mut node_of = |key: &'static str| reader.optional(key).map(|(_, node)| node.clone());
        let (when, otherwise, each) = (node_of("when"), node_of("otherwise"), node_of("each"));
        let verb = Self::verb_of(entries, &mut reader, diagnostics);
        let errors = diagnostics.errors();
        reader.finish(diagnostics);
        let (at, verb) = match verb {
            Some((word, verb)) => (word.span, verb),
            None => {
                // A key that is none was meant to be the verb.
                if diagnostics.errors() == errors {
                    let message = format!("the step `{}` does nothing", name.value);
                    let help = format!("write one of {}", VERBS.join(", "));
                    diagnostics.push(Diagnostic::error(Code::MissingKey, name.span, message).help(help));
                }
                (name.span, None)
            }
        };
        Some(Self { name: name.clone(), when, otherwise, each, verb, at })
    }

    /// The verb of a mapping, with its name; the inner `None` where it could not be read.
    fn verb_of(
        entries: &[(Text, Node)],
        reader: &mut Reader<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Text, Option<Verb>)> {
        for verb in VERBS {
            reader.note_asked(verb);
        }
        reader.note_asked("else");
        let named: Vec<&(Text, Node)> =
            entries.iter().filter(|(name, _)| VERBS.contains(&name.value.as_str())).collect();
        let (word, node) = named.first()?;
        if let Some((second, _)) = named.get(1) {
            let message = format!("a step does one thing, and here are `{}` and `{}`", word.value, second.value);
            let help = "make two steps of it";
            diagnostics.push(Diagnostic::error(Code::Contradiction, second.span, message).help(help));
            return Some((word.clone(), None));
        }
        let verb = match word.value.as_str() {
            "value" => Some(Verb::Value(node.clone())),
            "get" => RowOf::read(word, node, diagnostics).map(Verb::Get),
            "restore" => RowOf::read(word, node, diagnostics).map(Verb::Restore),
            "find" => Query::read(word, node, diagnostics).map(Verb::Find),
            "list" => Query::read(word, node, diagnostics).map(Verb::List),
            "insert" => Insert::read(word, node, diagnostics).map(Verb::Insert),
            "put" => Put::read(word, node, diagnostics).map(Verb::Put),
            "update" => Update::read(word, node, diagnostics).map(Verb::Update),
            "delete" => Delete::read(word, node, diagnostics).map(Verb::Delete),
            "call" => Call::read(word, node, diagnostics).map(Verb::Call),
            _ => {
                let text = entries.iter().find(|(name, _)| name.value == "else").map(|(_, node)| node.clone());
                if text.is_none() {
                    let message = "`require` has no `else`";
                    let help = "say in a sentence what is wrong, and what the caller can do";
                    diagnostics.push(Diagnostic::error(Code::MissingKey, word.span, message).help(help));
                }
                Some(Verb::Require(node.clone(), text))
            }
        };
        Some((word.clone(), verb))
    }
}

/// The nodes under the names of a key that may be left out.
fn nodes(reader: &mut Reader<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Named<Node> {
    let values = reader.optional(key).and_then(|(_, node)| reader::mapping(node, diagnostics));
    values.unwrap_or_default().to_vec()
}

fn texts(reader: &mut Reader<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<Text> {
    reader.optional(key).and_then(|(_, node)| reader::strings(node, diagnostics)).unwrap_or_default()
}

fn node(reader: &mut Reader<'_>, key: &'static str) -> Option<Node> {
    reader.optional(key).map(|(_, node)| node.clone())
}

fn number(reader: &mut Reader<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Spanned<i64>> {
    let (_, node) = reader.optional(key)?;
    match node.value {
        Value::Integer(number) => Some(Spanned::new(number, node.span)),
        _ => {
            reader::wrong_kind(node, "a whole number", diagnostics);
            None
        }
    }
}

impl RowOf {
    fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::ROW_OF, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        let id = reader.required("id", diagnostics).map(|(_, node)| node.clone());
        reader.finish(diagnostics);
        Some(Self { table, id })
    }
}

impl Query {
    fn read(at: &Text, query: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::QUERY, at.span, query, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            condition: node(&mut reader, "where"),
            search: reader.optional("search").and_then(|(key, node)| Search::read(key, node, diagnostics)),
            sort: texts(&mut reader, "sort", diagnostics),
            limit: node(&mut reader, "limit"),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Search {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::SEARCH, at, node, diagnostics)?;
        let fields = reader.required("in", diagnostics).and_then(|(_, node)| reader::strings(node, diagnostics));
        let text = reader.required("for", diagnostics).map(|(_, node)| node.clone());
        reader.finish(diagnostics);
        Some(Self { fields: fields.unwrap_or_default(), text })
    }
}

impl Insert {
    fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::INSERT, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        reader.required("values", diagnostics);
        let read = Self { table, values: nodes(&mut reader, "values", diagnostics) };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Put {
    fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PUT, at.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        for key in ["key", "values"] {
            reader.required(key, diagnostics);
        }
        let read = Self {
            table,
            key: nodes(&mut reader, "key", diagnostics),
            values: nodes(&mut reader, "values", diagnostics),
            existing: reader.required_text("existing", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Update {
    fn read(at: &Text, update: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::UPDATE, at.span, update, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            id: node(&mut reader, "id"),
            condition: node(&mut reader, "where"),
            given: texts(&mut reader, "given", diagnostics),
            clear: node(&mut reader, "clear"),
            values: nodes(&mut reader, "values", diagnostics),
            at_most: number(&mut reader, "atMost", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Delete {
    fn read(at: &Text, delete: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::DELETE, at.span, delete, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            id: node(&mut reader, "id"),
            condition: node(&mut reader, "where"),
            mode: reader.optional_text("mode", diagnostics),
            at_most: number(&mut reader, "atMost", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Call {
    fn read(at: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::CALL, at.span, node, diagnostics)?;
        let read = Self {
            service: reader.required_text("service", diagnostics),
            operation: reader.required_text("operation", diagnostics),
            with: nodes(&mut reader, "with", diagnostics),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}
