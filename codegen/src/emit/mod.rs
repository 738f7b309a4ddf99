//! The checked catalog -> files. Every emitter takes the same [`Catalog`]; none can fail.

mod docs;
mod docs_index;
mod docs_readme;
mod editor;
mod examples;
mod manifest;
mod package;
mod rust;
pub(crate) mod schema;
mod typescript;

#[cfg(test)]
pub(crate) use rust::closure;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::ir::Catalog;
use crate::source::Sources;

pub use package::{Release, package};

/// The folders that hold nothing but generated files, beside those of code.
pub const FOLDERS: &[&str] = &[DOCS, EDITOR];

/// Where people find the catalog.
const DOCS: &str = "docs/tools";

/// Where editors find what a source looks like.
const EDITOR: &str = "catalog/schema";

/// The Rust of a catalog, by path from the folder of the generated code.
pub(crate) fn code(catalog: &Catalog) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for module in &catalog.modules {
        files.insert(format!("{}.rs", module.name), rust::module(module));
        if !module.tools.is_empty() {
            files.insert(format!("{}/schemas.rs", module.name), rust::schemas(module));
        }
    }
    let folder = folder_of(catalog);
    if !catalog.services.is_empty() {
        files.insert("services/mod.rs".to_owned(), rust::services::file(&catalog.services, &folder));
        for service in &catalog.services {
            files.insert(format!("services/{}.rs", service.name), rust::services::service(service, &folder));
        }
    }
    if catalog.toolsets.iter().next().is_some() {
        files.insert("toolsets.rs".to_owned(), rust::groups::toolsets(catalog, &folder));
    }
    if !catalog.prompts.is_empty() {
        files.insert("prompts.rs".to_owned(), rust::groups::prompts(catalog, &folder));
    }
    if !catalog.words.is_empty() {
        files.insert("words.rs".to_owned(), rust::groups::words(catalog, &folder));
    }
    files.insert("mod.rs".to_owned(), rust::catalog(catalog, &folder));
    files
}

/// The folder of the sources.
fn folder_of(catalog: &Catalog) -> String {
    let source = catalog.modules.first().and_then(|module| module.source.rsplit_once('/'));
    source.map_or("catalog/".to_owned(), |(folder, _)| format!("{folder}/"))
}

/// The pages of a catalog and what editors read, which are committed, by path from the root of the repository.
pub(crate) fn files(catalog: &Catalog) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    files.insert(format!("{DOCS}/README.md"), docs_readme::page(catalog));
    for module in &catalog.modules {
        files.insert(format!("{DOCS}/{}.md", module.name), docs::page(module));
    }
    files.insert(format!("{EDITOR}/module.json"), pretty(&editor::module()));
    files.insert(format!("{EDITOR}/crypto.json"), pretty(&editor::registry()));
    files.insert(format!("{EDITOR}/toolsets.json"), pretty(&editor::toolsets()));
    files.insert(format!("{EDITOR}/service.json"), pretty(&editor::service()));
    files.insert(format!("{EDITOR}/web.json"), pretty(&editor::web()));
    files.insert(format!("{EDITOR}/words.json"), pretty(&editor::words()));
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
