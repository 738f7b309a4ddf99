//! A module's file: its types, tables and tools.

use super::{Action, Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Span, Spanned};
use crate::yaml::Node;

/// A module as it is written.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its file.
    pub file: FileId,
    /// `module`
    pub name: Option<Text>,
    /// `app`
    pub app: Option<Text>,
    /// `spaces`, at the place of its key.
    pub spaces: Option<Spanned<Vec<Text>>>,
    /// `summary`
    pub summary: Option<Text>,
    /// `types`
    pub types: Named<Schema>,
    /// `tables`
    pub tables: Named<Table>,
    /// `tools`
    pub tools: Named<Tool>,
}

/// A table as it is written.
#[derive(Debug, Clone)]
pub struct Table {
    /// `noun`
    pub noun: Option<Text>,
    /// `syncName`
    pub sync_name: Option<Text>,
    /// `encryptedFields`, at the place of its key.
    pub encrypted_fields: Option<Spanned<Vec<Text>>>,
    /// `record`
    pub record: Option<Schema>,
}

/// A tool as it is written.
#[derive(Debug, Clone)]
pub struct Tool {
    /// `title`
    pub title: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `scope`
    pub scope: Option<Text>,
    /// `policyHint`
    pub policy_hint: Option<Text>,
    /// `idempotent`
    pub idempotent: Option<Spanned<bool>>,
    /// `input`; left out, the tool takes nothing.
    pub input: Option<Schema>,
    /// Whether there is an `input`, readable or not.
    pub has_input: bool,
    /// `output`
    pub output: Option<Schema>,
    /// `action`
    pub action: Option<Action>,
    /// `examples`
    pub examples: Vec<Example>,
    /// Whether `examples` is an empty list, not one of which nothing could be read.
    pub without_examples: bool,
}

/// An example as it is written.
#[derive(Debug, Clone)]
pub struct Example {
    /// `name`
    pub name: Option<Text>,
    /// `given`: calls that are made before.
    pub given: Vec<Preparation>,
    /// `input`
    pub input: Option<Node>,
    /// `output`: what the result must hold, in part.
    pub output: Option<Node>,
}

/// A call that prepares an example.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// `tool`: the dotted name.
    pub tool: Option<Text>,
    /// `input`
    pub input: Option<Node>,
    /// `id`: what the example calls the id of the record that this call makes.
    pub id: Option<Text>,
}

impl Module {
    /// Reads a module's file.
    pub(crate) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::MODULE, Span::start_of(file), node, diagnostics)?;
        let module = Self {
            file,
            name: reader.required_text("module", diagnostics),
            app: reader.optional_text("app", diagnostics),
            spaces: reader
                .optional("spaces")
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            summary: reader.required_text("summary", diagnostics),
            types: reader
                .optional("types")
                .and_then(|(_, node)| {
                    reader::named(node, diagnostics, |name, node, diagnostics| {
                        Some(Schema::read(name.span, node, diagnostics))
                    })
                })
                .unwrap_or_default(),
            tables: reader
                .optional("tables")
                .and_then(|(_, node)| reader::named(node, diagnostics, Table::read))
                .unwrap_or_default(),
            tools: reader
                .required("tools", diagnostics)
                .and_then(|(_, node)| reader::named(node, diagnostics, Tool::read))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(module)
    }
}

impl Table {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::or_broken(&keys::TABLE, name.span, node, diagnostics);
        let table = Self {
            noun: reader.required_text("noun", diagnostics),
            sync_name: reader.optional_text("syncName", diagnostics),
            encrypted_fields: reader
                .required("encryptedFields", diagnostics)
                .and_then(|(key, node)| Some(Spanned::new(reader::strings(node, diagnostics)?, key))),
            record: reader.required("record", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(table)
    }
}

impl Tool {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::or_broken(&keys::TOOL, name.span, node, diagnostics);
        let title = reader.required_text("title", diagnostics);
        let description = reader.required_text("description", diagnostics);
        let scope = reader.required_text("scope", diagnostics);
        let policy_hint = reader.required_text("policyHint", diagnostics);
        let idempotent = reader.optional("idempotent").and_then(|(_, node)| reader::boolean(node, diagnostics));
        let input = reader.optional("input");
        let examples =
            reader.required("examples", diagnostics).and_then(|(_, node)| reader::sequence(node, diagnostics));
        let tool = Self {
            title,
            description,
            scope,
            policy_hint,
            idempotent,
            has_input: input.is_some() || reader.is_broken(),
            input: input.map(|(key, node)| Schema::read(key, node, diagnostics)),
            output: reader.required("output", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
            action: reader.required("action", diagnostics).and_then(|(key, node)| Action::read(key, node, diagnostics)),
            without_examples: examples.is_some_and(<[Node]>::is_empty),
            examples: examples.unwrap_or_default().iter().filter_map(|node| Example::read(node, diagnostics)).collect(),
        };
        reader.finish(diagnostics);
        Some(tool)
    }
}

impl Example {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::EXAMPLE, node.span, node, diagnostics)?;
        let example = Self {
            name: reader.required_text("name", diagnostics),
            given: reader
                .optional("given")
                .and_then(|(_, node)| reader::sequence(node, diagnostics))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| Preparation::read(node, diagnostics))
                .collect(),
            input: reader.required("input", diagnostics).map(|(_, node)| node.clone()),
            output: reader.required("output", diagnostics).map(|(_, node)| node.clone()),
        };
        reader.finish(diagnostics);
        Some(example)
    }
}

impl Preparation {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PREPARATION, node.span, node, diagnostics)?;
        let preparation = Self {
            tool: reader.required_text("tool", diagnostics),
            input: reader.required("input", diagnostics).map(|(_, node)| node.clone()),
            id: reader.optional_text("id", diagnostics),
        };
        reader.finish(diagnostics);
        Some(preparation)
    }
}
