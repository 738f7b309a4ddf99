//! Names of tools in texts: a tool that a text names exists. A model calls what it reads of, and a name that does not resolve
//! costs it a call, and the user's trust.
//!
//! A name is `module.tool`. Where the module is one of the catalog, the tool must be one of it; where it is not, but nearly
//! one that has such a tool, its name is misspelt. Everything else with a point in it (`example.org`) is not the name of a tool.
//! `module_tool` is a name in another spelling, unless a tool has it as an alias.

use std::collections::{BTreeMap, BTreeSet};

use super::names::stem;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::expr::{Parser, Places};
use crate::raw::{self, ActionKind, Named, Text, Verb};
use crate::source::{Sources, Span};
use crate::written::Raw;
use crate::yaml::{Node, Value};

/// The tools of a catalog, as texts name them.
struct Mentions<'a, 'd> {
    sources: &'a Sources,
    /// The names of the tools of each module.
    modules: BTreeMap<&'a str, BTreeSet<&'a str>>,
    full: Vec<String>,
    /// Other names that calls accept.
    aliases: BTreeSet<&'a str>,
    diagnostics: &'d mut Diagnostics,
}

/// Reports names of tools that are not there, in the texts of the whole catalog.
pub(super) fn check(raw: &Raw, sources: &Sources, diagnostics: &mut Diagnostics) {
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in &raw.modules {
        let names = module.name.iter().map(|name| name.value.as_str()).chain([stem(module.file, sources)]);
        for name in names {
            modules.entry(name).or_default().extend(module.tools.iter().map(|(tool, _)| tool.value.as_str()));
        }
    }
    let full = modules.iter().flat_map(|(module, tools)| tools.iter().map(move |tool| format!("{module}.{tool}")));
    let full = full.collect();
    let tools = || raw.modules.iter().flat_map(|module| &module.tools).map(|(_, tool)| tool);
    let aliases = tools().flat_map(|tool| tool.aliases.iter().chain(&tool.listed_as));
    let aliases = aliases.map(|alias| alias.value.as_str()).collect();
    let mut mentions = Mentions { sources, modules, full, aliases, diagnostics };
    for module in &raw.modules {
        mentions.texts(module.summary.as_ref());
        for (_, schema) in &module.types {
            mentions.schema(schema);
        }
        for (_, table) in &module.tables {
            mentions.schemas(table.record.as_ref());
        }
        for (_, tool) in &module.tools {
            mentions.tool(tool);
        }
    }
    let sets = raw.toolsets.iter().flat_map(|toolsets| &toolsets.sets);
    for (_, set) in sets {
        mentions.texts(set.description.as_ref());
    }
    for (_, operation) in raw.services.iter().flat_map(|service| &service.operations) {
        mentions.texts(operation.errors.iter().map(|(_, message)| message));
    }
}

impl Mentions<'_, '_> {
    fn tool(&mut self, tool: &raw::Tool) {
        self.texts([&tool.title, &tool.description, &tool.consent, &tool.sealed_to].into_iter().flatten());
        self.schemas([&tool.input, &tool.output].into_iter().flatten());
        self.values(tool.also_plain.iter().map(|(_, why)| why));
        let Some(action) = &tool.action else { return };
        self.values(action.returns.iter().map(|(_, node)| node));
        let ActionKind::Steps(steps) = &action.kind else { return };
        for step in steps {
            self.values(&step.otherwise);
            match &step.verb {
                Some(Verb::Value(node) | Verb::Require(_, Some(node))) => self.value(node),
                Some(Verb::Insert(insert)) => self.named(&insert.values),
                Some(Verb::Put(put)) => self.named(&put.values),
                Some(Verb::Update(update)) => self.named(&update.values),
                Some(Verb::Call(call)) => self.named(&call.with),
                _ => {}
            }
        }
    }

    fn named(&mut self, values: &Named<Node>) {
        self.values(values.iter().map(|(_, node)| node));
    }

