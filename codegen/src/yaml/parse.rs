//! Events of the parser -> tree. One syntax error ends a file; everything else is collected.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle};

use super::{MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, Node, Value, explain, layout, scalar};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};

/// The one document of a source; `None` where it is no YAML at all. Problems are added to `diagnostics`.
pub fn parse(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("this file has {} bytes; at most {MAX_BYTES} are read", text.len());
        diagnostics.push(Diagnostic::error(Code::TooLarge, Span::start_of(file), message));
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        disallow_directives: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder { file, text, diagnostics, open: Vec::new(), root: None, documents: 0 };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let span = builder.span(&span);
                if !builder.take(event, span) {
                    return None;
                }
            }
            Err(error) => {
                builder.syntax_error(&error);
                return None;
            }
        }
    }
    let empty = Node { value: Value::Null, span: Span::start_of(file) };
    Some(builder.root.unwrap_or(empty))
}

/// What to write in place of an alias.
const ALIAS: &str = "write it out, or use `$ref` to a type; a text that begins with `*` stands in single quotes";

/// A collection that is not closed yet.
enum Open {
    Sequence { items: Vec<Node>, start: Span, refused: bool },
    Mapping { entries: Vec<(Spanned<String>, Node)>, key: Option<Key>, start: Span, refused: bool },
}

