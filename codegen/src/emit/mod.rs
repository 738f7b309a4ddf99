//! The checked catalog -> files. Every emitter takes the same [`Catalog`]; none can fail.

mod docs;
mod docs_index;
mod editor;
mod examples;
mod manifest;
mod rust;
pub(crate) mod schema;
mod typescript;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::ir::Catalog;
use crate::source::Sources;

/// The folder of what the gateway is built from.
pub const FOLDER: &str = "gateway/src/catalog";

/// The folders that hold nothing but generated files.
pub const FOLDERS: &[&str] = &[FOLDER, DOCS, EDITOR];

/// Where people find the catalog.
const DOCS: &str = "docs/tools";

/// Where editors find what a source looks like.
const EDITOR: &str = "catalog/schema";

/// The generated files that are committed, by path.
pub(crate) fn files(catalog: &Catalog) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for module in &catalog.modules {
        files.insert(format!("{FOLDER}/{}.rs", module.name), rust::module(module));
        files.insert(format!("{DOCS}/{}.md", module.name), docs::page(module));
    }
    for (_, tool) in catalog.tools() {
        let path = |what: &str| format!("{FOLDER}/schemas/{}.{what}.json", tool.name);
        files.insert(path("input"), pretty(&schema::input(tool)));
        files.insert(path("output"), pretty(&schema::output(tool)));
    }
    files.insert(format!("{FOLDER}/mod.rs"), rust::table(catalog));
    files.insert(format!("{EDITOR}/module.json"), pretty(&editor::module()));
    files.insert(format!("{EDITOR}/crypto.json"), pretty(&editor::registry()));
    files.insert(format!("{EDITOR}/toolsets.json"), pretty(&editor::toolsets()));
    files
}

/// The files that are built when they are needed, by name.
pub(crate) fn artefacts(catalog: &Catalog, sources: &Sources) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("catalog.json".to_owned(), pretty(&manifest::manifest(catalog))),
        ("catalog.d.ts".to_owned(), typescript::types(catalog)),
        ("examples.json".to_owned(), pretty(&examples::examples(catalog, sources))),
        ("index.html".to_owned(), docs_index::index(catalog)),
    ])
}

fn pretty(json: &Json) -> String {
    format!("{json:#}\n")
}
