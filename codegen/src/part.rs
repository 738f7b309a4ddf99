//! The part of a catalog that some tools need: their modules with these tools alone, the tables that they name, the tools that
//! prepare their examples, and the services that they call. A tool is tried many times, and the whole catalog takes longer.
//!
//! What is said of the catalog as a whole (names in texts, toolsets, prompts, the web application's mirror) is not checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::Diagnostics;
use crate::ir::Catalog;
use crate::source::{FileId, SourceFile, Sources};
use crate::written::{REGISTRY, Raw, SERVICES, is_named, is_no_module};
use crate::yaml::{self, Node, Value};
use crate::{Budget, raw, validate};

/// Checks what these tools need. `None` where a name is neither that of a module nor the dotted one of a tool.
///
/// # Errors
/// All problems of that part, by place.
pub fn check_part(sources: &Sources, names: &[&str]) -> Option<Result<Catalog, Diagnostics>> {
    crate::on_a_large_stack(|| {
        let mut diagnostics = Diagnostics::default();
        let mut part = Part::default();
        for name in names {
            part.wants_named(name, sources, &mut diagnostics)?;
        }
        let raw = part.raw(sources, &mut diagnostics);
        let catalog = validate::validate(&raw, sources, Budget::UNBOUNDED, &mut diagnostics);
        let diagnostics = diagnostics.sorted(sources);
        Some(if diagnostics.errors() > 0 { Err(diagnostics) } else { Ok(catalog) })
    })
}

/// What is needed, as far as is known.
#[derive(Default)]
struct Part {
    modules: BTreeMap<String, Module>,
    services: BTreeSet<String>,
}

/// A module of which something is needed.
struct Module {
    file: FileId,
    tree: Node,
    /// The tools that are tried.
    tried: BTreeSet<String>,
    /// The tools that prepare examples.
    prepares: BTreeSet<String>,
}

impl Part {
    /// Adds what a name stands for.
    fn wants_named(&mut self, name: &str, sources: &Sources, diagnostics: &mut Diagnostics) -> Option<()> {
        let (module, tool) = name.split_once('.').map_or((name, None), |(module, tool)| (module, Some(tool)));
        self.wants_module(module, sources, diagnostics)?;
        let all: Vec<String> = self.tools(module).iter().map(|(tool, _)| tool.value.clone()).collect();
        let tools: Vec<String> = match tool {
            Some(tool) => vec![all.into_iter().find(|known| known == tool)?],
            None => all,
        };
        for tool in tools {
            self.wants_tool(module, &tool, true, sources, diagnostics);
        }
        Some(())
    }

    /// Reads a module, and what its tables and types name.
    fn wants_module(&mut self, name: &str, sources: &Sources, diagnostics: &mut Diagnostics) -> Option<()> {
        if self.modules.contains_key(name) {
            return Some(());
        }
        let (file, source) = sources.iter().find(|(_, source)| stem_of_module(source) == Some(name))?;
        let tree = yaml::parse(file, &source.text, diagnostics)?;
        let mut references = References::default();
        for (key, node) in entries(&tree).iter().filter(|(key, _)| key.value != "tools") {
            references.find(Some(&key.value), node);
        }
        let module = Module { file, tree, tried: BTreeSet::new(), prepares: BTreeSet::new() };
        self.modules.insert(name.to_owned(), module);
        self.follow(references, sources, diagnostics);
        Some(())
    }

    /// Adds a tool with what it names.
    fn wants_tool(
        &mut self,
        module: &str,
        tool: &str,
        is_tried: bool,
        sources: &Sources,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(found) = self.modules.get_mut(module) else { return };
        let is_new = if is_tried {
            found.tried.insert(tool.to_owned())
        } else {
            !found.tried.contains(tool) && found.prepares.insert(tool.to_owned())
        };
        if !is_new {
            return;
        }
        let mut references = References::default();
        let tools = self.tools(module).iter().filter(|(name, _)| name.value == tool);
        let keys = tools.flat_map(|(_, node)| entries(node)).filter(|(key, _)| is_tried || key.value != "examples");
        keys.for_each(|(key, node)| references.find(Some(&key.value), node));
        self.follow(references, sources, diagnostics);
    }

