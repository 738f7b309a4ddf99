//! Reads mappings key by key, and reports what is missing, unknown or of a wrong kind.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean, is_near};
use crate::raw::keys::{Holds, Section};
use crate::raw::{Named, Text};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// A mapping that is being read; [`Reader::finish`] reports the keys that its section does not have.
pub(crate) struct Reader<'a> {
    section: &'static Section,
    at: Span,
    entries: &'a [(Text, Node)],
    asked: Vec<&'static str>,
    /// Whether there is no mapping to read, which was reported; then nothing is missing either.
    is_broken: bool,
}

/// A value of another kind than expected.
pub(crate) fn wrong_kind(node: &Node, wanted: &str, diagnostics: &mut Diagnostics) {
    if matches!(node.value, Value::Broken) {
        return;
    }
    let message = format!("expected {wanted}, found {}", node.kind());
    let help = match &node.value {
        Value::Null => Some("nothing is written here".to_owned()),
        Value::Integer(number) if wanted == "a string" => Some(format!("a text stands in quotes: `'{number}'`")),
        Value::Number(number) if wanted == "a string" => Some(format!("a text stands in quotes: `'{number}'`")),
        Value::Boolean(value) if wanted == "a string" => Some(format!("a text stands in quotes: `'{value}'`")),
        Value::Sequence(_) if wanted == "a mapping" => Some("write `name: …` in each line, without `-`".to_owned()),
        _ => None,
    };
    diagnostics.push(Diagnostic::error(Code::WrongKind, node.span, message).maybe_help(help));
}

/// The string of a node.
pub(crate) fn string(node: &Node, diagnostics: &mut Diagnostics) -> Option<Text> {
    match &node.value {
        Value::String(text) => Some(Spanned::new(text.clone(), node.span)),
        _ => {
            wrong_kind(node, "a string", diagnostics);
            None
        }
    }
}

/// The boolean of a node.
pub(crate) fn boolean(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<bool>> {
    match &node.value {
        Value::Boolean(value) => Some(Spanned::new(*value, node.span)),
        _ => {
            wrong_kind(node, "`true` or `false`", diagnostics);
            None
        }
    }
}

/// The items of a sequence.
pub(crate) fn sequence<'a>(node: &'a Node, diagnostics: &mut Diagnostics) -> Option<&'a [Node]> {
    match &node.value {
        Value::Sequence(items) => Some(items),
        _ => {
            wrong_kind(node, "a sequence", diagnostics);
            None
        }
    }
}

/// The strings of a sequence; those that are none are reported and left out.
pub(crate) fn strings(node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<Text>> {
    let items = sequence(node, diagnostics)?;
    Some(items.iter().filter_map(|item| string(item, diagnostics)).collect())
}

/// The entries of a mapping.
pub(crate) fn mapping<'a>(node: &'a Node, diagnostics: &mut Diagnostics) -> Option<&'a [(Text, Node)]> {
    match &node.value {
        Value::Mapping(entries) => Some(entries),
        _ => {
            wrong_kind(node, "a mapping", diagnostics);
            None
        }
    }
}

/// The things under the names of a mapping.
pub(crate) fn named<T>(
    node: &Node,
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Text, &Node, &mut Diagnostics) -> Option<T>,
) -> Option<Named<T>> {
    let entries = mapping(node, diagnostics)?;
    Some(entries.iter().filter_map(|(name, node)| Some((name.clone(), read(name, node, diagnostics)?))).collect())
}

impl<'a> Reader<'a> {
    /// Begins to read a mapping; `at` is where its missing keys are reported.
    pub(crate) fn new(
        section: &'static Section,
        at: Span,
        node: &'a Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        Some(Self { section, at, entries: mapping(node, diagnostics)?, asked: Vec::new(), is_broken: false })
    }

    /// The same, for what is named from elsewhere and so must not vanish: where it is no mapping, all of it is missing.
    pub(crate) fn or_broken(
        section: &'static Section,
        at: Span,
        node: &'a Node,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let entries = mapping(node, diagnostics);
        Self { section, at, entries: entries.unwrap_or_default(), asked: Vec::new(), is_broken: entries.is_none() }
    }

