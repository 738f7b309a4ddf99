//! A module's file: its types, tables and tools.

use super::{Action, Named, Reader, Schema, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
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
    /// `webName`
    pub web_name: Option<Text>,
    /// `constants`
    pub constants: Named<Node>,
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
    /// `scope`
    pub scope: Option<Text>,
    /// `label`
    pub label: Option<Text>,
    /// `privacy`
    pub privacy: Option<Text>,
    /// `creates`
    pub creates: Named<Node>,
    /// `place`
    pub place: Option<Place>,
    /// `cascade`
    pub cascade: Vec<Cascade>,
    /// `record`
    pub record: Option<Schema>,
}

/// `place`
#[derive(Debug, Clone)]
pub struct Place {
    /// `field`
    pub field: Option<Text>,
    /// `step`
    pub step: Option<Node>,
    /// `among`
    pub among: Vec<Text>,
}

/// An entry of `cascade`.
#[derive(Debug, Clone)]
pub struct Cascade {
    /// `table`
    pub table: Option<Text>,
    /// `where`
    pub condition: Option<Node>,
}

/// `hosts`
#[derive(Debug, Clone)]
pub struct Hosts {
    /// `alwaysLoad`
    pub always_load: Option<Spanned<bool>>,
    /// `searchHint`
    pub search_hint: Vec<Text>,
    /// `resultCharacters`
    pub result_characters: Option<Node>,
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
    /// `aliases`
    pub aliases: Vec<Text>,
    /// `listedAs`
    pub listed_as: Option<Text>,
    /// `consent`
    pub consent: Option<Text>,
    /// `agentPolicy`
    pub agent_policy: Option<Text>,
    /// `hosts`
    pub hosts: Option<Hosts>,
    /// `alsoPlain`
    pub also_plain: Named<Node>,
    /// `sealedTo`
    pub sealed_to: Option<Text>,
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
    /// `now`
    pub now: Option<Text>,
    /// `timeZone`
    pub time_zone: Option<Text>,
    /// `given`: what is there, and calls that are made, before.
    pub given: Vec<Preparation>,
    /// `services`
    pub services: Option<Node>,
    /// `input`
    pub input: Option<Node>,
    /// `output`: what the result must hold, in part.
    pub output: Option<Node>,
    /// `refused`
    pub refused: Option<Text>,
}

/// What prepares an example: rows, or a call.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// `rows`: rows by table.
    pub rows: Option<Node>,
    /// `tool`: the dotted name.
    pub tool: Option<Text>,
    /// `input`
    pub input: Option<Node>,
    /// `id`: what the example calls the id of the record that this call makes.
    pub id: Option<Text>,
}

impl Module {
    /// A module without anything in it.
    pub(crate) fn empty(file: FileId) -> Self {
        Self {
            file,
            name: None,
            app: None,
            spaces: None,
            summary: None,
            web_name: None,
            constants: Vec::new(),
            types: Vec::new(),
            tables: Vec::new(),
            tools: Vec::new(),
        }
    }

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
            web_name: reader.optional_text("webName", diagnostics),
            constants: reader
                .optional("constants")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            tools: reader
                .optional("tools")
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
            scope: reader.optional_text("scope", diagnostics),
            label: reader.optional_text("label", diagnostics),
            privacy: reader.optional_text("privacy", diagnostics),
            creates: reader
                .optional("creates")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            place: reader.optional("place").and_then(|(key, node)| Place::read(key, node, diagnostics)),
            cascade: reader
                .optional("cascade")
                .and_then(|(_, node)| reader::sequence(node, diagnostics))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| Cascade::read(node, diagnostics))
                .collect(),
            record: reader.required("record", diagnostics).map(|(key, node)| Schema::read(key, node, diagnostics)),
        };
        reader.finish(diagnostics);
        Some(table)
    }
}

impl Place {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PLACE, at, node, diagnostics)?;
        let read = Self {
            field: reader.required_text("field", diagnostics),
            step: reader.optional("step").map(|(_, node)| node.clone()),
            among: reader
                .optional("among")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Cascade {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::CASCADE, node.span, node, diagnostics)?;
        let read = Self {
            table: reader.required_text("table", diagnostics),
            condition: reader.required("where", diagnostics).map(|(_, node)| node.clone()),
        };
        reader.finish(diagnostics);
        Some(read)
    }
}

impl Hosts {
    fn read(at: Span, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::HOSTS, at, node, diagnostics)?;
        let read = Self {
            always_load: reader.optional("alwaysLoad").and_then(|(_, node)| reader::boolean(node, diagnostics)),
            search_hint: reader
                .optional("searchHint")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            result_characters: reader.optional("resultCharacters").map(|(_, node)| node.clone()),
        };
        reader.finish(diagnostics);
        Some(read)
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
            aliases: reader
                .optional("aliases")
                .and_then(|(_, node)| reader::strings(node, diagnostics))
                .unwrap_or_default(),
            listed_as: reader.optional_text("listedAs", diagnostics),
            consent: reader.optional_text("consent", diagnostics),
            agent_policy: reader.optional_text("agentPolicy", diagnostics),
            hosts: reader.optional("hosts").and_then(|(key, node)| Hosts::read(key, node, diagnostics)),
            also_plain: reader
                .optional("alsoPlain")
                .and_then(|(_, node)| reader::mapping(node, diagnostics))
                .unwrap_or_default()
                .to_vec(),
            sealed_to: reader.optional_text("sealedTo", diagnostics),
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
            now: reader.optional_text("now", diagnostics),
            time_zone: reader.optional_text("timeZone", diagnostics),
            services: reader.optional("services").map(|(_, node)| node.clone()),
            given: reader
                .optional("given")
                .and_then(|(_, node)| reader::sequence(node, diagnostics))
                .unwrap_or_default()
                .iter()
                .filter_map(|node| Preparation::read(node, diagnostics))
                .collect(),
            input: reader.required("input", diagnostics).map(|(_, node)| node.clone()),
            output: reader.optional("output").map(|(_, node)| node.clone()),
            refused: reader.optional_text("refused", diagnostics),
        };
        reader.finish(diagnostics);
        if example.output.is_some() == example.refused.is_some() {
            let message = "an example has an `output`, or is `refused`";
            diagnostics.push(Diagnostic::error(Code::BadExample, node.span, message));
        }
        Some(example)
    }
}

impl Preparation {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PREPARATION, node.span, node, diagnostics)?;
        let preparation = Self {
            rows: reader.optional("rows").map(|(_, node)| node.clone()),
            tool: reader.optional_text("tool", diagnostics),
            input: reader.optional("input").map(|(_, node)| node.clone()),
            id: reader.optional_text("id", diagnostics),
        };
        reader.finish(diagnostics);
        if preparation.rows.is_some() == preparation.tool.is_some() {
            let message = "what prepares an example is a call of a `tool`, or `rows`";
            diagnostics.push(Diagnostic::error(Code::BadPreparation, node.span, message));
        }
        Some(preparation)
    }
}