/// A key that waits for its value.
enum Key {
    Name(Spanned<String>),
    /// Refused: its value is dropped.
    Refused,
}

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.file, range.start, range.end)
    }

    /// Takes one event; false ends the file.
    fn take(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(span, "a catalog file holds one document", "put the second document into its own file");
                    return false;
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(span, "aliases are not used in a catalog", ALIAS);
                self.add(Node { value: Value::Broken, span });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let refused = self.refuse_properties(anchor, tag.is_some(), span);
                let value = if refused { Value::Broken } else { self.scalar(&text, style, span) };
                self.add(Node { value, span });
            }
            Event::SequenceStart(_, anchor, tag) => {
                let refused = self.refuse_properties(anchor, tag.is_some(), span);
                return self.open(Open::Sequence { items: Vec::new(), start: span, refused });
            }
            Event::MappingStart(_, anchor, tag) => {
                let refused = self.refuse_properties(anchor, tag.is_some(), span);
                return self.open(Open::Mapping { entries: Vec::new(), key: None, start: span, refused });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            // Stream and document ends, comments and anchors say nothing more; new kinds of events neither.
            _ => {}
        }
        let entries = match self.open.last() {
            Some(Open::Sequence { items, .. }) => items.len(),
            Some(Open::Mapping { entries, .. }) => entries.len(),
            None => 0,
        };
        if entries > MAX_ENTRIES {
            let message = format!("more than {MAX_ENTRIES} entries");
            self.diagnostics.push(Diagnostic::error(Code::TooLarge, span, message));
            return false;
        }
        true
    }

    fn open(&mut self, collection: Open) -> bool {
        let (Open::Sequence { start, .. } | Open::Mapping { start, .. }) = &collection;
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(*start);
            return false;
        }
        self.open.push(collection);
        true
    }

    fn close(&mut self, end: Span) {
        let (value, start, refused) = match self.open.pop() {
            Some(Open::Sequence { items, start, refused }) => (Value::Sequence(items), start, refused),
            Some(Open::Mapping { entries, start, refused, .. }) => (Value::Mapping(entries), start, refused),
            None => return,
        };
        let value = if refused { Value::Broken } else { value };
        // A block collection ends where the next line begins; what is marked ends with its last character.
        let whole = self.text.get(start.start..end.end).unwrap_or("");
        let span = Span::new(self.file, start.start, start.start + whole.trim_end().len());
        self.add(Node { value, span });
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => match key.take() {
                Some(Key::Name(name)) => entries.push((name, node)),
                Some(Key::Refused) => {}
                None => {
                    let taken = Self::key(node, entries, self.text, self.diagnostics);
                    *key = Some(taken);
                }
            },
        }
    }

    fn key(node: Node, entries: &[(Spanned<String>, Node)], text: &str, diagnostics: &mut Diagnostics) -> Key {
        let span = node.span;
        let name = match node.value {
            Value::String(name) => name,
            Value::Broken => return Key::Refused,
            // Keys are names: `null:` and `1:` are taken as they are written.
            Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => {
                text.get(span.start..span.end).unwrap_or("").to_owned()
            }
            Value::Sequence(_) | Value::Mapping(_) => {
                diagnostics.push(Diagnostic::error(Code::WrongKind, span, "a key is a string"));
                return Key::Refused;
            }
        };
        if name == "<<" {
            let message = "merge keys are not used in a catalog";
            diagnostics.push(Diagnostic::error(Code::YamlFeature, span, message).help("write the keys out"));
            return Key::Refused;
        }
        if let Some((first, _)) = entries.iter().find(|(key, _)| key.value == name) {
            let message = format!("the key `{name}` is duplicated");
            diagnostics.push(
                Diagnostic::error(Code::DuplicateKey, span, message)
                    .label("again here")
                    .also(first.span, "first here")
                    .help("leave one of them out"),
            );
            return Key::Refused;
        }
        Key::Name(Spanned::new(name, span))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Value {
        if text.contains('\0') {
            let problem = Diagnostic::error(Code::BadText, span, "a text holds no U+0000");
            let help = "in single quotes, `\\u0000` stays as it is written";
            self.diagnostics.push(problem.maybe_help((style == ScalarStyle::DoubleQuoted).then(|| help.to_owned())));
            return Value::Broken;
        }
        if style != ScalarStyle::Plain {
            return Value::String(text.to_owned());
        }
        // Where nothing is written, the parser says `~`.
        if span.start == span.end {
            return Value::Null;
        }
        match scalar::plain(text) {
            Ok(value) => value,
            // A key is always a text: `on:` or `no:` mean one thing only.
            Err(_) if self.awaits_key() => Value::String(text.to_owned()),
            Err(ambiguous) => {
                let message = format!("YAML parsers disagree on what `{text}` is");
                let help = format!("write {}", ambiguous.instead);
                self.diagnostics.push(Diagnostic::error(Code::AmbiguousScalar, span, message).help(help));
                Value::Broken
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { key: None, .. }))
    }

    fn refuse_properties(&mut self, anchor: usize, tagged: bool, span: Span) -> bool {
        if anchor != 0 {
            let help = "name it under `types`, and use `$ref`; a text that begins with `&` stands in single quotes";
            self.refuse(span, "anchors are not used in a catalog", help);
        }
        if tagged {
            let help = "what begins with `!` stands in single quotes";
            self.refuse(span, "tags are not used in a catalog", help);
        }
        anchor != 0 || tagged
    }

    fn refuse(&mut self, span: Span, message: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error(Code::YamlFeature, span, message).help(help));
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        self.diagnostics.push(Diagnostic::error(Code::TooLarge, span, message));
    }

    fn syntax_error(&mut self, error: &granit_parser::ScanError) {
        let start = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let span = Span::new(self.file, start, start + self.text.get(start..).map_or(0, first_char_len));
        let (message, help) = match error.kind() {
            ErrorKind::RecursionLimitExceeded => return self.too_deep(span),
            ErrorKind::DirectiveDisallowed => {
                return self.refuse(span, "directives are not used in a catalog", "leave the line out");
            }
            ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
                ("a line is indented with a tab", "indent it with spaces")
            }
            _ if error.info().contains("tab") => ("a tab cannot stand here", "write spaces, not tabs"),
            kind => {
                let reason = explain::reason(self.text, start);
                let reason = reason.unwrap_or_else(|| layout::reason(self.text, start, kind));
                let span = Span::new(self.file, reason.start, reason.end.min(self.text.len()).max(reason.start));
                let problem = Diagnostic::error(Code::YamlSyntax, span, reason.message);
                return self.diagnostics.push(problem.help(reason.help));
            }
        };
        self.diagnostics.push(Diagnostic::error(Code::YamlSyntax, span, message).help(help));
    }
}

fn first_char_len(text: &str) -> usize {
    text.chars().next().filter(|first| *first != '\n').map_or(0, char::len_utf8)
}
