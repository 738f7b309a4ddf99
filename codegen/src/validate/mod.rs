//! What is written -> what is checked. Everything that can be wrong is found here; each check stands with what it is
//! about, and its file says what it asks for and why.

mod budget;
mod cascades;
mod examples;
pub(crate) mod instance;
mod instructions;
mod keywords;
mod mentions;
pub(crate) mod mirror;
pub(crate) mod names;
mod objects;
pub(crate) mod pattern;
mod portable;
mod prompts;
mod refs;
mod registry;
mod schema;
mod schemas;
mod secret;
mod services;
mod spaces;
mod steps;
mod table;
mod tables;
pub(crate) mod text;
mod tool;
mod toolsets;
pub(crate) mod wire;

use std::collections::BTreeMap;

use self::names::{Namespace, Of, stem};
use self::schemas::{Schemas, TypeState};
use self::tables::Tables;
use self::tool::Checked;
use crate::budget::Budget;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::expr::Ty;
use crate::ir::{Catalog, Module, Schema, SpaceType, Table, TableRef, Tool, ToolName};
use crate::raw;
use crate::source::{Sources, Span};
use crate::written::Raw;
use crate::yaml::{Node, Value};

/// The checked catalog; worth something only where `diagnostics` has no error.
pub(crate) fn validate(raw: &Raw, sources: &Sources, budget: Budget, diagnostics: &mut Diagnostics) -> Catalog {
    let (modules, registry) = (raw.modules.as_slice(), raw.registry.as_ref());
    if let Some(registry) = registry {
        registry::check(registry, diagnostics);
    }
    let (services, checked_services) = services::check(&raw.services, sources, diagnostics);
    // Tools see the tables of all modules, so these come first.
    let mut tables = Tables::default();
    let mut begun: Vec<Begun<'_>> = modules.iter().map(|raw| begin(raw, registry, sources, diagnostics)).collect();
    for begun in &begun {
        let written = begun.raw.tables.iter().map(|(name, _)| name.value.clone());
        tables.add(&begun.name, &begun.tables, written);
    }
    cascades::check(modules, sources, &mut tables, diagnostics);
    for begun in &mut begun {
        for table in &mut begun.tables {
            if let Some(whole) = tables.get(&TableRef { module: begun.name.clone(), name: table.name.clone() }) {
                *table = whole.clone();
            }
        }
    }
    let everything = Everything { sources, tables: &tables, services: &services };
    let checked: Vec<(Option<Module>, Vec<Checked<'_>>)> =
        begun.into_iter().map(|begun| finish(begun, everything, diagnostics)).collect();
    tools_are_distinct(modules, diagnostics);
    aliases_are_distinct(modules, diagnostics);
    if !raw.is_part {
        mentions::check(raw, sources, diagnostics);
    }
    match &raw.web {
        Some(web) => mirror::check(modules, web, diagnostics),
        None if raw.is_part => {}
        None => wire::check(modules, registry, diagnostics),
    }
    // A module whose name differs from its file's was reported; its tools are known by both.
    let names =
        modules.iter().map(|raw| raw.name.iter().map(|name| name.value.as_str()).chain([stem(raw.file, sources)]));
    let mut known = examples::Called::new();
    for (names, (_, tools)) in names.zip(&checked) {
        for name in names {
            known.extend(tools.iter().map(|tool| (format!("{name}.{}", tool.name.value), tool)));
        }
    }
    let mut of_tools = Vec::new();
    for tool in checked.iter().flat_map(|(_, tools)| tools) {
        of_tools.push(examples::check(tool, &known, &tables, diagnostics));
    }
    let mut of_tools = of_tools.into_iter();
    let mut made: Vec<Module> = Vec::new();
    let mut places: BTreeMap<ToolName, Span> = BTreeMap::new();
    for (module, tools) in checked {
        let tools: Vec<_> = tools.into_iter().zip(&mut of_tools).collect();
        let Some(mut module) = module else { continue };
        for (Checked { name, tool, .. }, examples) in tools {
            let Some(tool) = tool else { continue };
            places.insert(tool.name.clone(), name.span);
            module.tools.push(Tool { examples, ..tool });
        }
        made.push(module);
    }
    made.sort_by(|a, b| a.name.cmp(&b.name));
    let placed = made.iter().flat_map(|module| &module.tools);
    let placed: Vec<_> = placed.filter_map(|tool| Some((tool, *places.get(&tool.name)?))).collect();
    let listed = budget::check_tools(&placed, budget, diagnostics);
    let toolsets = toolsets::check(raw, &made, sources, diagnostics);
    match &raw.toolsets {
        Some(written) => budget::check_toolsets(&listed, &toolsets, written, budget, diagnostics),
        None if raw.has_toolsets => {}
        None => budget::check_whole(&listed, modules, budget, diagnostics),
    }
    let prompts = prompts::check(&raw.prompts, &made, sources, diagnostics);
    let words = prompts::check_words(raw.words.as_ref(), diagnostics);
    Catalog { modules: made, toolsets, services: checked_services, prompts, words }
}

/// A module whose types and tables are made.
struct Begun<'a> {
    raw: &'a raw::Module,
    name: String,
    summary: Option<String>,
    spaces: Option<Vec<SpaceType>>,
    types: BTreeMap<&'a str, TypeState>,
    made: Vec<Schema>,
    tables: Vec<Table>,
    names: Namespace,
}

