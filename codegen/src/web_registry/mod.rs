//! The web application's own lists of encrypted and plain tables, read from its TypeScript, and the catalog held against
//! them. Nothing is run: what is not literal cannot be judged, and is an error with its place.
//!
//! `read` the two files -> `drift` with the catalog; `pull` writes `crypto.yaml` anew from them.

mod aliases;
mod changes;
mod drift;
mod entry;
mod lists;
mod literal;
pub(crate) mod mirror;
mod read;

use std::collections::BTreeSet;

use self::lists::WebRegistry;
use crate::diagnostics::Diagnostics;
use crate::source::{FileId, Sources};
use crate::written::{Raw, parse};

/// A TypeScript file of the web application.
#[derive(Debug, Clone)]
pub struct WebFile {
    /// Path as it stands in diagnostics.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// The catalog beside the two files.
struct Comparison {
    sources: Sources,
    diagnostics: Diagnostics,
    catalog: Raw,
    web: WebRegistry,
    /// Whether everything in the two files could be judged; a table that seems unknown may be what could not.
    is_judged: bool,
}

/// Every difference between a catalog and the web application's two files, with the sources that the places are in.
pub fn diff(catalog: &Sources, registry: &WebFile, allowlist: &WebFile) -> (Sources, Diagnostics) {
    let mut comparison = compare(catalog, registry, allowlist);
    comparison.drift();
    let Comparison { sources, diagnostics, .. } = comparison;
    let diagnostics = diagnostics.sorted(&sources);
    (sources, diagnostics)
}

/// The text of a `crypto.yaml` that says what the two files say: the comment at the head of the old one and the order of
/// its tables are kept, new tables come last.
///
/// # Errors
/// What cannot be judged, with the sources that the places are in.
pub fn pull(catalog: &Sources, registry: &WebFile, allowlist: &WebFile) -> Result<String, (Sources, Diagnostics)> {
    let mut comparison = compare(catalog, registry, allowlist);
    if comparison.is_judged {
        comparison.tables_in_both();
    }
    let old = comparison.catalog.registry.as_ref();
    if comparison.diagnostics.errors() > 0 {
        let Comparison { sources, diagnostics, .. } = comparison;
        let diagnostics = diagnostics.sorted(&sources);
        return Err((sources, diagnostics));
    }
    let text = old.and_then(|old| comparison.sources.get(old.file)).map_or("", |file| file.text.as_str());
    Ok(mirror::write(&comparison.web, old, text))
}

fn compare(catalog: &Sources, registry: &WebFile, allowlist: &WebFile) -> Comparison {
    let yaml = catalog.iter().map(|(_, file)| (file.path.clone(), file.text.clone()));
    let web = [registry, allowlist].map(|file| (file.path.clone(), file.text.clone()));
    let sources: Sources = yaml.chain(web).collect();
    let is_web = |path: &str| path == registry.path || path == allowlist.path;
    let mut diagnostics = Diagnostics::default();
    let catalog = parse(sources.iter().filter(|(_, file)| !is_web(&file.path)), &mut diagnostics);
    let before = diagnostics.errors();
    let mut web = WebRegistry::default();
    let file = |path: &str| sources.iter().find(|(_, file)| file.path == path);
    if let Some((id, file)) = file(&registry.path) {
        read::registry(id, &file.text, &mut web, &mut diagnostics);
    }
    if let Some((id, file)) = file(&allowlist.path) {
        read::allowlist(id, &file.text, &mut web, &mut diagnostics);
    }
    let is_judged = diagnostics.errors() == before;
    Comparison { sources, diagnostics, catalog, web, is_judged }
}

/// Reads one TypeScript file as both lists; for tests that want to break the reader.
#[doc(hidden)]
pub fn read_any(text: &str) -> (Sources, Diagnostics) {
    let sources: Sources = [("any.ts", text)].into_iter().collect();
    let mut diagnostics = Diagnostics::default();
    let mut web = WebRegistry::default();
    let files: BTreeSet<FileId> = sources.iter().map(|(id, _)| id).collect();
    for file in files {
        read::registry(file, text, &mut web, &mut diagnostics);
        read::allowlist(file, text, &mut web, &mut diagnostics);
    }
    let diagnostics = diagnostics.sorted(&sources);
    (sources, diagnostics)
}
