//! The web application's tables, as `catalog/web/export.mjs` exports them, and the catalog held against them.
//!
//! `export` reads the JSON -> `drift` with the mirror `web.yaml`; `pull` writes the mirror anew.

mod drift;
mod export;
mod write;

use std::collections::BTreeSet;

use self::export::Export;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{Sources, Span};
use crate::web_registry::WebFile;
use crate::written::{Raw, parse};
use crate::yaml;

/// The catalog beside an export.
struct Comparison {
    sources: Sources,
    diagnostics: Diagnostics,
    catalog: Raw,
    /// `None` for an export that could not be read; that was reported.
    export: Option<Export>,
}

/// Fields of a table of the catalog that the web has and the record does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    /// The table.
    pub table: String,
    /// The fields, in the web's order.
    pub fields: Vec<String>,
}

/// Every difference between the mirror of a catalog and an export, with the sources that the places are in. One that breaks
/// the catalog is an error; any other is a warning.
pub fn diff(catalog: &Sources, export: &WebFile) -> (Sources, Diagnostics) {
    let mut comparison = Comparison::new(catalog, export);
    comparison.drift();
    comparison.finish()
}

/// The text of a `web.yaml` that says what an export says: the comment at the head of the old one is kept. Fields are
/// listed for the tables of the catalog.
///
/// # Errors
/// What cannot be judged, with the sources that the places are in.
pub fn pull(catalog: &Sources, export: &WebFile) -> Result<String, (Sources, Diagnostics)> {
    let mut comparison = Comparison::new(catalog, export);
    comparison.report_unjudged();
    let Some(export) = comparison.export.as_ref().filter(|_| comparison.diagnostics.errors() == 0) else {
        return Err(comparison.finish());
    };
    let old = comparison.catalog.web.as_ref().and_then(|old| comparison.sources.get(old.file));
    Ok(write::write(&export.web, &comparison.catalog_tables(), old.map_or("", |file| file.text.as_str())))
}

/// The fields that no record of the catalog names. Nothing is wrong with them.
pub fn unnamed(catalog: &Sources, export: &WebFile) -> Vec<Unnamed> {
    let comparison = Comparison::new(catalog, export);
    let Some(export) = &comparison.export else { return Vec::new() };
    let mut unnamed = Vec::new();
    for (name, table) in comparison.catalog.modules.iter().flat_map(|module| &module.tables) {
        let Some(record) = &table.record else { continue };
        let fields = export.web.table(&name.value).and_then(|(.., table)| table.fields.as_ref());
        let others = fields.into_iter().flatten().filter(|field| !record.has_property(&field.name.value));
        let fields: Vec<String> = others.map(|field| field.name.value.clone()).collect();
        if !fields.is_empty() {
            unnamed.push(Unnamed { table: name.value.clone(), fields });
        }
    }
    unnamed
}

impl Comparison {
    fn new(catalog: &Sources, export: &WebFile) -> Self {
        let yaml = catalog.iter().map(|(_, file)| (file.path.clone(), file.text.clone()));
        let sources: Sources = yaml.chain([(export.path.clone(), export.text.clone())]).collect();
        let mut diagnostics = Diagnostics::default();
        let catalog = parse(sources.iter().filter(|(_, file)| file.path != export.path), &mut diagnostics);
        let file = sources.iter().find(|(_, file)| file.path == export.path);
        // JSON is YAML.
        let tree = file.and_then(|(id, file)| Some((id, yaml::parse(id, &file.text, &mut diagnostics)?)));
        let export = tree.and_then(|(id, tree)| Export::read(id, &tree, &mut diagnostics));
        Self { sources, diagnostics, catalog, export }
    }

    fn finish(self) -> (Sources, Diagnostics) {
        let diagnostics = self.diagnostics.sorted(&self.sources);
        (self.sources, diagnostics)
    }

    /// The names of the catalog's tables.
    fn catalog_tables(&self) -> BTreeSet<&str> {
        let tables = self.catalog.modules.iter().flat_map(|module| &module.tables);
        tables.map(|(name, _)| name.value.as_str()).collect()
    }

    /// Reports the tables of the catalog whose fields the export could not tell.
    fn report_unjudged(&mut self) {
        let Some(export) = &self.export else { return };
        let tables = self.catalog_tables();
        let unjudged = export.unjudged.iter().filter(|(table, _)| tables.contains(table.value.as_str()));
        let problems: Vec<Diagnostic> = unjudged
            .filter_map(|(table, why)| {
                let message = format!("the fields of `{}` cannot be judged: {}", table.value, why.value);
                Some(Diagnostic::error(Code::WebRegistry, self.place_of(&table.value)?, message))
            })
            .collect();
        problems.into_iter().for_each(|problem| self.diagnostics.push(problem));
    }

    /// Where the mirror, or else the catalog, names a table.
    fn place_of(&self, table: &str) -> Option<Span> {
        let mirrored = self.catalog.web.as_ref().and_then(|web| web.table(table)).map(|(_, name, _)| name.span);
        let mut tables = self.catalog.modules.iter().flat_map(|module| &module.tables);
        let own = || tables.find(|(name, _)| name.value == table).map(|(name, _)| name.span);
        mirrored.or_else(own)
    }
}