/// What the tools of all modules may name.
#[derive(Clone, Copy)]
struct Everything<'a> {
    sources: &'a Sources,
    tables: &'a Tables,
    services: &'a services::Services,
}

/// The types and tables of a module; what is wrong with them is reported.
fn begin<'a>(
    raw: &'a raw::Module,
    registry: Option<&raw::Registry>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Begun<'a> {
    if let Some(name) = &raw.name {
        module_name(name, stem(raw.file, sources), diagnostics);
    }
    if let Some(app) = &raw.app {
        names::check(Of::App, app, diagnostics);
    }
    let summary = raw.summary.as_ref().and_then(|one| text::check("a summary", one, text::DESCRIPTION, diagnostics));
    let spaces = spaces::check(raw, diagnostics);
    let name = raw.name.as_ref().map_or_else(|| stem(raw.file, sources), |name| name.value.as_str()).to_owned();
    let mut schemas = Schemas::new(raw, diagnostics);
    for (name, written) in &raw.types {
        names::check(Of::Type, name, schemas.diagnostics);
        if !written.has_description {
            text::missing(&format!("the type `{}`", name.value), name.span, schemas.diagnostics);
        }
    }
    let made = schemas.all_types();
    schemas.all_tables(&name, registry);
    let Schemas { types, tables, names, .. } = schemas;
    Begun { raw, name, summary, spaces, types, made, tables, names }
}

/// The module without its tools, where all of it is in order, and what is known of its tools.
fn finish<'a>(
    begun: Begun<'a>,
    everything: Everything<'a>,
    diagnostics: &mut Diagnostics,
) -> (Option<Module>, Vec<Checked<'a>>) {
    let Begun { raw, name: module_name, summary, spaces, types, made, tables, names } = begun;
    let name = raw.name.as_ref().map_or("", |name| name.value.as_str());
    let name = if name.is_empty() { stem(raw.file, everything.sources) } else { name };
    let constants = (!raw.constants.is_empty()).then(|| {
        let members = raw.constants.iter().map(|(name, node)| (name.value.clone(), node.to_json()));
        serde_json::Value::Object(members.collect())
    });
    let constants_type = constants.as_ref().map(Ty::of_json);
    for (_, node) in &raw.constants {
        constant(node, diagnostics);
    }
    let mut schemas = Schemas {
        module: raw,
        types,
        tables: Vec::new(),
        all: Some(everything.tables),
        name,
        names,
        diagnostics,
        depth: 0,
    };
    let around = steps::Surroundings {
        sources: everything.sources,
        module: name,
        tables: everything.tables,
        services: everything.services,
        constants: constants_type.as_ref(),
    };
    let tools = schemas.all_tools(around);
    let module = summary.map(|summary| Module {
        name: module_name,
        source: everything.sources.path(raw.file).to_owned(),
        summary,
        spaces,
        web_name: raw.web_name.as_ref().map(|name| name.value.clone()),
        constants,
        types: made,
        tables,
        tools: Vec::new(),
    });
    (module, tools)
}

