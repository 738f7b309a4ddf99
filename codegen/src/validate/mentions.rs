//! Names of tools in texts: a tool that a text names is there. A model calls what it reads of, and a name that leads nowhere costs
//! it a call, and the user's trust.
//!
//! A name is `module.tool`. Where the module is one of the catalog, the tool must be one of it; where it is none, but nearly
//! one that has such a tool, its name is misspelt. Everything else with a point in it (`example.org`) is no name of a tool.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::expr::Places;
use crate::raw::{self, ActionKind, Text, Verb};
use crate::source::Sources;
use crate::yaml::{Node, Value};
use crate::{Raw, validate::stem};

/// The tools of a catalog, as texts name them.
struct Mentions<'a, 'd> {
    sources: &'a Sources,
    /// The names of the tools of each module.
    modules: BTreeMap<&'a str, BTreeSet<&'a str>>,
    full: Vec<String>,
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
    let mut mentions = Mentions { sources, modules, full, diagnostics };
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
}

impl Mentions<'_, '_> {
    fn tool(&mut self, tool: &raw::Tool) {
        self.texts([&tool.title, &tool.description, &tool.consent].into_iter().flatten());
        self.schemas([&tool.input, &tool.output].into_iter().flatten());
        let Some(ActionKind::Steps(steps)) = tool.action.as_ref().map(|action| &action.kind) else { return };
        for step in steps {
            if let Some(Verb::Require(_, Some(Node { value: Value::String(text), span }))) = &step.verb {
                self.text(&Text::new(text.clone(), *span));
            }
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
        for (at, module, tool) in names(&text.value) {
            let Some(help) = self.problem(module, tool) else { continue };
            let characters = text.value.get(..at).map_or(0, |before| before.chars().count());
            let length = module.chars().count() + 1 + tool.chars().count();
            let source = self.sources.get(text.span.file).map_or("", |file| file.text.as_str());
            let place = Places::of(&text.value, text.span, source).span(characters, characters + length);
            let message = format!("this names the tool `{module}.{tool}`, which is not there");
            self.diagnostics.push(Diagnostic::error(Code::UnknownTool, place, message).help(help));
        }
    }

    /// What to do about a name that leads nowhere; `None` where it leads to a tool, or is no name of one.
    fn problem(&self, module: &str, tool: &str) -> Option<String> {
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
}

/// The words of a text that look like names of tools: where they begin, module and tool.
fn names(text: &str) -> Vec<(usize, &str, &str)> {
    let is_of_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(|one: char| !is_of_name(one) && one != '.') {
        let begin = at;
        at += word.len();
        let word = word.trim_end_matches(|one: char| !is_of_name(one));
        let mut parts = word.split('.');
        if let (Some(module), Some(tool), None) = (parts.next(), parts.next(), parts.next())
            && module.starts_with(|one: char| one.is_ascii_lowercase())
            && tool.starts_with(|one: char| one.is_ascii_lowercase())
        {
            found.push((begin, module, tool));
        }
    }
    found
}