    fn follow(&mut self, references: References, sources: &Sources, diagnostics: &mut Diagnostics) {
        self.services.extend(references.services);
        for table in references.tables {
            let (module, _) = table.split_once('.').unwrap_or((&table, ""));
            // What is not there is reported where it is named.
            let _ = self.wants_module(module, sources, diagnostics);
        }
        for tool in references.tools {
            if let Some((module, name)) = tool.split_once('.')
                && self.wants_module(module, sources, diagnostics).is_some()
            {
                self.wants_tool(module, name, false, sources, diagnostics);
            }
        }
    }

    fn tools(&self, module: &str) -> &[(raw::Text, Node)] {
        let tools = self.modules.get(module).map(|module| entries(&module.tree)).unwrap_or_default();
        tools.iter().find(|(key, _)| key.value == "tools").map(|(_, node)| entries(node)).unwrap_or_default()
    }

    /// What the sources say of it.
    fn raw(self, sources: &Sources, diagnostics: &mut Diagnostics) -> Raw {
        let mut raw = Raw { is_part: true, ..Raw::default() };
        for (file, source) in sources.iter() {
            if is_named(source, REGISTRY)
                && let Some(tree) = yaml::parse(file, &source.text, diagnostics)
            {
                raw.registry = raw::Registry::read(file, &tree, diagnostics);
            }
            let is_called = || self.services.iter().any(|name| is_named(source, &format!("{name}.yaml")));
            if source.path.contains(SERVICES)
                && is_called()
                && let Some(tree) = yaml::parse(file, &source.text, diagnostics)
            {
                raw.services.extend(raw::Service::read(file, &tree, diagnostics));
            }
        }
        for module in self.modules.into_values() {
            let file = module.file;
            raw.modules.extend(raw::Module::read(file, &module.needed(), diagnostics));
        }
        raw
    }
}

impl Module {
    /// Its tree with the needed tools alone, and examples of those that are tried.
    fn needed(self) -> Node {
        let Self { tree, tried, prepares, .. } = self;
        with_entries(tree, |key, node| match key {
            "tools" => Some(with_entries(node, |tool, node| {
                if tried.contains(tool) {
                    return Some(node);
                }
                prepares.contains(tool).then(|| {
                    with_entries(node, |key, node| {
                        // Nothing is said of what is broken.
                        Some(if key == "examples" { Node { value: Value::Broken, ..node } } else { node })
                    })
                })
            })),
            _ => Some(node),
        })
    }
}

/// What a tree names of other sources.
#[derive(Default)]
struct References {
    tables: BTreeSet<String>,
    tools: BTreeSet<String>,
    services: BTreeSet<String>,
}

impl References {
    fn find(&mut self, key: Option<&str>, node: &Node) {
        match (key, &node.value) {
            (Some("table"), Value::String(name)) => self.table(name),
            (Some("$ref"), Value::String(name)) => {
                if let Some(name) = name.strip_prefix("#/tables/") {
                    self.table(name);
                }
            }
            (Some("tool"), Value::String(name)) => self.tools.extend([name.clone()]),
            (Some("service"), Value::String(name)) => self.services.extend([name.clone()]),
            (key, Value::Mapping(entries)) => {
                if key == Some("rows") {
                    entries.iter().for_each(|(table, _)| self.table(&table.value));
                }
                entries.iter().for_each(|(key, node)| self.find(Some(&key.value), node));
            }
            (_, Value::Sequence(items)) => items.iter().for_each(|item| self.find(None, item)),
            _ => {}
        }
    }

    /// A table of another module is named with it.
    fn table(&mut self, name: &str) {
        if name.contains('.') {
            self.tables.insert(name.to_owned());
        }
    }
}

/// The module that a source is.
fn stem_of_module(source: &SourceFile) -> Option<&str> {
    let stem = source.path.rsplit('/').next()?.strip_suffix(".yaml")?;
    (!is_no_module(stem) && !source.path.contains(SERVICES)).then_some(stem)
}

fn entries(node: &Node) -> &[(raw::Text, Node)] {
    match &node.value {
        Value::Mapping(entries) => entries,
        _ => &[],
    }
}

/// A mapping with what is made of its entries.
fn with_entries(node: Node, of: impl Fn(&str, Node) -> Option<Node>) -> Node {
    let value = match node.value {
        Value::Mapping(entries) => Value::Mapping(
            entries.into_iter().filter_map(|(key, node)| of(&key.value, node).map(|node| (key, node))).collect(),
        ),
        other => other,
    };
    Node { value, span: node.span }
}
