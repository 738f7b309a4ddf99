//! Toolsets: their names, their texts, and the tools that they list.
//!
//! A toolset's name is a part of an address, in the place where a module's name may stand too (`/mcp/x/<name>`). So no
//! toolset has the name of a module, or one of the words that addresses use themselves. An entry is the full name of a
//! tool or `module.*`. Each adds something: an entry that adds nothing was meant to be another one.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, Of, stem};
use super::text;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Module, Scope, Tool, Toolset, Toolsets};
use crate::raw;
use crate::source::{FileId, Sources, Span};
use crate::written::Raw;

/// Words that addresses use for themselves.
const RESERVED: [&str; 3] = ["all", "readonly", "x"];

/// What an entry may name.
struct Known<'a> {
    /// The full names of the tools of each module, as they are written.
    modules: BTreeMap<&'a str, Vec<String>>,
    /// Modules whose source could not be read, which was reported; anything may be in them.
    unreadable: BTreeSet<&'a str>,
    /// The tools that passed every check.
    tools: BTreeMap<&'a str, &'a Tool>,
}

/// The checked toolsets; what is wrong with them is reported.
pub(super) fn check(raw: &Raw, modules: &[Module], sources: &Sources, diagnostics: &mut Diagnostics) -> Toolsets {
    let Some(written) = &raw.toolsets else { return Toolsets::default() };
    let known = Known::of(raw, modules, sources);
    let mut sets = Vec::new();
    for (name, set) in &written.sets {
        toolset_name(name, raw, diagnostics);
        let what = format!("the description of the toolset `{}`", name.value);
        let description = set.description.as_ref();
        let description = description.and_then(|one| text::check(&what, one, text::DESCRIPTION, diagnostics));
        let tools = set.tools.as_deref().map(|entries| known.resolve(name, entries, diagnostics));
        if let (Some(description), Some(tools)) = (description, tools) {
            let tools = tools.into_iter().map(|tool| tool.name.clone()).collect();
            sets.push(Toolset::new(name.value.clone(), description, tools));
        }
    }
    if let Some(default) = &written.default
        && !written.sets.iter().any(|(name, _)| name.value == default.value)
    {
        let message = format!("there is no toolset `{}`", default.value);
        let help = did_you_mean(&default.value, written.sets.iter().map(|(name, _)| name.value.as_str()));
        diagnostics.push(Diagnostic::error(Code::UnknownToolset, default.span, message).maybe_help(help));
    }
    Toolsets::new(sets, written.default.as_ref().map(|name| name.value.clone()))
}

fn toolset_name(name: &raw::Text, raw: &Raw, diagnostics: &mut Diagnostics) {
    if !names::check(Of::Toolset, name, diagnostics) {
        return;
    }
    if RESERVED.contains(&name.value.as_str()) {
        let message = format!("`{}` cannot be the name of a toolset: it is reserved for addresses", name.value);
        let help = format!("reserved: {}", RESERVED.map(|word| format!("`{word}`")).join(", "));
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message).help(help));
    }
    let mut modules = raw.modules.iter().filter_map(|module| module.name.as_ref());
    if let Some(module) = modules.find(|module| module.value == name.value) {
        let message = format!("the toolset `{}` has the name of a module", name.value);
        let problem = Diagnostic::error(Code::NameCollision, name.span, message).also(module.span, "the module");
        diagnostics.push(problem.help(format!("`/mcp/x/{}` already serves the tools of the module", name.value)));
    }
}

