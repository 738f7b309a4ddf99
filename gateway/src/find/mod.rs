//! Finding tools by what they do: BM25 over the words of their descriptions (Robertson and Zaragoza, 2009), for queries in
//! English and German. Which of the tools a caller may see, the caller says.

mod dictionary;
mod index;
mod words;

use std::sync::OnceLock;

use serde_json::Value;

use self::index::{Document, Index};
use mana_mcp_runtime::tool::{Catalog, CatalogTool, Module, PolicyHint, ToolId};

/// The tools of a catalog by their words. Made when it is first asked.
#[derive(Debug)]
pub struct ToolFinder {
    catalog: &'static Catalog,
    index: OnceLock<Index<usize>>,
}

impl ToolFinder {
    /// A finder over the tools of the catalog.
    #[must_use]
    pub fn new(catalog: &'static Catalog) -> Self {
        Self { catalog, index: OnceLock::new() }
    }

    /// The tools whose descriptions fit the query best, of those that are wanted; best first, at most `most`.
    #[must_use]
    pub fn find(&self, query: &str, most: usize, is_wanted: impl Fn(ToolId) -> bool) -> Vec<ToolId> {
        let index = self.index.get_or_init(|| index_of(self.catalog));
        let found = index.find(query).into_iter().filter_map(|number| self.catalog.tools().get(number).copied());
        found.filter(|tool| is_wanted(*tool)).take(most).collect()
    }
}

/// All served tools but those of the module `catalog`, by their places in the catalog.
fn index_of(catalog: &Catalog) -> Index<usize> {
    let found = catalog.served().filter(|tool| tool.catalog_tool().is_none());
    let documents = found.map(|tool| (tool.index(), document(catalog, tool)));
    Index::new(documents.collect(), catalog.words())
}

fn document(catalog: &Catalog, tool: ToolId) -> Document {
    let spec = tool.spec();
    let schema: Value = serde_json::from_str(spec.input_schema).unwrap_or_default();
    let parameters = schema.get("properties").and_then(Value::as_object);
    let module = catalog.modules().iter().find(|module| module.name == tool.module());
    Document {
        name: spec.name.to_owned(),
        title: spec.title.to_owned(),
        description: spec.description.to_owned(),
        aliases: spec.aliases.join(" "),
        hints: spec.hosts.search_hint.join(" "),
        parameters: parameters.map_or_else(String::new, |all| all.keys().cloned().collect::<Vec<_>>().join(" ")),
        summary: module.map_or_else(String::new, |module: &&Module| module.summary.to_owned()),
    }
}

/// The tool that a client calls `tool` with, where its list does not have it.
#[must_use]
pub fn called_with(tool: ToolId) -> CatalogTool {
    match tool.spec().policy_hint {
        PolicyHint::Read => CatalogTool::Read,
        PolicyHint::Write | PolicyHint::Destructive => CatalogTool::Call,
    }
}
