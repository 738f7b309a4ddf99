//! Actions: what a tool does, as it is written.

use super::verb::{VERBS, Verb};
use super::{Reader, Text, keys, reader};
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

impl Page {
    /// Where it is written.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Only(at) => *at,
            Self::Of(name) => name.span,
        }
    }
}

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
        let alone = Verb::read(entries, &mut reader, diagnostics);
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
        let verb = Verb::read(entries, &mut reader, diagnostics);
        let errors = diagnostics.errors();
        reader.finish(diagnostics);
        let (at, verb) = match verb {
            Some((word, verb)) => (word.span, verb),
            None => {
                // An unknown key was meant to be the verb.
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
}