    fn values<'s>(&mut self, nodes: impl IntoIterator<Item = &'s Node>) {
        for node in nodes {
            self.value(node);
        }
    }

    /// The texts of a value. In an expression, `habits.title` is a member of a step, and only texts in quotes count.
    fn value(&mut self, node: &Node) {
        match &node.value {
            Value::String(text) if text.contains("${") => {
                let (reported, mut diagnostics) = (BTreeSet::new(), Diagnostics::default());
                let ast =
                    Parser { sources: self.sources, reported: &reported, diagnostics: &mut diagnostics }.value(node);
                let mut texts = Vec::new();
                ast.texts(&mut texts);
                for part in texts {
                    self.named_in(part, text, node.span);
                }
            }
            Value::String(text) => self.named_in(text, text, node.span),
            Value::Sequence(items) => self.values(items),
            Value::Mapping(entries) => self.named(entries),
            _ => {}
        }
    }

    fn schemas<'s>(&mut self, schemas: impl IntoIterator<Item = &'s raw::Schema>) {
        for schema in schemas {
            self.schema(schema);
        }
    }

    fn schema(&mut self, schema: &raw::Schema) {
        self.texts([&schema.title, &schema.description].into_iter().flatten());
        let properties = schema.properties.iter().flat_map(|properties| &properties.value);
        self.schemas(properties.map(|(_, schema)| schema));
        let inner = [&schema.items, &schema.additional].into_iter().flatten();
        self.schemas(inner.map(|schema| &*schema.value));
    }

    fn texts<'s>(&mut self, texts: impl IntoIterator<Item = &'s Text>) {
        for text in texts {
            self.text(text);
        }
    }

    fn text(&mut self, text: &Text) {
        self.named_in(&text.value, &text.value, text.span);
    }

    /// Reports the names in a part of the text that is written at `at`.
    fn named_in(&mut self, part: &str, text: &str, at: Span) {
        for (start, name) in names(part) {
            let Some((message, help)) = self.problem(name) else { continue };
            // A part of a longer text is looked for in it.
            let start = if part.len() == text.len() { start } else { text.find(name).unwrap_or_default() };
            let characters = text.get(..start).map_or(0, |before| before.chars().count());
            let source = self.sources.get(at.file).map_or("", |file| file.text.as_str());
            let place = Places::of(text, at, source).span(characters, characters + name.chars().count());
            self.diagnostics.push(Diagnostic::error(Code::UnknownTool, place, message).help(help));
        }
    }

    /// What is wrong with a name, and what to do; `None` where it is that of a tool, or of something else.
    fn problem(&self, name: &str) -> Option<(String, String)> {
        match name.split_once('.') {
            Some((module, tool)) => {
                let help = self.remedy(module, tool)?;
                Some((format!("this names the tool `{name}`, which does not exist"), help))
            }
            None => self.underscored(name),
        }
    }

    /// What to do about `module.tool`.
    fn remedy(&self, module: &str, tool: &str) -> Option<String> {
        let name = format!("{module}.{tool}");
        match self.modules.get(module) {
            Some(tools) if tools.contains(tool) => None,
            Some(tools) => {
                let own: Vec<String> = tools.iter().map(|tool| format!("{module}.{tool}")).collect();
                let near = did_you_mean(&name, self.full.iter().map(String::as_str));
                near.filter(|help| help.starts_with("did"))
                    .or_else(|| did_you_mean(&name, own.iter().map(String::as_str)))
                    .or_else(|| Some(format!("the module `{module}` has no tool of that name")))
            }
            None => {
                let near = |known: &&str| strsim::damerau_levenshtein(known, module) <= 2 && known.len() > 3;
                let meant = self.modules.iter().find(|(known, tools)| near(known) && tools.contains(tool))?;
                Some(format!("did you mean `{}.{tool}`?", meant.0))
            }
        }
    }

    /// What is wrong with `module_tool`.
    fn underscored(&self, name: &str) -> Option<(String, String)> {
        if self.modules.contains_key(name) || self.aliases.contains(name) {
            return None;
        }
        // The module with the longest name: its own may have underscores too.
        let parts = name.match_indices('_').filter_map(|(at, _)| Some((name.get(..at)?, name.get(at + 1..)?)));
        let (module, tool) =
            parts.rev().find(|(module, tool)| self.modules.contains_key(module) && !tool.is_empty())?;
        Some(match self.remedy(module, tool) {
            None => {
                let message = format!("`{name}` is not how a tool is named");
                (message, format!("write `{module}.{tool}`"))
            }
            Some(help) => (format!("this names the tool `{module}.{tool}`, which does not exist"), help),
        })
    }
}

/// The words of a text that look like names of tools, and where they begin.
fn names(text: &str) -> Vec<(usize, &str)> {
    let is_of_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let is_part = |part: &str| part.starts_with(|one: char| one.is_ascii_lowercase());
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(|one: char| !is_of_name(one) && one != '.') {
        let begin = at;
        at += word.len();
        let word = word.trim_end_matches(|one: char| !is_of_name(one));
        let is_name = match word.split_once('.') {
            Some((module, tool)) => is_part(module) && is_part(tool) && !tool.contains('.'),
            None => is_part(word) && word.contains('_'),
        };
        if is_name {
            found.push((begin, word));
        }
    }
    found
}
