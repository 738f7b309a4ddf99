//! What is written -> what is checked. Everything that can be wrong is found here; each check stands with what it is
//! about, and its file says what it asks for and why.

mod action;
mod budget;
mod examples;
mod flow;
mod instance;
mod instructions;
mod keywords;
mod names;
pub(crate) mod pattern;
mod refs;
mod registry;
mod schema;
mod secret;
mod table;
mod text;
mod tool;
mod value;
pub(crate) mod wire;

use std::collections::BTreeMap;

use self::names::{Namespace, Of, RESERVED_TYPES};
use self::schema::Schemas;
use crate::budget::Budget;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::ir::{Catalog, Module, Tool, ToolName};
use crate::raw;
use crate::source::{Sources, Span};

/// The checked catalog; worth something only where `diagnostics` has no error.
pub(crate) fn validate(
    modules: &[raw::Module],
    registry: Option<&raw::Registry>,
    sources: &Sources,
    budget: Budget,
    diagnostics: &mut Diagnostics,
) -> Catalog {
    if let Some(registry) = registry {
        registry::check(registry, diagnostics);
    }
    let mut made: Vec<Module> = Vec::new();
    for raw in modules {
        made.extend(module(raw, registry, sources, diagnostics));
    }
    tools_are_distinct(modules, diagnostics);
    wire::check(modules, registry, diagnostics);
    let tools: BTreeMap<String, Tool> = made
        .iter()
        .flat_map(|module| &module.tools)
        .map(|tool| (tool.name.dotted().to_owned(), tool.clone()))
        .collect();
    let mut places: BTreeMap<ToolName, Span> = BTreeMap::new();
    for (module, raw) in made.iter_mut().filter_map(|module| {
        let raw = modules.iter().find(|raw| raw.name.as_ref().is_some_and(|name| name.value == module.name))?;
        Some((module, raw))
    }) {
        for tool in &mut module.tools {
            let written =
                raw.tools.iter().find(|(name, _)| tool.name.dotted() == format!("{}.{}", module.name, name.value));
            if let Some((name, written)) = written {
                tool.examples = examples::check(written, name.span, tool, &tools, diagnostics);
                places.insert(tool.name.clone(), name.span);
            }
        }
    }
    made.sort_by(|a, b| a.name.cmp(&b.name));
    let placed = made.iter().flat_map(|module| &module.tools);
    let placed: Vec<_> = placed.filter_map(|tool| Some((tool, *places.get(&tool.name)?))).collect();
    budget::check(&placed, budget, diagnostics);
    Catalog { modules: made }
}

fn module(
    raw: &raw::Module,
    registry: Option<&raw::Registry>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Module> {
    let source = sources.path(raw.file);
    if let Some(name) = &raw.name {
        module_name(name, source, diagnostics);
    }
    if let Some(app) = &raw.app {
        names::check(Of::App, app, diagnostics);
    }
    let summary = raw.summary.as_ref().and_then(|one| text::check("a summary", one, text::DESCRIPTION, diagnostics));
    let mut schemas = Schemas {
        module: raw,
        types: BTreeMap::new(),
        tables: Vec::new(),
        names: Namespace::with_reserved(RESERVED_TYPES),
        diagnostics,
        depth: 0,
    };
    for (name, written) in &raw.types {
        names::check(Of::Type, name, schemas.diagnostics);
        if !written.has_description {
            text::missing(&format!("the type `{}`", name.value), name.span, schemas.diagnostics);
        }
    }
    let types = schemas.all_types();
    schemas.all_tables(registry);
    let module_name = raw.name.as_ref().map_or("", |name| name.value.as_str());
    let tools = schemas.all_tools(module_name);
    let tables = schemas.tables;
    Some(Module { name: module_name.to_owned(), source: source.to_owned(), summary: summary?, types, tables, tools })
}

/// A module is named as its file, and its name is one of a Rust module.
fn module_name(name: &raw::Text, source: &str, diagnostics: &mut Diagnostics) {
    if !names::check(Of::Module, name, diagnostics) {
        return;
    }
    if name.value == "mod" || crate::ir::RustIdent::new(&name.value).is_none_or(|ident| ident.is_raw()) {
        let message = format!("`{}` cannot be the name of a module: Rust has it for itself", name.value);
        diagnostics.push(Diagnostic::error(Code::BadName, name.span, message));
    }
    let stem = source.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).unwrap_or(source);
    if stem != name.value {
        let message = format!("the module `{}` stands in a file of another name", name.value);
        let help = format!("name the file `{}.yaml`, or the module `{stem}`", name.value);
        diagnostics.push(Diagnostic::error(Code::FileName, name.span, message).help(help));
    }
}

/// No two tools of the catalog have the same name with underscores, without regard to case, or as a variant.
fn tools_are_distinct(modules: &[raw::Module], diagnostics: &mut Diagnostics) {
    let mut taken: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for module in modules {
        let Some(module_name) = &module.name else { continue };
        for (name, _) in &module.tools {
            let full = format!("{}.{}", module_name.value, name.value);
            let variant = format!("{}{}", names::pascal(&module_name.value), names::pascal(&name.value));
            let keys = [full.replace('.', "_").to_lowercase(), format!("variant {variant}")];
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