/// Reports a list in a constant whose elements have no type in common: nothing could be said of what is made of them.
fn constant(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.value {
        Value::Sequence(items) => {
            items.iter().for_each(|item| constant(item, diagnostics));
            let mut all: Option<Ty> = None;
            for item in items {
                let one = Ty::of_json(&item.to_json());
                let Some(unified) = all.as_ref().map_or_else(|| Some(one.clone()), |all| all.unify(&one)) else {
                    let message = format!("{one} in a list with {}", all.unwrap_or_else(Ty::unknown));
                    let help = "the elements of a list are of one type; members of a map may be of several";
                    diagnostics.push(Diagnostic::error(Code::ExpressionType, item.span, message).help(help));
                    return;
                };
                all = Some(unified);
            }
        }
        Value::Mapping(members) => members.iter().for_each(|(_, member)| constant(member, diagnostics)),
        _ => {}
    }
}

/// A module is named as its file, and its name is one of a Rust module.
fn module_name(name: &raw::Text, stem: &str, diagnostics: &mut Diagnostics) {
    if !names::check(Of::Module, name, diagnostics) {
        return;
    }
    if names::is_of_catalog(&name.value) {
        let message = format!("`{}` cannot be the name of a module: every catalog has one of its own", name.value);
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message));
    }
    if names::is_of_rust(&name.value) {
        let message = format!("`{}` cannot be the name of a module: Rust has it for itself", name.value);
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message));
    }
    if stem != name.value {
        let message = format!("the module `{}` stands in a file of another name", name.value);
        let help = format!("name the file `{}.yaml`, or the module `{stem}`", name.value);
        diagnostics.push(Diagnostic::error(Code::FileName, name.span, message).help(help));
    }
}

/// What is left of a name where dots, underscores and case say nothing.
fn spelling(name: &str) -> String {
    name.replace(['.', '_'], "").to_lowercase()
}

/// No two tools of the catalog have the same name without regard to dots, underscores and case, or as a variant.
fn tools_are_distinct(modules: &[raw::Module], diagnostics: &mut Diagnostics) {
    let mut taken: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for module in modules {
        let Some(module_name) = &module.name else { continue };
        for (name, _) in &module.tools {
            let full = format!("{}.{}", module_name.value, name.value);
            let variant = format!("{}{}", names::pascal(&module_name.value), names::pascal(&name.value));
            let keys = [spelling(&full), format!("variant {variant}")];
            let other = keys.iter().find_map(|key| taken.get(key)).cloned();
            if let Some((other, first)) = other {
                let message = format!("the tools `{full}` and `{other}` cannot be told apart by every host");
                diagnostics.push(
                    Diagnostic::error(Code::NameCollision, name.span, message)
                        .also(first, format!("`{other}` is named here"))
                        .help("names differ in more than case, dots and underscores"),
                );
            }
            for key in keys {
                taken.entry(key).or_insert_with(|| (full.clone(), name.span));
            }
        }
    }
}

/// No other name of a tool is that of a tool, or of two.
fn aliases_are_distinct(modules: &[raw::Module], diagnostics: &mut Diagnostics) {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for module in modules {
        let Some(module_name) = &module.name else { continue };
        for (name, _) in &module.tools {
            taken.insert(spelling(&format!("{}.{}", module_name.value, name.value)), name.span);
        }
    }
    let tools = modules.iter().flat_map(|module| &module.tools);
    for alias in tools.flat_map(|(_, tool)| tool.listed_as.iter().chain(&tool.aliases)) {
        let spelling = spelling(&alias.value);
        if let Some(first) = taken.get(&spelling) {
            let message = format!("`{}` is the name of another tool", alias.value);
            let help = "leave it out, or take another name";
            diagnostics
                .push(Diagnostic::error(Code::Alias, alias.span, message).also(*first, "it is taken here").help(help));
        }
        taken.insert(spelling, alias.span);
    }
}