    /// Whether there was no mapping to read.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<(Span, &'a Node)> {
        debug_assert!(self.section.key(key).is_some(), "{key} is not a key of {}", self.section.what);
        self.asked.push(key);
        self.entries.iter().find(|(name, _)| name.value == key).map(|(name, node)| (name.span, node))
    }

    /// Notes that a key is looked at in another way.
    pub(crate) fn note_asked(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<(Span, &'a Node)> {
        debug_assert!(self.section.key(key).is_some_and(|key| key.required), "{key} is optional");
        let found = self.optional(key);
        if found.is_none() && !self.is_broken && !self.is_misspelt(key) {
            let message = format!("{} has no `{key}`", self.section.what);
            let help = self.section.key(key).map(|key| format!("`{}`: {}", key.name, key.doc));
            diagnostics.push(Diagnostic::error(Code::MissingKey, self.at, message).maybe_help(help));
        }
        found
    }

    /// Whether another key was meant to be this one; that is reported of the other one.
    fn is_misspelt(&self, key: &str) -> bool {
        let unknown = self.entries.iter().filter(|(name, _)| self.section.key(&name.value).is_none());
        unknown.map(|(name, _)| name.value.as_str()).any(|name| is_near(name, key))
    }

    /// The text of a key that must be there.
    pub(crate) fn required_text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Text> {
        let (_, node) = self.required(key, diagnostics)?;
        string(node, diagnostics)
    }

    /// The text of a key that may be left out.
    pub(crate) fn optional_text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Text> {
        let (_, node) = self.optional(key)?;
        string(node, diagnostics)
    }

    /// The texts of a key that may be left out; none where it is.
    pub(crate) fn optional_texts(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<Text> {
        self.optional(key).and_then(|(_, node)| strings(node, diagnostics)).unwrap_or_default()
    }

    /// The whole number of a key that may be left out.
    pub(crate) fn optional_integer(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<i64>> {
        let (_, node) = self.optional(key)?;
        match node.value {
            Value::Integer(number) => Some(Spanned::new(number, node.span)),
            _ => {
                wrong_kind(node, "a whole number", diagnostics);
                None
            }
        }
    }

    /// The node of a key that may be left out.
    pub(crate) fn optional_node(&mut self, key: &'static str) -> Option<Node> {
        self.optional(key).map(|(_, node)| node.clone())
    }

    /// The nodes under the names of a key that may be left out.
    pub(crate) fn nodes_by_name(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Named<Node> {
        let values = self.optional(key).and_then(|(_, node)| mapping(node, diagnostics));
        values.unwrap_or_default().to_vec()
    }

    /// Whether a key stands there, though its value could not be read.
    pub(crate) fn is_unreadable<T>(&mut self, key: &'static str, read: Option<&T>) -> bool {
        read.is_none() && self.optional(key).is_some()
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self, diagnostics: &mut Diagnostics) {
        let what = self.section.what;
        let unknown = |name: &Text| {
            let message = format!("{what} has no key `{}`", name.value);
            Diagnostic::error(Code::UnknownKey, name.span, message)
        };
        self.finish_with(unknown, diagnostics);
    }

    fn is_cut_condition(&self, name: &Text, node: &Node) -> bool {
        let is_condition = self.section.key(&name.value).is_some_and(|key| matches!(key.holds, Holds::Condition));
        matches!(&node.value, Value::String(text) if is_condition && text.matches('(').count() > text.matches(')').count())
    }

    /// Reports the keys that nobody asked for, as these problems.
    pub(crate) fn finish_with(self, unknown: impl Fn(&Text) -> Diagnostic, diagnostics: &mut Diagnostics) {
        debug_assert!(
            self.section.keys.iter().all(|key| self.asked.contains(&key.name)),
            "a key of {} is never read",
            self.section.what
        );
        let unknown_keys = self.entries.iter().filter(|(name, _)| self.section.key(&name.value).is_none());
        let cuts_a_condition = self.entries.iter().any(|(name, node)| self.is_cut_condition(name, node));
        // What a comma has cut off a condition ends with its bracket; it is reported of the condition.
        let is_rest = |name: &str| cuts_a_condition && name.matches(')').count() > name.matches('(').count();
        for (name, value) in unknown_keys.filter(|(name, _)| !is_rest(&name.value)) {
            let cut = matches!(value.value, Value::Null) && name.value.contains(' ');
            let help = match cut {
                true => Some("quote a text that has a comma in it".to_owned()),
                false => did_you_mean(&name.value, self.section.keys.iter().map(|key| key.name)),
            };
            let problem = unknown(name);
            let help = help.filter(|_| problem.helps().is_empty());
            diagnostics.push(problem.maybe_help(help));
        }
    }
}