impl<'a> Known<'a> {
    fn of(raw: &'a Raw, checked: &'a [Module], sources: &'a Sources) -> Self {
        let mut modules = BTreeMap::new();
        let mut read: BTreeSet<FileId> = raw.registry.iter().map(|one| one.file).collect();
        read.extend(raw.toolsets.iter().map(|one| one.file));
        for module in &raw.modules {
            read.insert(module.file);
            // A module whose name differs from its file's was reported; it is known by both.
            for name in module.name.iter().map(|name| name.value.as_str()).chain([stem(module.file, sources)]) {
                let tools = module.tools.iter().map(|(tool, _)| format!("{name}.{}", tool.value));
                modules.insert(name, tools.collect());
            }
        }
        let unreadable = sources.iter().filter(|(file, _)| !read.contains(file));
        Self {
            modules,
            unreadable: unreadable.map(|(file, _)| stem(file, sources)).collect(),
            tools: checked.iter().flat_map(|module| &module.tools).map(|tool| (tool.name.dotted(), tool)).collect(),
        }
    }

    /// The tools that a set lists; what is wrong with an entry is reported.
    fn resolve(&self, set: &raw::Text, entries: &[raw::Text], diagnostics: &mut Diagnostics) -> Vec<&'a Tool> {
        if entries.is_empty() {
            let message = format!("the toolset `{}` lists no tool", set.value);
            diagnostics.push(Diagnostic::error(Code::ToolsetEntry, set.span, message));
        }
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        let mut tools = Vec::new();
        for entry in entries {
            if let Some(before) = first.get(entry.value.as_str()) {
                let message = format!("`{}` is listed twice", entry.value);
                diagnostics
                    .push(Diagnostic::error(Code::ToolsetEntry, entry.span, message).also(*before, "first here"));
                continue;
            }
            first.insert(&entry.value, entry.span);
            tools.extend(self.entry(entry, diagnostics));
        }
        for (entry, at) in first.iter().filter(|(entry, _)| !entry.ends_with(".*")) {
            let pattern = entry.split_once('.').map(|(module, _)| format!("{module}.*"));
            if let Some((pattern, included)) = pattern.and_then(|one| first.get(one.as_str()).map(|at| (one, *at))) {
                let message = format!("`{entry}` is already included by `{pattern}`");
                let problem = Diagnostic::error(Code::ToolsetEntry, *at, message);
                diagnostics.push(problem.also(included, "included here"));
            }
        }
        tools
    }

    /// The tools of one entry. Tools that were reported are left out without a word.
    fn entry(&self, entry: &raw::Text, diagnostics: &mut Diagnostics) -> Vec<&'a Tool> {
        let mut unknown = |message: String, help: Option<String>| {
            diagnostics.push(Diagnostic::error(Code::UnknownTool, entry.span, message).maybe_help(help));
            Vec::new()
        };
        let name = entry.value.as_str();
        let Some((module, tool)) = name.split_once('.') else {
            let help = if self.modules.contains_key(name) || self.unreadable.contains(name) {
                Some(format!("write `{name}.*` for every tool of the module"))
            } else {
                did_you_mean(name, self.modules.keys().copied())
            };
            return unknown(format!("`{name}` is neither a tool nor a pattern such as `module.*`"), help);
        };
        if self.unreadable.contains(module) {
            return Vec::new();
        }
        let Some(of_module) = self.modules.get(module) else {
            let help = did_you_mean(module, self.modules.keys().copied());
            return unknown(format!("there is no module `{module}`"), help);
        };
        let named: Vec<&String> = match tool {
            "*" => of_module.iter().collect(),
            _ => of_module.iter().filter(|one| *one == name).collect(),
        };
        match tool {
            "*" if named.is_empty() => return unknown(format!("the module `{module}` has no tools"), None),
            _ if named.is_empty() => {
                let help = did_you_mean(name, of_module.iter().map(String::as_str));
                return unknown(format!("there is no tool `{name}`"), help);
            }
            _ => {}
        }
        let checked: Vec<&Tool> = named.iter().filter_map(|name| self.tools.get(name.as_str()).copied()).collect();
        let served: Vec<&Tool> = checked.iter().copied().filter(|tool| tool.scope == Scope::UserSpace).collect();
        if served.is_empty() && !checked.is_empty() && checked.len() == named.len() {
            let help = "tools of the scope `admin` are in no client's list".to_owned();
            return unknown(format!("`{name}` is never served over MCP"), Some(help));
        }
        served
    }
}
